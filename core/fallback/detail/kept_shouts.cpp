#include <parley/core/fallback/detail/kept_shouts.hpp>
#include <utility>

namespace parley::detail {
namespace {

void drop_state(kept_shout& s) noexcept {
  if (auto* state = std::exchange(s.state, nullptr)) state->release();
}

}  // namespace

kept_shouts::~kept_shouts() {
  for (kept_shout& s : ring_) drop_state(s);
}

kept_shout& kept_shouts::add() {
  if (count_ == ring_.size()) grow();
  kept_shout& s = at(end());
  ++count_;
  ++waiting_;
  s.at = kept_shout::phase::waiting;
  s.is_value = s.given_before = s.called_back = false;
  s.size = 0;
  s.bytes.clear();
  return s;
}

void kept_shouts::grow() {
  std::vector<kept_shout> larger(ring_.empty() ? 8 : 2 * ring_.size());
  for (std::uint64_t n = first_; n != end(); ++n) {
    larger[n & (larger.size() - 1)] = std::move(at(n));
  }
  ring_ = std::move(larger);
}

void kept_shouts::give(kept_shout& s, std::size_t carrier, std::uint64_t connects,
                       operation_state<delivery>* state) noexcept {
  s.at = kept_shout::phase::given;
  s.carrier = carrier;
  s.connects = connects;
  s.called_back = false;
  s.state = state;
  state->retain();
  --waiting_;
  ++given_;
}

void kept_shouts::take_back(kept_shout& s) noexcept {
  drop_state(s);
  s.at = kept_shout::phase::waiting;
  s.given_before = true;
  --given_;
  ++waiting_;
}

completer<delivery> kept_shouts::finish(kept_shout& s) noexcept {
  (s.at == kept_shout::phase::given ? given_ : waiting_) -= 1;
  drop_state(s);
  s.at = kept_shout::phase::over;
  s.content = value();
  bytes_ -= s.size;
  // A large one must not stay for ever in its place.
  if (s.bytes.capacity() > 4096) s.bytes = std::string();
  completer<delivery> done = std::move(s.done);
  while (count_ > 0 && at(first_).at == kept_shout::phase::over) {
    ++first_;
    --count_;
  }
  return done;
}

}  // namespace parley::detail
