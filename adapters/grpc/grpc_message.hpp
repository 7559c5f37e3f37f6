// What travels with gRPC: a value or raw bytes, and metadata.
#pragma once

#include <concepts>
#include <cstdint>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/value/value.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace parley {

// How messages are compressed on their way. One that would not get smaller goes as it is.
enum class grpc_compression : std::uint8_t { none, gzip, deflate };

// Names and texts in their order; a name may occur twice. Names are in lower case, and what ends in
// "-bin" may be any bytes; all others are printable ASCII.
using grpc_metadata = std::vector<std::pair<std::string, std::string>>;

// The first text of that name, or an empty one. Lives as long as the metadata.
std::string_view find(const grpc_metadata& in, std::string_view name) noexcept;
// Whether gRPC carries it: it ends the program over what it does not. errc::invalid_argument, also
// for the names that are gRPC's own ("grpc-status"). Whatever sends metadata asks this itself.
result<void> check_metadata(std::string_view name, std::string_view text);
result<void> check_metadata(const grpc_metadata& all);

// One message: a value, which arrives exactly as it was (integers of 64 bits, bytes), or raw bytes.
class grpc_message {
 public:
  // The value null.
  grpc_message() noexcept {}
  // What can be a value: `call("calculate", fields("x", 10))`.
  template <class V>
    requires(!std::same_as<std::remove_cvref_t<V>, grpc_message> &&
             std::convertible_to<V &&, value>)
  grpc_message(V&& content) : value_(std::forward<V>(content)) {}
  // Raw bytes: taken over as they are, or copied.
  static grpc_message from_bytes(std::string bytes) noexcept;
  static grpc_message from_bytes(byte_view bytes);

  bool is_raw() const noexcept { return is_raw_; }
  // Null if it is raw.
  const value& content() const& noexcept { return value_; }
  value content() && noexcept { return std::move(value_); }
  // None if it is a value.
  byte_view bytes() const noexcept { return as_bytes(raw_); }
  std::string take_bytes() && noexcept { return std::move(raw_); }

 private:
  value value_;
  std::string raw_;
  bool is_raw_ = false;
};

// What a call ends with.
struct grpc_reply {
  grpc_message message{};
  grpc_metadata headers{};   // came before the message
  grpc_metadata trailers{};  // came after it
};

}  // namespace parley
