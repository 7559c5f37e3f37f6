// What the ending of a file's name says about its bytes.
#pragma once

#include <string_view>

namespace parley::files {

// The media type for "page.html" or "a/b/page.HTML", without parameters; "" if the ending is not in
// the table or there is none. What is text for people is text/..., and JavaScript (RFC 9239).
std::string_view media_type_of(std::string_view name) noexcept;

// Behind the last dot of the last segment: "html", "gz"; "" without a dot, or if it comes first.
std::string_view ending_of(std::string_view name) noexcept;

}  // namespace parley::files
