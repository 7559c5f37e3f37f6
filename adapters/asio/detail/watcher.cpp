#include <boost/asio/error.hpp>
#include <parley/adapters/asio/detail/watcher.hpp>
#include <parley/adapters/posix/os_error.hpp>
#include <utility>

namespace parley::asio {

using boost::system::error_code;

error_code descriptor_watcher::open() {
  error_code ec;
  descriptor_.assign(target_->descriptor(), ec);
  if (!ec) self_ = shared_from_this();
  return ec;
}

void descriptor_watcher::want(bool read, bool write) {
  read_.wanted = read;
  write_.wanted = write;
  // Inside a report its end asks, once for all changes.
  if (!reporting_) rearm();
}

void descriptor_watcher::close() noexcept {
  target_ = nullptr;
  descriptor_.release();  // its handlers come with operation_aborted
  self_.reset();          // may destroy this
}

void descriptor_watcher::on_ready(bool read, bool write) noexcept {
  try {
    target_->on_ready(read, write);
  } catch (...) {
    // Memory ran out inside a connection: it breaks alone, the context runs on.
    if (target_) target_->on_unwatchable(error(errc::out_of_memory));
  }
}

void descriptor_watcher::rearm() {
  const bool is_idle = (read_.waiting && !read_.wanted) || (write_.waiting && !write_.wanted);
  if (is_idle) {
    // A wait that nobody wants would keep the user's run() going. Both directions
    // end; the other one asks again below.
    error_code ignored;
    descriptor_.cancel(ignored);
    read_.waiting = write_.waiting = false;
  }
  for (direction* d : {&read_, &write_}) {
    if (target_ && d->wanted && !d->waiting) wait(*d);
  }
}

void descriptor_watcher::wait(direction& d) {
  try {
    descriptor_.async_wait(d.type, [self = shared_from_this(), &d, ticket = ++d.ticket](
                                       error_code ec) { self->done(d, ticket, ec); });
    d.waiting = true;
  } catch (const std::bad_alloc&) {
    target_->on_unwatchable(error(errc::out_of_memory));
  }
}

void descriptor_watcher::done(direction& d, std::uint32_t ticket, error_code ec) {
  if (!target_ || ticket != d.ticket || !d.waiting) return;
  d.waiting = false;
  if (ec == boost::asio::error::operation_aborted) return;  // the context ends
  if (ec) return target_->on_unwatchable(posix::from_errno(ec.value(), "watching a socket"));
  // Also when a completion throws: the connection must not fall asleep.
  struct scope {
    descriptor_watcher& self;
    ~scope() {
      self.reporting_ = false;
      if (self.target_) self.rearm();
    }
  } const leave{*this};
  reporting_ = true;
  report(&d == &read_, &d == &write_);
}

}  // namespace parley::asio
