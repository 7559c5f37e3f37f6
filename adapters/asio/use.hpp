// Operations of parley for every completion token of Asio. Includes Asio's headers,
// which loop.hpp does not.
//
//   // in a coroutine on the loop's executor
//   parley::result<parley::value> v = co_await parley::asio::use(redis.get("key"));
//
//   // in any thread
//   auto f = parley::asio::on(loop, [&] { return redis.get("key"); }, boost::asio::use_future);
//   parley::result<parley::value> v = f.get();
//
// The completion signature is void(result<T>): one value, and no error_code before
// it. An error_code has no room for the cause and the hint of an error, and tokens
// would turn it into an exception.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <cassert>
#include <concepts>
#include <memory>
#include <parley/adapters/asio/loop.hpp>
#include <parley/core/async/operation.hpp>
#include <type_traits>
#include <utility>

namespace parley::asio {
namespace detail {

// From a cancellation slot, in any thread, to an operation, on the loop's strand.
// The slot keeps it after the operation has ended: it then leads nowhere.
struct cancel_link {
  operation_base* op = nullptr;
  bool cancelled = false;
};

class cancel_request {
 public:
  cancel_request(boost::asio::any_io_executor home, std::shared_ptr<cancel_link> link)
      : home_(std::move(home)), link_(std::move(link)) {}

  void operator()(boost::asio::cancellation_type type) const {
    using kind = boost::asio::cancellation_type;
    // `total` alone promises that nothing was done: a command may have been sent.
    if ((type & (kind::terminal | kind::partial)) == kind::none) return;
    boost::asio::dispatch(home_, [link = link_] {
      link->cancelled = true;
      if (link->op) link->op->cancel();
    });
  }

 private:
  boost::asio::any_io_executor home_;
  std::shared_ptr<cancel_link> link_;
};

// A completion handler that waits for an operation, in memory of its own allocator.
// `Start` makes the operation on the loop; see on().
template <class T, class Handler, class Start>
class pending final : public work {
  using home_executor = boost::asio::any_io_executor;
  using handler_executor = boost::asio::associated_executor_t<Handler, home_executor>;

  using general_allocator = boost::asio::associated_allocator_t<Handler>;
  using allocator =
      typename std::allocator_traits<general_allocator>::template rebind_alloc<pending>;

  static void free(const general_allocator& general, pending* p) noexcept {
    allocator from(general);
    std::destroy_at(p);
    std::allocator_traits<allocator>::deallocate(from, p, 1);
  }
  // For those that end without an answer.
  struct deleter {
    void operator()(pending* p) const noexcept {
      free(boost::asio::get_associated_allocator(p->handler_), p);
    }
  };

 public:
  using owner = std::unique_ptr<pending, deleter>;

  static owner make(const home_executor& home, Handler handler, Start start) {
    allocator from(boost::asio::get_associated_allocator(handler));
    pending* room = std::allocator_traits<allocator>::allocate(from, 1);
    try {
      return owner(::new (room) pending(home, std::move(handler), std::move(start)));
    } catch (...) {
      std::allocator_traits<allocator>::deallocate(from, room, 1);
      throw;
    }
  }

  // Waits for `op`; on the loop's strand.
  static void wait(owner self, operation<T> op) {
    if (self->link_) self->link_->op = op.state();
    std::move(op).then(
        [self = std::move(self)](result<T> r) mutable { complete(std::move(self), std::move(r)); });
  }

 private:
  pending(const home_executor& home, Handler&& handler, Start&& start)
      : work_(boost::asio::get_associated_executor(handler, home)),
        handler_(std::move(handler)),
        start_(std::move(start)) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (!slot.is_connected()) return;
    link_ = std::make_shared<cancel_link>();
    slot.assign(cancel_request(home, link_));
  }

  // on(): the loop has taken up what another thread has posted.
  void run() override {
    owner self(this);
    if (link_ && link_->cancelled) {
      return complete(std::move(self), std::unexpected(error(errc::cancelled)));
    }
    auto op = start_();
    wait(std::move(self), std::move(op));
  }

  static void complete(owner self, result<T> r) {
    if (self->link_) self->link_->op = nullptr;
    auto keeps_running = std::move(self->work_);
    Handler handler(std::move(self->handler_));
    // Freed before the handler runs, as Asio promises: it may take the same memory.
    const auto general = boost::asio::get_associated_allocator(handler);
    free(general, self.release());
    boost::asio::dispatch(keeps_running.get_executor(),
                          boost::asio::bind_allocator(
                              general, [handler = std::move(handler), r = std::move(r)]() mutable {
                                std::move(handler)(std::move(r));
                              }));
  }

  boost::asio::executor_work_guard<handler_executor> work_;
  Handler handler_;
  Start start_;
  std::shared_ptr<cancel_link> link_;  // if the handler can be cancelled
};

// Stands for the function that use() has no need of.
template <class T>
struct no_start {
  operation<T> operator()() const { __builtin_unreachable(); }
};

struct initiate_use {
  template <class Handler, class T>
  void operator()(Handler&& handler, const loop::executor_type& home, operation<T> op) const {
    using made = pending<T, std::decay_t<Handler>, no_start<T>>;
    made::wait(made::make(home, std::forward<Handler>(handler), {}), std::move(op));
  }
};

template <class T>
struct initiate_on {
  template <class Handler, class Start>
  void operator()(Handler&& handler, loop* home, Start start) const {
    using made = pending<T, std::decay_t<Handler>, Start>;
    home->post(*made::make(home->get_executor(), std::forward<Handler>(handler), std::move(start))
                    .release());
  }
};

template <class Operation>
struct result_of;
template <class T>
struct result_of<operation<T>> {
  using type = T;
};

}  // namespace detail

// Waits for an operation of an asio::loop, in a coroutine or handler on the loop's
// executor (see loop.hpp). The handler runs on its associated executor; without
// one on the loop's strand, at the end of a turn, where any call is legal. Its
// cancellation slot cancels the operation: `terminal` and `partial`; what was sent
// may have been done. Dropped without being awaited, the operation is detached.
template <class T, class Token = boost::asio::deferred_t>
auto use(operation<T> op, Token&& token = Token()) {
  assert(dynamic_cast<loop*>(&op.state()->home()) && "an operation of another loop");
  const auto home = static_cast<loop&>(op.state()->home()).get_executor();
  return boost::asio::async_initiate<Token, void(result<T>)>(detail::initiate_use(), token, home,
                                                             std::move(op));
}

// Calls `start` on the loop's strand, at the end of a turn, and gives the result of
// the operation that it returns. Any thread may call; the loop must live until
// then. Cancelled before `start` was called, it is not called.
template <class Start, class Token = boost::asio::deferred_t>
auto on(loop& home, Start start, Token&& token = Token()) {
  using T = typename detail::result_of<std::invoke_result_t<Start&>>::type;
  return boost::asio::async_initiate<Token, void(result<T>)>(detail::initiate_on<T>(), token, &home,
                                                             std::move(start));
}

}  // namespace parley::asio
