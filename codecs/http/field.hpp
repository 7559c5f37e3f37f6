// Header fields: names that are known, the form they have in memory, and look-up.
//
// A decoder keeps only places, in offsets from the head's first byte: they stay right when the
// buffer moves. `header_list` turns them into views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

namespace parley::http {

// Names of fields that programs ask for. The first few also frame messages.
enum class field : std::uint8_t {
  other,
  host,
  content_length,
  transfer_encoding,
  connection,
  expect,
  upgrade,
  accept,
  accept_encoding,
  accept_language,
  allow,
  authorization,
  cache_control,
  content_disposition,
  content_encoding,
  content_language,
  content_location,
  content_range,
  content_type,
  cookie,
  date,
  etag,
  expires,
  if_match,
  if_modified_since,
  if_none_match,
  if_range,
  if_unmodified_since,
  keep_alive,
  last_event_id,
  last_modified,
  link,
  location,
  origin,
  proxy_authenticate,
  proxy_authorization,
  range,
  referer,
  retry_after,
  sec_websocket_accept,
  sec_websocket_extensions,
  sec_websocket_key,
  sec_websocket_protocol,
  sec_websocket_version,
  server,
  set_cookie,
  strict_transport_security,
  te,
  trailer,
  user_agent,
  vary,
  via,
  www_authenticate,
  count_,
};

// As it is usually written: "Content-Type"; empty for `other`.
std::string_view to_string(field) noexcept;
// Without regard to case (RFC 9110 section 5.1); `other` if it is not in the list.
field parse_field(std::string_view name) noexcept;

// Equal but for the case of ASCII letters.
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

// One field, decoded or to be encoded. Values are opaque: nothing is unescaped.
struct header {
  std::string_view name;
  std::string_view value;
};

// Where a field stands in a message's head.
struct field_place {
  std::uint32_t name = 0;  // offset from the head's first byte
  std::uint32_t value = 0;
  std::uint32_t value_size = 0;
  std::uint16_t name_size = 0;
  std::uint16_t known = 0;  // a `field` that frames, or 0
};

// The header or trailer fields of one message, in their order. A view: valid as long as the
// input and the places it was made of.
class header_list {
 public:
  header_list() noexcept = default;
  header_list(const char* base, std::span<const field_place> places) noexcept
      : base_(base), places_(places) {}

  std::size_t size() const noexcept { return places_.size(); }
  bool empty() const noexcept { return places_.empty(); }
  header operator[](std::size_t i) const noexcept {
    const field_place& p = places_[i];
    return {{base_ + p.name, p.name_size}, {base_ + p.value, p.value_size}};
  }

  // The value of the first field of that name, without regard to case; nothing if there is none.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::optional<std::string_view> find(field which) const noexcept;
  // The same, or an empty text.
  std::string_view value_of(field which) const noexcept { return find(which).value_or(""); }

  // True if a field of that name, which may occur several times, lists `token` (RFC 9110 section
  // 5.6.1), without regard to case.
  bool lists(field which, std::string_view token) const noexcept;

  // Gives each field by value.
  class iterator {
   public:
    using value_type = header;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    iterator() noexcept = default;
    iterator(const header_list* list, std::size_t at) noexcept : list_(list), at_(at) {}
    header operator*() const noexcept { return (*list_)[at_]; }
    iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    iterator operator++(int) noexcept { return {list_, at_++}; }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

   private:
    const header_list* list_ = nullptr;
    std::size_t at_ = 0;
  };
  iterator begin() const noexcept { return {this, 0}; }
  iterator end() const noexcept { return {this, size()}; }

 private:
  const char* base_ = nullptr;
  std::span<const field_place> places_;
};

// Walks the elements of a list-valued field: text between commas, without white space around;
// empty ones are left out.
//   for (std::string_view rest = value; auto item = next_element(rest);) ...
std::optional<std::string_view> next_element(std::string_view& rest) noexcept;

}  // namespace parley::http
