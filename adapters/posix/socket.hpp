// Connections and listeners over the sockets of the operating system, for every
// loop that waits for readiness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/adapters/posix/reactor.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::posix {

// Implements connect() and listen() of a loop: TCP and Unix sockets, abstract
// names included. Sockets are non-blocking, closed on exec, never raise SIGPIPE,
// and send small writes at once (TCP_NODELAY).
connection& connect(loop& home, reactor& by, const address& to, driver& d);
// A Unix socket's file that nobody listens on any more is replaced; ours is
// removed with the listener. Errors: errc::io (in use, no permission), unreachable,
// invalid_argument, not_supported.
result<std::unique_ptr<listener>> listen(loop& home, reactor& by, const address& at, acceptor& a,
                                         const listen_options& how = {});

// One connection. Made by connect() or by a listener, destroys itself after the
// driver's released(), which comes from the loop's ready queue.
class socket final : public connection, public pollable {
 public:
  // Takes over a connected descriptor, as accept4(2) gives it; adopt() next.
  socket(loop& home, reactor& by, int fd, const address& peer);
  // Starts to connect.
  socket(loop& home, reactor& by, const address& to, driver& d);

  // Starts the driver of a connection that was accepted.
  void adopt(driver& d);

  void on_ready(bool readable, bool writable) override;
  void on_unwatchable(const error& why) override { fail_later(why); }

 private:
  // What cannot be done from inside the call that leads to it waits in the
  // ready queue: reporting a failure, and the release.
  class deferred final : public parley::work {
   public:
    explicit deferred(socket& s) noexcept : socket_(s) {}
    void run() override { socket_.run_deferred(); }

   private:
    socket& socket_;
  };

  ~socket() override = default;

  write_outcome write(buffer_list list) override;
  void want_read(bool on) override;
  void shut_write() override;
  void begin_close() override;
  void dispose() override { delete this; }

  std::optional<error> begin_connecting();
  void finish_connecting();
  ssize_t send_some(buffer_list list) noexcept;
  void read_some();
  void fail_later(const error& why);
  void defer();
  void run_deferred();
  void update_watch();

  reactor& reactor_;
  address peer_;
  deferred deferred_{*this};
  error why_{errc::io};  // a failure that is not reported yet, if has_failed_
  std::uint32_t read_hint_ = first_hint;
  bool connecting_ = false;
  bool has_failed_ = false;
  bool read_ = false;  // wanted
  bool write_ = false;
  bool watched_ = false;  // by the reactor, for:
  bool watched_read_ = false;
  bool watched_write_ = false;
  bool queued_ = false;  // deferred_ stands in the ready queue

  // Buffers start small and grow while reads fill them, so that ten thousand
  // connections with small messages hold small buffers.
  static constexpr std::uint32_t first_hint = 4 * 1024;
  static constexpr std::uint32_t last_hint = 64 * 1024;
  // Reads per readiness: a fast peer may not keep the others waiting.
  static constexpr int max_reads = 4;
};

}  // namespace parley::posix
