// A request and a reply as a program holds them: owned, the body in one piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/field.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

// Fields in their order, owned. A name may be there more than once.
class http_headers {
 public:
  // Nothing is checked here: what would split a message is refused when it is sent.
  void add(std::string name, std::string value) {
    items_.emplace_back(std::move(name), std::move(value));
  }

  // The value of the first field of that name, without regard to case; nothing if there is none.
  // A view: until the fields are changed or gone.
  std::optional<std::string_view> find(std::string_view name) const noexcept;

  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  // `i` is below size().
  http::header operator[](std::size_t i) const noexcept {
    return {items_[i].first, items_[i].second};
  }
  // All of them, as commands of the machines take them. Views, as long as these fields.
  std::vector<http::header> views() const;

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

// What to ask for. Host, and fields that frame the body, are added when it is sent.
//   http_request r("PUT", "/items/7", "{}");
//   r.headers.add("Content-Type", "application/json");
// No aggregate: g++ 12 destroys temporaries of those twice inside co_await.
class http_request {
 public:
  http_request() : method("GET"), target("/") {}
  // `verb` is case-sensitive (RFC 9110 section 9.1). `where` is path and query, percent-encoded;
  // also "*", with OPTIONS.
  explicit http_request(std::string verb, std::string where = "/")
      : method(std::move(verb)), target(std::move(where)) {}
  // `content` is copied.
  http_request(std::string verb, std::string where, std::string_view content)
      : http_request(std::move(verb), std::move(where)) {
    body = shared_bytes::copy(as_bytes(content));
  }
  // `content` is shared, and copied nowhere.
  http_request(std::string verb, std::string where, shared_bytes content)
      : http_request(std::move(verb), std::move(where)) {
    body = std::move(content);
  }

  std::string method;
  std::string target;
  http_headers headers;
  shared_bytes body;
  // For the call in total, as the client's `timeout`, which is taken if this is zero.
  duration timeout{};
};

// What the server said. Any status is a reply, also 404 and 503; a redirection is not followed.
class http_reply {
 public:
  std::uint16_t status = 0;
  std::string reason;  // for people; may be empty
  http_headers headers;
  std::string body;  // as it came; without its Content-Encoding by limits.decode_bodies
  http_headers trailers;

  // The body, as bytes and as text of whatever encoding. Views, until `body` is changed or gone.
  byte_view bytes() const noexcept { return as_bytes(body); }
  std::string_view text() const noexcept { return body; }
  // 2xx.
  bool is_success() const noexcept { return status >= 200 && status < 300; }
};

}  // namespace parley
