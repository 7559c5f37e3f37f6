// Content negotiation by Accept (RFC 9110 section 12.5.1).
#pragma once

#include <cstddef>
#include <optional>
#include <parley/codecs/http/rest/fields_view.hpp>
#include <span>
#include <string_view>

namespace parley::http {

// "0.5" is 500, of 1000; nothing unless it is a qvalue (RFC 9110 section 12.4.2).
std::optional<int> parse_quality(std::string_view text) noexcept;

// Which of `offers` (media types) the client likes best: the index of the one with the highest
// quality, by the most specific range that names it; of equal ones the first. Without Accept that
// is 0. Nothing if none is acceptable: 406, or the first one nevertheless, as section 12.5.1
// permits. Ranges that are malformed are ignored, as if they were not there; with nothing else the
// answer is 0. At most 64 ranges are looked at: browsers send 8.
std::optional<std::size_t> choose_media_type(fields_view request,
                                             std::span<const std::string_view> offers) noexcept;
// The same for one value.
std::optional<std::size_t> choose_media_type(std::string_view accept,
                                             std::span<const std::string_view> offers) noexcept;

}  // namespace parley::http
