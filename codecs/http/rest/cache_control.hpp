// Cache-Control (RFC 9111 section 5.2, RFC 5861, RFC 8246) of requests and responses.
//
//   reply.headers.add("Cache-Control", http::to_string(http::cache_control{.max_age = 60s}));
#pragma once

#include <chrono>
#include <optional>
#include <parley/codecs/http/rest/fields_view.hpp>
#include <string>
#include <string_view>

namespace parley::http {

struct cache_control {
  bool no_store = false;
  bool no_cache = false;
  bool no_transform = false;
  bool must_revalidate = false;  // responses from here on
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool is_public = false;
  bool is_private = false;
  bool immutable = false;
  bool only_if_cached = false;  // requests
  std::optional<std::chrono::seconds> max_age{};
  std::optional<std::chrono::seconds> s_maxage{};
  std::optional<std::chrono::seconds> stale_while_revalidate{};
  std::optional<std::chrono::seconds> stale_if_error{};
  std::optional<std::chrono::seconds> min_fresh{};  // requests
  std::optional<std::chrono::seconds> max_stale{};  // requests; without a value: max()
  // Age already spent in other caches is the field Age, not here.

  friend bool operator==(const cache_control&, const cache_control&) = default;
};

// All directives of all Cache-Control fields. Unknown ones are ignored; of one that is there twice
// the stricter counts; a number that is none counts as 0, i.e. stale (RFC 9111 section 4.2.1), one
// beyond 2^31 as 2^31. `private="x"` and `no-cache="x"` count as without their list of fields,
// which is stricter.
cache_control parse_cache_control(fields_view fields) noexcept;
cache_control parse_cache_control(std::string_view value) noexcept;

// In a fixed order; negative times as 0. Empty if nothing is set.
std::string to_string(const cache_control&);

}  // namespace parley::http
