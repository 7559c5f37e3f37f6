// parley on an executor of Boost.Asio, which is borrowed: its context is never run
// or stopped here.
//
//   boost::asio::io_context context;
//   parley::asio::loop loop{context};          // or an executor, a pool, a strand
//   parley::redis_provider redis{loop, {}};
//   redis.initialize().then([](auto ok) { ... });
//   context.run();
//
// The loop has a strand of its own, so that it is right on a context that many
// threads run. It, and whatever is made on it, is used from
//   - its callbacks and completions,
//   - handlers on get_executor(),
//   - or on the executor that was given, where that runs one handler at a time (a
//     strand, a context run by one thread).
// From elsewhere come in by post(), or by asio::on() in <.../asio/use.hpp>, which
// also gives operations to any completion token.
//
// io_context::run() returns by itself when parley has nothing left to do: open
// connections that read or write, listeners, names being resolved, deadlines and
// completions keep it running; waiting for post() from other threads does not.
#pragma once

#include <memory>
#include <parley/adapters/posix/reactor.hpp>
#include <parley/adapters/posix/resolver.hpp>
#include <parley/core/loop/loop.hpp>

namespace boost::asio {
class any_io_executor;  // <boost/asio/any_io_executor.hpp>, for other executors
class io_context;
class thread_pool;
}  // namespace boost::asio

namespace parley::asio {

class loop final : public parley::loop, private posix::reactor {
 public:
  using executor_type = boost::asio::any_io_executor;

  // Any executor with an execution context. The context must outlive the loop.
  explicit loop(const executor_type& borrowed);
  // The same, by the context.
  explicit loop(boost::asio::io_context& borrowed);
  explicit loop(boost::asio::thread_pool& borrowed);

  // Legal in a handler on get_executor(), or while nothing runs the context; not
  // in a callback of this loop. Delivers what was posted. Destroy providers and
  // listeners before.
  ~loop() override;

  // The loop's strand: where its callbacks run. Any thread may ask.
  executor_type get_executor() const noexcept;

  // --- the loop port
  time_point now() override;
  wall_time wall_now() override;
  void random(std::span<std::byte> out) override;
  // In threads of adapters/posix: Asio's own resolver has one thread, in which a
  // dead name server would hold up every other name.
  void resolve(resolve_request& request) override;
  void cancel(resolve_request& request) override;
  connection& connect(const address& to, driver& d) override;
  result<std::unique_ptr<listener>> listen(const address& at, acceptor& a,
                                           const listen_options& how = {}) override;

 private:
  struct handles;
  class watched;

  void request_turn() override;
  void notify() override;
  void watch(posix::pollable& p, bool read, bool write) override;
  void forget(posix::pollable& p) noexcept override;

  void turn();
  void settle();
  void arm_timer();

  // Shared with handlers that are on their way.
  std::shared_ptr<handles> handles_;
  std::shared_ptr<watched> watched_;
  posix::threaded_resolver resolver_{*this};
  bool reporting_ = false;  // a turn follows without being requested
};

}  // namespace parley::asio
