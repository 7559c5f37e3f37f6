#include <unistd.h>

#include <boost/asio/error.hpp>
#include <cerrno>
#include <parley/adapters/asio/detail/readiness.hpp>
#include <parley/adapters/posix/os_error.hpp>
#include <utility>

namespace parley::asio {

using boost::system::error_code;
using wait_type = boost::asio::posix::descriptor_base::wait_type;

result<void> readiness::open() {
  if (set_) return {};
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return std::unexpected(posix::from_errno(errno, "watching a socket"));
  set_.emplace(home_);
  error_code ec;
  set_->assign(fd, ec);
  if (!ec) return {};
  ::close(fd);
  set_.reset();
  return std::unexpected(posix::from_errno(ec.value(), "watching a socket"));
}

void readiness::enter(posix::pollable& p) {
  members_.push_back({&p});
  p.slot = members_.size();
}

void readiness::watch(posix::pollable& p, bool read, bool write) {
  try {
    if (p.slot == 0) enter(p);
    if (auto ok = open(); !ok) return p.on_unwatchable(ok.error());
    if (auto ok = control(p, read, write); !ok) return p.on_unwatchable(ok.error());
    // Inside a report its end asks, once for all changes.
    if (!reporting_) arm();
  } catch (const std::bad_alloc&) {
    p.on_unwatchable(error(errc::out_of_memory));
  }
}

result<void> readiness::control(posix::pollable& p, bool read, bool write) {
  member& m = members_[place(p)];
  const bool stays = read || write;
  if (!m.is_in && !stays) return {};
  epoll_event wanted{};
  wanted.events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
  wanted.data.ptr = &p;
  const int how = !stays ? EPOLL_CTL_DEL : m.is_in ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(set_->native_handle(), how, p.descriptor(), &wanted) != 0) {
    return std::unexpected(posix::from_errno(errno, "watching a socket"));
  }
  if (m.is_in != stays) stays ? ++inside_ : --inside_;
  m.is_in = stays;
  return {};
}

void readiness::forget(posix::pollable& p) noexcept {
  if (p.slot == 0) return;
  const std::size_t at = place(p);
  if (members_[at].is_in) {
    ::epoll_ctl(set_->native_handle(), EPOLL_CTL_DEL, p.descriptor(), nullptr);
    --inside_;
  }
  members_[at] = members_.back();
  members_[at].who->slot = at + 1;
  members_.pop_back();
  p.slot = 0;
  // It may be among those that are still to be told.
  for (std::size_t i = 0; i < count_; ++i) {
    if (ready_[i].data.ptr == &p) ready_[i].events = 0;
  }
  if (current_ == &p) current_ = nullptr;
  if (!reporting_) idle();
}

void readiness::close() noexcept {
  closed_ = true;
  members_.clear();
  inside_ = 0;
  idle();
  set_.reset();
}

// A wait that nobody needs would keep the user's run() going.
void readiness::idle() noexcept {
  if (inside_ != 0 || !waiting_) return;
  waiting_ = false;
  error_code ignored;
  set_->cancel(ignored);
}

void readiness::arm() {
  idle();
  if (inside_ == 0 || waiting_) return;
  set_->async_wait(wait_type::wait_read, [self = shared_from_this(), ticket = ++ticket_](
                                             error_code ec) { self->done(ticket, ec); });
  waiting_ = true;
}

void readiness::done(std::uint32_t ticket, error_code ec) {
  if (closed_ || ticket != ticket_ || !waiting_) return;
  waiting_ = false;
  if (ec == boost::asio::error::operation_aborted) return;  // the context ends
  if (ec) return break_all(posix::from_errno(ec.value(), "watching a socket"));
  // Also when a completion throws: no connection must fall asleep.
  struct scope {
    readiness& self;
    ~scope() {
      self.reporting_ = false;
      if (self.closed_) return;
      try {
        self.arm();
      } catch (const std::bad_alloc&) {
        self.break_all(error(errc::out_of_memory));
      }
    }
  } const leave{*this};
  reporting_ = true;
  report();
}

// Not more than fits: what is left is reported by the next wait, after a turn.
void readiness::collect() {
  const int n =
      ::epoll_wait(set_->native_handle(), ready_.data(), static_cast<int>(ready_.size()), 0);
  count_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (ready_[i].events != 0)
      tell(*static_cast<posix::pollable*>(ready_[i].data.ptr), ready_[i].events);
  }
  count_ = 0;
}

void readiness::tell(posix::pollable& p, std::uint32_t events) noexcept {
  const bool both = (events & (EPOLLERR | EPOLLHUP)) != 0;
  current_ = &p;
  try {
    p.on_ready(both || (events & EPOLLIN) != 0, both || (events & EPOLLOUT) != 0);
  } catch (...) {
    // Memory ran out inside a connection: it breaks alone, the context runs on.
    if (current_) current_->on_unwatchable(error(errc::out_of_memory));
  }
  current_ = nullptr;
}

// Each is told once, though telling may make them forget themselves or others.
void readiness::break_all(const error& why) {
  for (std::size_t i = members_.size(); i-- > 0;) {
    if (i < members_.size() && members_[i].is_in) members_[i].who->on_unwatchable(why);
  }
}

}  // namespace parley::asio
