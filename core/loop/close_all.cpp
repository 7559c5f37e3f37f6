#include <parley/core/loop/close_all.hpp>

namespace parley {
namespace {

// Keeps itself until no connection is left.
class closing final : private timer, private work {
 public:
  closing(loop& home, duration at_most) : loop_(home), done_(home) {
    loop_.finish_connections();
    loop_.set_timer(*this, loop_.now() + at_most);
    loop_.when_unconnected(*this);
  }
  operation<std::size_t> op() const { return done_.op(); }

 private:
  void fired(time_point now) override {
    broken_ += loop_.break_connections(error(errc::cancelled, "the loop is being closed"));
    // Whoever is told may connect anew, as to the next address of a name.
    loop_.set_timer(*this, now + again_after);
  }
  void run() override {
    done_.complete(broken_);
    delete this;
  }

  static constexpr duration again_after = std::chrono::milliseconds(10);

  loop& loop_;
  completer<std::size_t> done_;
  std::size_t broken_ = 0;
};

}  // namespace

operation<std::size_t> close_all(loop& home, duration at_most) {
  return (new closing(home, at_most))->op();
}

}  // namespace parley
