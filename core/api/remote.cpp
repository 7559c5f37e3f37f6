#include <memory>
#include <parley/core/api/remote.hpp>
#include <parley/core/api/value_size.hpp>
#include <parley/core/async/guard.hpp>
#include <string>

namespace parley {

// Shared by all handles. Who wants to post enters first and leaves afterwards; who closes
// sees to it that nobody is inside, so that the loop is still there for each post.
class detail::remote_gate {
 public:
  remote_gate(loop& home, remote_sink& sink, std::size_t max_bytes) noexcept
      : loop_(home), sink_(&sink), max_bytes_(max_bytes) {}

  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  result<void> post(std::string_view name, value v, remote::outcome done);
  void close() noexcept;

  bool is_open() const noexcept { return (inside_.load() & closed_bit) == 0; }
  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct item;
  class entry;
  static constexpr std::uint32_t closed_bit = 1U << 31;

  result<void> reserve(std::size_t bytes) noexcept;

  std::atomic<std::uint32_t> references_{1};
  std::atomic<std::uint32_t> inside_{0};  // threads inside post(), and the closed bit
  std::atomic<std::size_t> bytes_{0};
  loop& loop_;
  remote_sink* sink_;  // of the loop's thread
  const std::size_t max_bytes_;
};

// One message on its way to the loop's thread.
struct detail::remote_gate::item final : work {
  item(remote_gate& g, std::string_view n, value what, remote::outcome tell)
      : gate(g), name(n), v(std::move(what)), done(std::move(tell)) {
    gate.retain();
  }
  ~item() {
    gate.bytes_.fetch_sub(size, std::memory_order_relaxed);
    gate.release();
  }

  void run() override {
    const std::unique_ptr<item> self(this);
    if (!gate.sink_) {
      // The provider has ended meanwhile: still told, as it was promised.
      if (done) (void)guarded([&] { done(fail(errc::cancelled)); });
      return;
    }
    auto op = gate.sink_->shout_for_remote(name, v);
    if (done) std::move(op).then(std::move(done));
  }

  remote_gate& gate;
  std::string name;
  value v;
  remote::outcome done;
  std::size_t size = 0;  // what it holds of the bound
};

class detail::remote_gate::entry {
 public:
  explicit entry(remote_gate& gate) noexcept
      : gate_(gate), open_((gate.inside_.fetch_add(1) & closed_bit) == 0) {}
  ~entry() { gate_.inside_.fetch_sub(1); }
  entry(const entry&) = delete;
  entry& operator=(const entry&) = delete;
  bool is_open() const noexcept { return open_; }

 private:
  remote_gate& gate_;
  bool open_;
};

result<void> detail::remote_gate::reserve(std::size_t bytes) noexcept {
  const std::size_t before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
  // One that is larger than the bound goes alone, or it never could.
  if (before == 0 || before + bytes <= max_bytes_) return {};
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return fail(errc::queue_full, "messages of other threads wait for the loop (remote_bytes)");
}

result<void> detail::remote_gate::post(std::string_view name, value v, remote::outcome done) {
  const std::size_t size = sizeof(item) + name.size() + detail::size_of(v);
  // Made outside of the gate: an allocation may take long, or fail.
  auto made = std::make_unique<item>(*this, name, std::move(v), std::move(done));
  if (auto ok = reserve(size); !ok) return ok;
  made->size = size;
  const entry in(*this);
  if (!in.is_open()) return fail(errc::closed, "the provider has ended");
  loop_.post(*made.release());
  return {};
}

void detail::remote_gate::close() noexcept {
  sink_ = nullptr;
  inside_.fetch_or(closed_bit);
  // No lock and no wait of the system: between entering and leaving there are a push and
  // at most one wake-up.
  while (inside_.load() != closed_bit) {
  }
}

remote::remote(detail::remote_gate* gate) noexcept : gate_(gate) { gate_->retain(); }

remote::remote(const remote& other) noexcept : gate_(other.gate_) {
  if (gate_) gate_->retain();
}

remote::~remote() {
  if (gate_) gate_->release();
}

result<void> remote::shout(std::string_view name, value v, outcome done) const {
  return gate_->post(name, std::move(v), std::move(done));
}

std::size_t remote::queued_bytes() const noexcept { return gate_->bytes(); }
bool remote::is_open() const noexcept { return gate_->is_open(); }

remote remote_port::open(loop& home, remote_sink& sink, std::size_t max_bytes) {
  if (!gate_) gate_ = new detail::remote_gate(home, sink, max_bytes);
  return remote(gate_);
}

void remote_port::close() noexcept {
  if (auto* gate = std::exchange(gate_, nullptr)) {
    gate->close();
    gate->release();
  }
}

}  // namespace parley
