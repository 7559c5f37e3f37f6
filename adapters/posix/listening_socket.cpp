#include <sys/stat.h>
#include <unistd.h>
#include <memory>

#include <cerrno>
#include <parley/adapters/posix/detail/native.hpp>
#include <parley/adapters/posix/os_error.hpp>
#include <parley/adapters/posix/socket.hpp>
#include <parley/core/async/guard.hpp>

namespace parley::posix {
namespace {

// Which file a path names, so that only our own is removed.
struct file_id {
  dev_t device = 0;
  ino_t number = 0;
  bool operator==(const file_id&) const = default;
};
// A local address as the path that the system takes.
std::string file_of(const address& at) { return std::string(at.path()); }

std::optional<file_id> file_at(const std::string& path) {
  struct stat s{};
  if (::lstat(path.c_str(), &s) != 0 || !S_ISSOCK(s.st_mode)) return std::nullopt;
  return file_id{s.st_dev, s.st_ino};
}

// True if the file was left behind by a program that listens no more.
bool is_stale(const address& at, const native_address& native) {
  if (!at.is_local() || !file_at(file_of(at))) return false;
  // A connection attempt is the only sure test: the file of a living server looks
  // the same as that of a dead one.
  const unique_fd probe = open_socket(at);
  return probe && ::connect(probe.get(), native.get(), native.size) != 0 && errno == ECONNREFUSED;
}

int bind_to(int fd, const address& at, const native_address& native) {
  if (::bind(fd, native.get(), native.size) == 0) return 0;
  if (errno != EADDRINUSE || !is_stale(at, native)) return errno;
  ::unlink(file_of(at).c_str());
  return ::bind(fd, native.get(), native.size) == 0 ? 0 : errno;
}

// What a path means to who listens is not what it means to who connects.
error why_not(int code, const address& at) {
  if (at.is_local() && (code == ENOENT || code == ENOTDIR)) {
    return error(errc::io, at.to_string() + ": there is no such folder")
        .with_hint("make the folder of the socket's path, or choose another path");
  }
  if (at.is_local() && code == EADDRINUSE && !file_at(file_of(at))) {
    return error(errc::io, at.to_string() + ": there is a file that is no socket")
        .with_hint("choose another path, or take the file away");
  }
  return from_errno(code, at.to_string());
}

result<unique_fd> open_listener(const address& at, const listen_options& how) {
  if (how.reuse_port && at.is_local()) {
    return fail(errc::not_supported, "sharing the Unix socket " + at.to_string());
  }
  const auto native = to_native(at);
  if (!native) return std::unexpected(native.error());
  unique_fd fd = open_socket(at);
  if (!fd) return std::unexpected(from_errno(errno, at.to_string()));
  if (!at.is_local()) {
    // A port whose last connections are still fading may be used again.
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (how.reuse_port && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
      return std::unexpected(from_errno(errno, at.to_string()));
    }
  }
  int code = bind_to(fd.get(), at, *native);
  if (code == 0 && ::listen(fd.get(), how.backlog) != 0) code = errno;
  if (code != 0) return std::unexpected(why_not(code, at));
  return fd;
}

class listening_socket final : public listener, private pollable, private timer {
 public:
  listening_socket(loop& home, reactor& by, unique_fd fd, acceptor& a)
      : pollable(fd.get()),
        loop_(home),
        reactor_(by),
        acceptor_(a),
        address_(local_address_of(fd_)) {
    if (address_.is_local()) file_ = file_at(file_of(address_));
    // Memory may end in here: what the destructor gives back is taken behind it.
    reactor_.watch(*this, true, false);
    loop_.attach();
    (void)fd.release();
  }

  ~listening_socket() override {
    *destroyed_ = true;
    reactor_.forget(*this);
    ::close(fd_);
    // A successor may have bound the same path already: its file is not ours to
    // remove.
    const std::string path = file_of(address_);
    if (file_ && file_at(path) == file_) ::unlink(path.c_str());
    loop_.detach();
  }

  address local_address() const override { return address_; }

 private:
  void on_ready(bool, bool) override {
    // The acceptor may destroy this object: the flag outlives it.
    const auto destroyed = destroyed_;
    for (int i = 0; i < max_accepts && !*destroyed && accept_one(); ++i) {
    }
  }

  // True if there may be more.
  bool accept_one() {
    native_address peer;
    unique_fd fd(::accept4(fd_, peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      // The connection went away while it waited, or another failure of its own.
      if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return true;
      if (errno != EAGAIN) pause();
      return false;
    }
    // Without memory this one peer is dropped.
    (void)guarded([&] { serve(std::move(fd), from_native(peer)); });
    return true;
  }

  void serve(unique_fd fd, const address& from) {
    auto& made = *new socket(loop_, reactor_, fd.get(), from);
    // Only now: had `new` failed, the descriptor would be closed by its owner.
    fd.release();
    driver* d = nullptr;
    (void)guarded([&] { d = acceptor_.accept(made, from); });
    if (d) return made.adopt(*d);
    // The acceptor wants no more: the peer sees an end at once instead of silence.
    made.close();
  }

  // No descriptors or no memory: the peer stays in the queue, and asking again at
  // once would spin.
  void pause() {
    reactor_.watch(*this, false, false);
    loop_.set_timer(*this, loop_.now() + std::chrono::milliseconds(100));
  }
  void fired(time_point) override { reactor_.watch(*this, true, false); }
  void on_unwatchable(const error&) override {
    loop_.set_timer(*this, loop_.now() + std::chrono::milliseconds(100));
  }

  static constexpr int max_accepts = 64;  // per readiness

  loop& loop_;
  reactor& reactor_;
  acceptor& acceptor_;
  address address_;
  std::optional<file_id> file_;
  std::shared_ptr<bool> destroyed_ = std::make_shared<bool>(false);
};

}  // namespace

result<std::unique_ptr<listener>> listen(loop& home, reactor& by, const address& at, acceptor& a,
                                         const listen_options& how) {
  auto fd = open_listener(at, how);
  if (!fd) return std::unexpected(std::move(fd).error());
  return std::make_unique<listening_socket>(home, by, *std::move(fd), a);
}

}  // namespace parley::posix
