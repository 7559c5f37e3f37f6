// What `parley pub` and `parley sub` print, whatever the protocol.
#pragma once

#include <cstdint>
#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/stop.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/value/message.hpp>
#include <string>

namespace parley::cli {

// The line of a message that was published. Below 0: nobody knows who receives it.
std::string receipt(const options& o, std::size_t bytes, std::int64_t receivers);

// Prints messages, and asks for the end after the last one or at the deadline.
class printer final : private timer {
 public:
  printer(const options& o, stop& end) noexcept : options_(o), end_(end) {}

  // From now on --timeout counts.
  void wait_until(loop& home);
  // False: the end is near, and the message was not printed.
  bool print(const message& m);

 private:
  void fired(time_point now) override;

  const options& options_;
  stop& end_;
  std::uint64_t printed_ = 0;
};

}  // namespace parley::cli
