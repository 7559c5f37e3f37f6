#include <algorithm>
#include <parley/core/api/inbox.hpp>

namespace parley {
namespace {

std::size_t size_of(const message& m) noexcept { return m.payload().size() + m.topic().size(); }

// A full inbox lets senders go on once this part of it is left: they are not stopped and started
// for each message.
constexpr std::size_t low_part = 4;

}  // namespace

// --- handle -----------------------------------------------------------------------------------

inbox::inbox(inbox_core& core) noexcept : core_(&core) { core_->retain_handle(); }

inbox::inbox(const inbox& other) noexcept : core_(other.core_) {
  if (core_) core_->retain_handle();
}

inbox::~inbox() {
  if (core_) core_->release_handle();
}

operation<message> inbox::receive() { return core_->receive(); }
std::optional<message> inbox::try_receive() { return core_->try_receive(); }
std::size_t inbox::size() const noexcept { return core_->size(); }
std::size_t inbox::bytes() const noexcept { return core_->bytes(); }
const speaker& inbox::channel() const noexcept { return core_->channel(); }

// --- state ------------------------------------------------------------------------------------

inbox_core::inbox_core(loop& home, inbox_port& port, inbox_limits limits) noexcept
    : loop_(home), port_(port), limits_(limits) {
  port_.retain();
}

inbox_core::~inbox_core() { port_.release(); }

inbox inbox_core::begin(speaker from) {
  speaker_ = std::move(from);
  return inbox(*this);
}

void inbox_core::retain_handle() noexcept {
  ++references_;
  ++handles_;
}

void inbox_core::release_handle() noexcept {
  const reference last(this);
  --references_;
  if (--handles_ > 0) return;
  speaker_.reset();
  waiting_.clear();
  bytes_ = 0;
  ended();
}

bool inbox_core::is_over(std::size_t part) const noexcept {
  return waiting_.size() > limits_.messages / part || bytes_ > limits_.bytes / part;
}

void inbox_core::take(const message& m) {
  if (ended_) return;
  if (!readers_.empty()) {
    auto reader = std::move(readers_.front());
    readers_.pop_front();
    return reader.complete(m);
  }
  waiting_.push_back(m);  // the copy owns its bytes
  bytes_ += size_of(m);
  if (waiting_.size() < limits_.messages && bytes_ < limits_.bytes) return;
  if (!std::exchange(full_, true)) port_.became_full();
  port_.hold_sender();
}

std::optional<message> inbox_core::try_receive() {
  if (waiting_.empty()) return std::nullopt;
  std::optional<message> next(std::move(waiting_.front()));
  waiting_.pop_front();
  bytes_ -= size_of(*next);
  if (full_ && !is_over(low_part)) {
    full_ = false;
    port_.has_room();
  }
  return next;
}

operation<message> inbox_core::receive() {
  if (auto next = try_receive()) {
    return operation<message>::finished(loop_, *std::move(next));
  }
  if (ended_) return operation<message>::finished(loop_, fail(errc::cancelled));
  completer<message> reader(loop_);
  auto op = reader.op();
  op.state()->set_canceller(this);
  readers_.push_back(std::move(reader));
  return op;
}

void inbox_core::cancel(operation_base& op) {
  const auto at = std::find_if(readers_.begin(), readers_.end(),
                               [&](const auto& reader) { return reader.state() == &op; });
  if (at == readers_.end()) return;
  auto reader = std::move(*at);
  readers_.erase(at);
  reader.complete(fail(errc::cancelled));
}

// Nothing more comes; what waits may still be read.
void inbox_core::ended() noexcept {
  if (!std::exchange(ended_, true)) readers_.clear();  // each is told errc::cancelled
  if (std::exchange(full_, false)) port_.has_room();
}

}  // namespace parley
