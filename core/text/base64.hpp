// Base64 (RFC 4648 section 4), with padding.
#pragma once

#include <optional>
#include <parley/core/bytes.hpp>
#include <string>
#include <string_view>

namespace parley::text {

// Four characters for every three bytes, the last ones filled up with '='.
std::string base64_encode(byte_view bytes);

// The bytes of such a text, as characters. Nothing unless it is exactly what base64_encode() would
// have made: another character, missing or misplaced padding, and bits that are set behind the
// last byte are refused, so that no two texts mean the same.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace parley::text
