// Base64 (RFC 4648 section 4) by libcrypto. Internal.
#pragma once

#include <parley/core/bytes.hpp>
#include <string>

namespace parley::detail {

std::string base64(byte_view bytes);

}  // namespace parley::detail
