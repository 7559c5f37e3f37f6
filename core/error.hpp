// Errors as values. An `error` is two pointers: one to the constant description
// of its code, one to detail that exists only where something failed (a message,
// a hint that a person can act on, the cause).
//
//   enum class errc : std::uint16_t { ... };          in the protocol's room
//   const error_info& describe(errc) noexcept;      found by ADL
//
//   if (!ok) { if (ok.error() == errc::timed_out) ...; log(ok.error().to_string()); }
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace parley {

// What to do about an error; the reconnect policy and fall-back decide by it.
enum class error_class : std::uint8_t {
  misuse,          // a call that the state does not allow; nothing was changed
  cancelled,       // the user, or the end of the provider, ended the operation
  configuration,   // will fail the same way until somebody changes a setting
  authentication,  // the peer knows us and refuses; not retried by default
  protocol,        // the peer broke the protocol, or is something else
  limit,           // a limit of ours or of the peer was exceeded
  transient,       // may succeed when tried again
  reply,           // the peer understood, and answered with an error
};

std::string_view to_string(error_class) noexcept;

// The constant description of one error code. Lives in read-only memory; its
// address is the identity of the code.
struct error_info {
  std::string_view domain;  // "core", "resp", "json", ...
  std::string_view name;    // as in the enumeration: "timed_out"
  error_class kind;
  std::string_view text;  // one sentence without a full stop
  std::string_view hint;  // what a person can do about it; may be empty
};

// Faults that every protocol shares.
enum class errc : std::uint16_t {
  misuse,             // the call is not allowed in this state
  invalid_argument,   // an argument is outside what the call accepts
  cancelled,          // cancelled by the user or by the end of the provider
  closed,             // the connection was closed in an orderly way
  timed_out,          // a deadline passed
  refused,            // nobody listens there (S157)
  unreachable,        // no route to the address
  unresolvable,       // the host name has no address
  reset,              // the peer or the network broke the connection
  truncated,          // the peer ended the stream inside a message
  io,                 // another failure that the operating system reported
  bad_configuration,  // the configuration has faults; all are in the message
  unavailable,        // the protocol was not built in (S160, S161)
  not_supported,      // the protocol or the peer cannot do that
  not_connected,      // there is no connection now, and the call may not wait
  too_large,          // a message exceeds a limit (S162)
  queue_full,         // a bounded queue is full
  dropped,            // accepted, then given up for newer ones by a full queue's policy
  bad_value,          // a value cannot be encoded or decoded
  callback_threw,     // the user's callback threw an exception
  out_of_memory,      // an allocation failed
};

const error_info& describe(errc) noexcept;

template <class E>
concept error_code = requires(E code) {
  { describe(code) } noexcept -> std::same_as<const error_info&>;
};

// A failure: 16 bytes, cheap to move, shared when copied.
class [[nodiscard]] error {
 public:
  // An error with nothing but its code. Allocates nothing.
  template <error_code E>
  error(E code) noexcept : info_(&describe(code)) {}

  // An error whose message says what it concerns ("127.0.0.1:6379").
  template <error_code E>
  error(E code, std::string message) : error(code) {
    set_message(std::move(message));
  }

  error(const error& other) noexcept;
  error(error&& other) noexcept
      : info_(other.info_), detail_(std::exchange(other.detail_, nullptr)) {}
  error& operator=(error other) noexcept {
    std::swap(info_, other.info_);
    std::swap(detail_, other.detail_);
    return *this;
  }
  ~error();

  // Adds detail and returns the error, for use in a return statement.
  // A copy that shares the detail is not changed.
  error with_message(std::string) &&;
  error with_hint(std::string) &&;
  error with_cause(error cause) &&;
  error with_retry_after(std::chrono::milliseconds) &&;

  const error_info& info() const noexcept { return *info_; }
  error_class kind() const noexcept { return info_->kind; }
  std::string_view name() const noexcept { return info_->name; }

  // What it concerns, or an empty text.
  std::string_view message() const noexcept;
  // What a person can do about it: the detail's own hint, or the code's.
  std::string_view hint() const noexcept;
  // The error that led to this one, or null.
  const error* cause() const noexcept;
  // How long the peer asked us to wait before another try.
  std::optional<std::chrono::milliseconds> retry_after() const noexcept;

  // "nobody listens there: 127.0.0.1:6379 (transient); hint: ...; cause: ..."; for people:
  // control characters of a message are dots, and a long one is cut.
  std::string to_string() const;

  // True if another try, with nothing changed, may succeed.
  bool is_transient() const noexcept { return kind() == error_class::transient; }

  // Codes are compared, never detail.
  template <error_code E>
  friend bool operator==(const error& e, E code) noexcept {
    return e.info_ == &describe(code);
  }
  friend bool operator==(const error& a, const error& b) noexcept { return a.info_ == b.info_; }

 private:
  struct detail;
  void set_message(std::string);
  detail& own_detail();

  const error_info* info_;
  detail* detail_ = nullptr;
};

static_assert(sizeof(error) <= 16);

// The result of everything that can fail.
template <class T = void>
using result = std::expected<T, error>;

// Shorthand for `return std::unexpected(error(code, message))`.
template <error_code E>
std::unexpected<error> fail(E code) {
  return std::unexpected<error>(error(code));
}
template <error_code E>
std::unexpected<error> fail(E code, std::string message) {
  return std::unexpected<error>(error(code, std::move(message)));
}

}  // namespace parley
