// Media types: type/subtype and parameters (RFC 9110 section 8.3.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::http {

// One parameter, of a media type or of Content-Disposition. A quoted value is shown with its
// escapes.
struct media_parameter {
  std::string_view name;
  std::string_view value;
  bool quoted = false;

  // The value without its escapes.
  std::string text() const;
  // Whether text() is `other`, without regard to case; allocates nothing.
  bool equals(std::string_view other) const noexcept;
};

// Takes one `; name=value` off the front. Nothing at the end, and at a fault, where `rest` then is
// not empty.
std::optional<media_parameter> next_media_parameter(std::string_view& rest) noexcept;

// A view of the text that it was parsed from. Compare names without regard to case.
struct media_type {
  std::string_view type;        // "application"
  std::string_view subtype;     // "problem+json"
  std::string_view parameters;  // from the first ';' on; well formed

  // "json" of "problem+json" (RFC 6839); "" without a '+'.
  std::string_view suffix() const noexcept;
  // The first of that name.
  std::optional<media_parameter> parameter(std::string_view name) const noexcept;
  bool is(std::string_view wanted_type, std::string_view wanted_subtype) const noexcept;
};

// Nothing if it is malformed anywhere.
std::optional<media_type> parse_media_type(std::string_view text) noexcept;

// application/json, text/json or anything with the suffix +json, whose charset, if one is named, is
// UTF-8 (RFC 8259 section 8.1 knows no other).
bool is_json(const media_type&) noexcept;
bool is_json(std::string_view content_type) noexcept;
// application/x-www-form-urlencoded.
bool is_form(std::string_view content_type) noexcept;
// multipart/form-data.
bool is_form_data(std::string_view content_type) noexcept;

}  // namespace parley::http
