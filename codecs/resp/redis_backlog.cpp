#include <parley/codecs/resp/detail/redis_backlog.hpp>
#include <parley/codecs/resp/detail/redis_core.hpp>

namespace parley::detail {

redis_held::redis_held(std::span<const std::string_view> words, std::optional<time_point> until)
    : until_(until) {
  std::size_t size = 0;
  for (std::string_view w : words) size += w.size();
  text_.reserve(size);
  words_.reserve(words.size());
  // The text does not grow beyond what was reserved, so that views of it hold.
  for (std::string_view w : words) {
    words_.emplace_back(text_.data() + text_.size(), w.size());
    text_.append(w);
  }
}

result<void> redis_backlog::add(redis_waiter& w, std::span<const std::string_view> words,
                                duration timeout) {
  const auto until = timeout > duration::zero() ? std::optional(w.since + timeout) : std::nullopt;
  auto held = std::make_unique<redis_held>(words, until);
  if (core_.config().offline_bytes == 0) return std::unexpected(core_.not_ready());
  if (auto ok = make_room(held->bytes()); !ok) return ok;
  w.held = std::move(held);
  bytes_ += w.held->bytes();
  waiting_.add(w);
  if (waiting_.size() == 1) arm();
  return {};
}

result<void> redis_backlog::make_room(std::size_t bytes) {
  const std::size_t most = core_.config().offline_bytes;
  const auto fits = [&] { return bytes <= most && bytes_ <= most - bytes; };
  if (fits()) return {};
  // The numbers, so that a person can tell a small bound from a long outage.
  const auto full = [&](errc what) {
    return error(what, "offline_bytes (" + std::to_string(most) + "): " +
                           std::to_string(waiting_.size()) + " commands wait for a connection")
        .with_cause(core_.not_ready());
  };
  // One that can never fit must not throw out those that do.
  if (bytes > most || core_.config().offline_policy == overflow::reject) {
    return std::unexpected(full(errc::queue_full));
  }
  if (core_.config().offline_policy == overflow::drop_newest) {
    return std::unexpected(full(errc::dropped));
  }
  const error why = full(errc::dropped);
  while (!fits()) core_.end(take(), why);
  return {};
}

redis_waiter& redis_backlog::take() {
  redis_waiter& w = *waiting_.first();
  remove(w);
  return w;
}

void redis_backlog::remove(redis_waiter& w) noexcept {
  bytes_ -= w.held->bytes();
  waiting_.remove(w);
  if (waiting_.empty() && is_armed()) core_.home().set_timer(*this, std::nullopt);
}

void redis_backlog::end_all(const error& why) {
  while (!waiting_.empty()) core_.end(take(), why);
}

// All have the same timeout, so that the first in line is the first to give up.
void redis_backlog::arm() { core_.home().set_timer(*this, waiting_.first()->held->until()); }

void redis_backlog::fired(time_point now) {
  while (!waiting_.empty()) {
    const auto until = waiting_.first()->held->until();
    if (!until || *until > now) break;
    redis_waiter& w = take();
    core_.end(w, error(errc::timed_out, std::string(w.verb) + ": waited for a connection")
                     .with_cause(core_.not_ready()));
  }
  if (!waiting_.empty()) arm();
}

}  // namespace parley::detail
