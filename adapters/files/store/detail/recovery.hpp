// Reads a log from its beginning and tells what holds. Takes memory for one record's names and one
// piece of the file, whatever the log claims.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/adapters/files/store/detail/log_format.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace parley::files::detail {

// Where a log is read from: a file, or memory in the fuzz target.
class log_source {
 public:
  virtual std::uint64_t size() const noexcept = 0;
  // Fills all of `into`, which lies within size().
  virtual result<void> read(std::uint64_t offset, std::span<std::byte> into) = 0;

 protected:
  ~log_source() = default;
};

// Is told each sound record, in order. The names die when take() returns.
class log_taker {
 public:
  virtual void take(const record_sizes& sizes, std::uint64_t offset, std::string_view space,
                    std::string_view key) = 0;

 protected:
  ~log_taker() = default;
};

struct recovered {
  std::uint64_t end = 0;             // behind the last sound record: a torn one begins here
  std::uint64_t dropped = 0;         // bytes of damaged parts, if they may be passed over
  std::optional<std::uint64_t> bad;  // where the first of them began
};

// Reads the records behind the file's head. A record that cannot be read and has a mark somewhere
// behind it was durable once: then it ends at once with `bad` set, or with `pass_over` goes on at
// that mark. Without a mark behind it, it is the torn end.
result<recovered> recover(log_source& from, std::uint32_t salt, bool pass_over, log_taker& to);

}  // namespace parley::files::detail
