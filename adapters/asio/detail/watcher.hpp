// Watches one descriptor by Asio. Includes its headers, and so stays out of public
// ones.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/strand.hpp>
#include <cstdint>
#include <memory>
#include <parley/adapters/posix/reactor.hpp>

namespace parley::asio {

using strand = boost::asio::strand<boost::asio::any_io_executor>;

// Level-triggered readiness out of async_wait, which tells once and has to be asked
// again. Handlers keep the object alive, as they may come after close().
class descriptor_watcher : public std::enable_shared_from_this<descriptor_watcher> {
 public:
  descriptor_watcher(const strand& home, posix::pollable& p) : descriptor_(home), target_(&p) {}
  descriptor_watcher(const descriptor_watcher&) = delete;
  descriptor_watcher& operator=(const descriptor_watcher&) = delete;
  virtual ~descriptor_watcher() = default;

  // Call once, before want(). Keeps itself until close().
  boost::system::error_code open();
  void want(bool read, bool write);
  // Gives the descriptor back, which its owner closes.
  void close() noexcept;

 protected:
  // The loop's part: calls on_ready(), then keeps its turn.
  virtual void report(bool read, bool write) = 0;
  void on_ready(bool read, bool write) noexcept;

 private:
  struct direction {
    boost::asio::posix::descriptor_base::wait_type type;
    bool wanted = false;
    bool waiting = false;      // a handler will come
    std::uint32_t ticket = 0;  // tells it from one that was cancelled
  };

  void rearm();
  void wait(direction& d);
  void done(direction& d, std::uint32_t ticket, boost::system::error_code ec);

  boost::asio::posix::basic_stream_descriptor<strand> descriptor_;
  posix::pollable* target_;
  direction read_{boost::asio::posix::descriptor_base::wait_read};
  direction write_{boost::asio::posix::descriptor_base::wait_write};
  bool reporting_ = false;
  std::shared_ptr<descriptor_watcher> self_;
};

}  // namespace parley::asio
