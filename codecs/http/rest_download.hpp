// A reply whose body is taken as it comes, on a rest_provider that is a client.
//
//   auto file = co_await client.download(parley::http_request("GET", "/large.iso"));
//   if (!file || file->status() != 200) ...
//   for (;;) {
//     auto piece = co_await file->next();
//     if (!piece) co_return report(piece.error());        // the rest will not come
//     if (piece->empty()) break;                          // the end
//     use(*piece);
//   }
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/http/http_message.hpp>
#include <parley/core/async/operation.hpp>
#include <string>
#include <utility>

namespace parley {

namespace detail {
class rest_download_state;
class rest_download_call;
}  // namespace detail

// The one handle of a download. Destroyed before the end it ends the connection.
class rest_download {
 public:
  rest_download(rest_download&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  rest_download& operator=(rest_download&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~rest_download();

  // Any status: that of what redirections led to.
  std::uint16_t status() const noexcept;
  const http_headers& headers() const noexcept;
  // What the server has announced, if it has.
  std::optional<std::uint64_t> length() const noexcept;

  // The next bytes, at once or when they come; empty at the end. One at a time (errc::misuse). What
  // is not asked for is not read: beyond some 64 KiB the server waits. Errors, once and for ever:
  // those of the connection, too_large beyond max_body, cancelled by the provider's end.
  // Cancelling it loses no byte.
  operation<std::string> next();

 private:
  friend detail::rest_download_state;
  explicit rest_download(detail::rest_download_state& state) noexcept;

  detail::rest_download_state* state_;
};

}  // namespace parley
