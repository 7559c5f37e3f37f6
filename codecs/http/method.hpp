// Request methods (RFC 9110 section 9) and what may be assumed of them.
#pragma once

#include <cstdint>
#include <string_view>

namespace parley::http {

// `other` is every method that is not one of RFC 9110 or RFC 5789; its name is in the request.
enum class method : std::uint8_t {
  other,
  get,
  head,
  post,
  put,
  delete_,  // NOLINT(readability-identifier-naming): the word itself is a keyword
  connect,
  options,
  trace,
  patch,
};

// Names are case-sensitive (RFC 9110 section 9.1): "get" is `other`.
method parse_method(std::string_view name) noexcept;

// "GET"; empty for `other`.
std::string_view to_string(method) noexcept;

// The request asks for no change of state (RFC 9110 section 9.2.1). False for `other`.
bool is_safe(method) noexcept;

// Several such requests have the effect of one, so that it may be sent again (section 9.2.2).
// False for `other`: nobody has promised it.
bool is_idempotent(method) noexcept;

// A response may be stored for later requests, if its headers allow it (section 9.2.3).
bool is_cacheable(method) noexcept;

}  // namespace parley::http
