#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <parley/adapters/posix/detail/native.hpp>
#include <parley/adapters/posix/os_error.hpp>
#include <parley/adapters/posix/socket.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::posix {

// A gather list of core is handed to the system as it is.
static_assert(sizeof(const_buffer) == sizeof(iovec));
static_assert(offsetof(const_buffer, data) == offsetof(iovec, iov_base));
static_assert(offsetof(const_buffer, size) == offsetof(iovec, iov_len));

connection& connect(loop& home, reactor& by, const address& to, driver& d) {
  return *new socket(home, by, to, d);
}

socket::socket(loop& home, reactor& by, int fd, const address& peer)
    : connection(home), pollable(fd), reactor_(by), peer_(peer) {
  if (!peer.is_local()) set_tcp_options(fd);
}

socket::socket(loop& home, reactor& by, const address& to, driver& d)
    : connection(home, d), pollable(-1), reactor_(by), peer_(to), connecting_(true) {
  // Later, because whoever called connect() does not have the connection yet.
  if (auto why = begin_connecting()) fail_later(*why);
}

std::optional<error> socket::begin_connecting() {
  const auto native = to_native(peer_);
  if (!native) return native.error();
  fd_ = open_socket(peer_).release();
  if (fd_ < 0) return from_errno(errno, peer_.to_string());
  if (!peer_.is_local()) set_tcp_options(fd_);
  const int done = ::connect(fd_, native->get(), native->size);
  // Interrupted, it goes on as well.
  if (done != 0 && errno != EINPROGRESS && errno != EINTR) {
    return from_errno(errno, peer_.to_string());
  }
  // Connected or not, the socket turns writable and then tells.
  write_ = true;
  update_watch();
  return std::nullopt;
}

void socket::adopt(driver& d) {
  rebind(d);
  on_connected();
}

void socket::on_ready(bool readable, bool writable) {
  // What is readable or writable before a failure is told is read by
  // run_deferred().
  if (is_closing() || has_failed_) return;
  if (connecting_) return writable ? finish_connecting() : void();
  if (writable && write_) {
    // Asked again only if something is left: level-triggered, an idle socket is
    // always writable and would keep the loop awake.
    write_ = false;
    on_writable(0);  // writes again what is left
    if (!is_closing()) update_watch();
  }
  if (readable && read_ && !is_closing()) read_some();
}

void socket::finish_connecting() {
  int code = 0;
  socklen_t size = sizeof code;
  // Writable says that connect() has ended, not how.
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  // TCP's simultaneous open (RFC 9293 section 3.5): without a listener, a port of
  // this machine may be given to the client itself, and it would talk to its own
  // echo.
  if (code == 0 && peer_.is_loopback() && !peer_.is_local() && is_connected_to_itself(fd_)) {
    code = ECONNREFUSED;
  }
  if (code != 0) return on_broken(from_errno(code, peer_.to_string()));
  connecting_ = write_ = false;
  on_connected();
  if (!is_closing()) update_watch();
}

void socket::read_some() {
  // Bounded: a peer that sends without end must not keep the others waiting.
  for (int i = 0; i < max_reads && read_ && !is_closing(); ++i) {
    const std::span<std::byte> room = on_readable(read_hint_);
    if (room.empty()) return on_read(0);
    ssize_t n = 0;
    do {
      n = ::recv(fd_, room.data(), room.size(), 0);
    } while (n < 0 && errno == EINTR);
    if (n == 0) return has_failed_ ? on_read(0) : on_eof();
    if (n < 0 && errno == EAGAIN) return on_read(0);
    if (n < 0) return on_broken(has_failed_ ? why_ : from_errno(errno, peer_.to_string()));
    const auto got = static_cast<std::size_t>(n);
    // Level-triggered: if more has come meanwhile, the next wait tells.
    const bool drained = got < room.size();
    // A full buffer means that more waits: larger reads save system calls. Idle
    // connections never get there, and stay small.
    if (!drained) read_hint_ = std::min(read_hint_ * 4, last_hint);
    on_read(got);
    if (drained) return;
  }
}

// Sends what the socket takes. By sendmsg() and not writev(), which has no flag against SIGPIPE: a
// library must not change how the program handles signals.
ssize_t socket::send_some(buffer_list list) noexcept {
  ssize_t n = 0;
  do {
    // Most output is one piece, for which the kernel need not fetch a list.
    if (list.size() == 1) {
      n = ::send(fd_, list[0].data, list[0].size, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = reinterpret_cast<iovec*>(const_cast<const_buffer*>(list.data()));
      message.msg_iovlen = std::min<std::size_t>(list.size(), IOV_MAX);
      n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    }
  } while (n < 0 && errno == EINTR);
  return n;
}

connection::write_outcome socket::write(buffer_list list) {
  if (has_failed_) return {};
  const ssize_t n = send_some(list);
  if (n < 0 && errno != EAGAIN) {
    // Not here: the caller is in the middle of its turn.
    fail_later(from_errno(errno, peer_.to_string()));
    return {};
  }
  const std::size_t written = n < 0 ? 0 : static_cast<std::size_t>(n);
  if (written == total_size(list)) return {written, false};
  write_ = true;
  update_watch();
  return {written, true};
}

void socket::want_read(bool on) {
  read_ = on;
  update_watch();
}

void socket::shut_write() { ::shutdown(fd_, SHUT_WR); }

void socket::begin_close() {
  if (fd_ >= 0) {
    if (watched_) reactor_.forget(*this);
    ::close(fd_);
    fd_ = -1;
  }
  defer();
}

void socket::fail_later(const error& why) {
  if (!std::exchange(has_failed_, true)) why_ = why;
  defer();
}

// Through the loop's queue and not at once: there are callers on the stack which
// still use this object.
void socket::defer() {
  if (queued_) return;
  queued_ = true;
  owner().enqueue(deferred_);
}

void socket::run_deferred() {
  queued_ = false;
  if (is_closing()) return on_released();
  // What the peer said before it went may explain why it did.
  if (read_) read_some();
  if (!is_closing()) on_broken(why_);
}

void socket::update_watch() {
  // Each change may cost a system call: the reactor hears of real ones only.
  if (fd_ < 0 || (read_ == watched_read_ && write_ == watched_write_)) return;
  watched_read_ = read_;
  watched_write_ = write_;
  auto ok = guarded([&] {
    reactor_.watch(*this, read_, write_);
    watched_ = true;
  });
  if (!ok) fail_later(ok.error());
}

}  // namespace parley::posix
