// Where a redirect leads: references resolved against a base (RFC 3986 section 5, RFC 9110 section
// 10.2.2).
#pragma once

#include <parley/core/error.hpp>
#include <string>
#include <string_view>

namespace parley::http {

// The absolute URI that `reference` (the value of Location) means at `base`, an absolute http or
// https URI; dot segments are removed, and the base's fragment is kept if the reference has none.
// Errors (rest_errc::bad_uri_reference; the text is not quoted, it may hold a token): either is
// malformed; the reference leads to another scheme than http and https (file:, javascript:,
// redis:), has an empty host, or brings a user name or password, which is how phishing looks. Bytes
// beyond ASCII and spaces are not mended: a server that sends them is refused.
result<std::string> resolve_reference(std::string_view base, std::string_view reference);

// The path with "." and ".." resolved (RFC 3986 section 5.2.4); never above the root.
std::string without_dot_segments(std::string_view path);

// Scheme, host and port are the same: credentials may follow a redirect only then. False if
// either is malformed.
bool is_same_origin(std::string_view a, std::string_view b);

}  // namespace parley::http
