// The fields of a head, wherever they are: decoded by a machine, owned by a program, or listed to
// be written. What decides by fields takes this, so that it works on all three.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/field.hpp>
#include <parley/codecs/http/http_message.hpp>
#include <span>
#include <string_view>

namespace parley::http {

// A view: valid as long as what it was made of. Copy it freely.
class fields_view {
 public:
  fields_view() noexcept = default;
  fields_view(const header_list& list) noexcept : kind_(kind::decoded), decoded_(list) {}
  // A span, array or vector of fields.
  template <std::convertible_to<std::span<const header>> List>
  fields_view(const List& list) noexcept : kind_(kind::listed), listed_(list) {}
  fields_view(const http_headers& owned) noexcept : kind_(kind::owned), owned_(&owned) {}
  fields_view(http_headers&&) = delete;

  std::size_t size() const noexcept {
    if (kind_ == kind::decoded) return decoded_.size();
    return kind_ == kind::listed ? listed_.size() : owned_->size();
  }
  bool empty() const noexcept { return size() == 0; }
  // `i` is below size().
  header operator[](std::size_t i) const noexcept {
    if (kind_ == kind::decoded) return decoded_[i];
    return kind_ == kind::listed ? listed_[i] : (*owned_)[i];
  }

  // The value of the first field of that name, without regard to case; nothing if there is none.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::optional<std::string_view> find(field which) const noexcept {
    return find(to_string(which));
  }
  // How many fields have that name. More than one of a field that is no list is a fault of the
  // peer, and the functions of this room then act as if there were none.
  std::size_t count(std::string_view name) const noexcept;
  // The value if there is exactly one field of that name.
  std::optional<std::string_view> single(field which) const noexcept;

 private:
  enum class kind : std::uint8_t { decoded, listed, owned };
  kind kind_ = kind::listed;
  header_list decoded_;
  std::span<const header> listed_;
  const http_headers* owned_ = nullptr;
};

// Walks the elements of a list-valued field over all its lines (RFC 9110 section 5.3), as
// next_element() does over one. Commas in quoted strings do not separate.
//   for (list_reader all(fields, field::if_match); auto item = all.next();) ...
class list_reader {
 public:
  list_reader(fields_view fields, field which) noexcept : fields_(fields), which_(which) {}
  std::optional<std::string_view> next() noexcept;

 private:
  fields_view fields_;
  std::string_view rest_;
  std::size_t line_ = 0;
  field which_;
};

// One element off the front of `rest`: text up to the next comma that is not inside a quoted
// string, without white space around; empty ones are left out.
std::optional<std::string_view> next_quoted_element(std::string_view& rest) noexcept;

}  // namespace parley::http
