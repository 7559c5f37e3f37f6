// Requests that are answered later, or in pieces, or whose body is taken as it comes, on a
// rest_provider.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/rest_message.hpp>
#include <parley/core/async/callback.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/bytes.hpp>
#include <string>
#include <utility>

namespace parley {

// The right to answer one request, once. Dropped without an answer it is a 500. When the client
// goes away, or the time is over (504), commands end with errc::closed and do nothing.
class rest_responder {
 public:
  rest_responder(rest_responder&& other) noexcept
      : exchange_(std::exchange(other.exchange_, nullptr)) {}
  rest_responder& operator=(rest_responder&& other) noexcept {
    std::swap(exchange_, other.exchange_);
    return *this;
  }
  ~rest_responder();

  // Lives as long as this.
  rest_request& request() noexcept;
  const rest_request& request() const noexcept;

  // The whole answer, once.
  void reply(rest_reply what);
  void reply(const error& why) { reply(rest_reply::problem(why)); }
  // A template, so that a value has one way to become an argument.
  template <std::same_as<result<rest_reply>> Result>
  void reply(Result what) {
    what ? reply(*std::move(what)) : reply(what.error());
  }

  // --- in pieces: begin(), write() as often as you like, finish()
  // Status and fields of `head`; its body is not sent. Without a length it goes in chunks.
  result<void> begin(const rest_reply& head, std::optional<std::uint64_t> length = std::nullopt);
  // Copies, or shares. Returns how many bytes wait to be written: above a mark, wait for ready().
  result<std::size_t> write(byte_view piece);
  result<std::size_t> write(shared_bytes piece);
  result<void> finish();
  // Ends when the client has read so far that more may be written. errc::closed if it is gone.
  operation<void> ready();
  // The answer cannot be completed: the connection ends, so that nobody takes it for complete.
  void abandon();
  // The same at once, and what waits to be written is dropped: for a client that does not read.
  void cut();

  // --- the body of a route with stream_body()
  // The next bytes of the body, at once or when they come; empty at its end. The client waits while
  // nothing is read. errc::closed if it went in the middle, and whatever else is wrong with it.
  operation<std::string> read();

  // Called as soon as the client goes away before the answer was complete: by a reset, or by the
  // end of its side unless config.server_limits.allow_half_close. Replaces the one before.
  void on_gone(callback<void()> told);
  bool is_gone() const noexcept;

 private:
  friend detail::rest_exchange;
  explicit rest_responder(detail::rest_exchange& exchange) noexcept;
  detail::rest_exchange* exchange_;
};

// The right to let one request pass, or to answer it. Dropped it is a 500.
class rest_gate {
 public:
  rest_gate(rest_gate&& other) noexcept : exchange_(std::exchange(other.exchange_, nullptr)) {}
  rest_gate& operator=(rest_gate&& other) noexcept {
    std::swap(exchange_, other.exchange_);
    return *this;
  }
  ~rest_gate();

  // Lives as long as this.
  rest_request& request() noexcept;
  void pass();
  void reply(rest_reply what);
  void reply(const error& why) { reply(rest_reply::problem(why)); }

 private:
  friend detail::rest_exchange;
  explicit rest_gate(detail::rest_exchange& exchange) noexcept;
  detail::rest_exchange* exchange_;
};

}  // namespace parley
