// Which descriptors of a loop are ready. Includes headers of Asio, and so stays out
// of public ones.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/strand.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/adapters/posix/reactor.hpp>
#include <vector>

namespace parley::asio {

using strand = boost::asio::strand<boost::asio::any_io_executor>;

// An epoll(7) set of our own, which Asio watches as one descriptor. async_wait tells
// once and costs an epoll_ctl each time that it is asked: asked for each connection,
// that is a system call for each message; asked for the set, one for each turn.
// Handlers keep the object alive, as they may come after close().
class readiness : public std::enable_shared_from_this<readiness> {
 public:
  explicit readiness(strand home) : home_(std::move(home)) {}
  readiness(const readiness&) = delete;
  readiness& operator=(const readiness&) = delete;
  virtual ~readiness() = default;

  // As of posix::reactor.
  void watch(posix::pollable& p, bool read, bool write);
  void forget(posix::pollable& p) noexcept;

  // Reports nothing any more.
  void close() noexcept;

 protected:
  // The loop's part: calls collect(), then keeps its turn.
  virtual void report() = 0;
  // Tells those that are ready.
  void collect();

 private:
  // Where a pollable stands in members_; what `slot` says is one more, as 0 is "new".
  static std::size_t place(const posix::pollable& p) noexcept { return p.slot - 1; }

  result<void> open();
  void enter(posix::pollable& p);
  result<void> control(posix::pollable& p, bool read, bool write);
  void arm();
  void idle() noexcept;
  void done(std::uint32_t ticket, boost::system::error_code ec);
  void tell(posix::pollable& p, std::uint32_t events) noexcept;
  void break_all(const error& why);

  // A pollable that was watched once; in the set only while it wants something, as
  // epoll reports hang-ups to whoever is in it.
  struct member {
    posix::pollable* who;
    bool is_in = false;
  };

  strand home_;
  std::optional<boost::asio::posix::basic_stream_descriptor<strand>> set_;
  std::vector<member> members_;
  std::size_t inside_ = 0;    // members that are in the set
  std::uint32_t ticket_ = 0;  // tells a wait from those that were cancelled
  bool waiting_ = false;      // a handler will come
  bool reporting_ = false;    // its end asks again
  bool closed_ = false;
  std::array<epoll_event, 64> ready_{};
  std::size_t count_ = 0;               // of what is being told
  posix::pollable* current_ = nullptr;  // whose on_ready() runs
};

}  // namespace parley::asio
