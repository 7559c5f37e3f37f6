// Fields of a handshake that may be there once, and lists of tokens. Internal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/field.hpp>
#include <string_view>

namespace parley::websocket::detail {

// All values of a field: how many there are, and the first one.
struct field_values {
  std::size_t count = 0;
  std::string_view first{};
};

inline field_values values_of(const http::header_list& headers, http::field which) noexcept {
  field_values found;
  const std::string_view name = http::to_string(which);
  for (const http::header h : headers) {
    if (!http::equals_ignoring_case(h.name, name)) continue;
    if (found.count++ == 0) found.first = h.value;
  }
  return found;
}

// Calls visit(element) for each element of a list that may have several fields. False, and ended,
// as soon as that returns false.
template <class Visit>
bool for_each_element(const http::header_list& headers, http::field which, Visit&& visit) {
  const std::string_view name = http::to_string(which);
  for (const http::header h : headers) {
    if (!http::equals_ignoring_case(h.name, name)) continue;
    std::string_view rest = h.value;
    while (const auto element = http::next_element(rest)) {
      if (!visit(*element)) return false;
    }
  }
  return true;
}

// The field says that this connection changes to WebSocket (RFC 6455 sections 4.1 and 4.2.1).
inline bool asks_for_websocket(const http::header_list& headers) noexcept {
  return headers.lists(http::field::upgrade, "websocket") &&
         headers.lists(http::field::connection, "upgrade");
}

}  // namespace parley::websocket::detail
