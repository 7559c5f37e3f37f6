// Request targets and hosts (RFC 9112 section 3.2, RFC 9110 section 7.2). Internal.
#pragma once

#include <cstddef>
#include <parley/codecs/http/head.hpp>
#include <string_view>

namespace parley::http::detail {

// Only visible ASCII without '#', and not empty. Some of it is outside of the grammar of URIs,
// and browsers send it all the same ("|", "^", "{"): it cannot change where anything ends.
bool is_target_text(const char* text, std::size_t size) noexcept;

// host [":" port], as in Host; may be empty.
bool is_host(std::string_view text) noexcept;

// Which of the four forms a target has, for this method. False: none that is allowed.
bool find_target_form(method verb, std::string_view target, target_form& form) noexcept;

// The authority of a target in absolute or authority form.
std::string_view authority_of(std::string_view target, target_form form) noexcept;

// The field that frames messages and has this name (not empty), or `other`.
field framing_field_of(std::string_view name) noexcept;

}  // namespace parley::http::detail
