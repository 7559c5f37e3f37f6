// Sec-WebSocket-Extensions, apart (RFC 6455 section 9.1): names of extensions with parameters, in
// the order in which they are preferred.
//
//   websocket::extension_reader list(field_value);
//   while (const auto name = list.next_extension()) {
//     while (const auto parameter = list.next_parameter()) ...
//   }
//   if (list.is_malformed()) ...            // the list means nothing then, what was read included
//
// Several fields are one list (RFC 9110 section 5.3): read each, in their order. Nothing is copied.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace parley::websocket {

// One parameter. Views show the field's value.
struct extension_parameter {
  std::string_view name;
  bool has_value = false;
  // A token, or the inside of a quoted string. That may hold backslashes, each before a character
  // of a token and without a meaning: "1\5" is 15.
  std::string_view value{};
};

// Reads one field's value. Strict, but for empty elements, which every list of HTTP may have.
class extension_reader {
 public:
  explicit extension_reader(std::string_view field_value) noexcept : rest_(field_value) {}

  // The next extension; nothing at the end, or where the list is malformed. Parameters of the last
  // one that were not asked for are checked and left out.
  std::optional<std::string_view> next_extension() noexcept;

  // The next parameter of that extension; nothing behind its last one.
  std::optional<extension_parameter> next_parameter() noexcept;

  // The value is not of the grammar: such a handshake is to be refused (section 9.1).
  bool is_malformed() const noexcept { return malformed_; }

 private:
  void skip_space() noexcept;
  bool skip(char c) noexcept;
  std::string_view take_token() noexcept;
  bool take_value(extension_parameter& to) noexcept;
  std::optional<std::string_view> take_quoted() noexcept;

  std::string_view rest_;
  bool inside_ = false;  // behind the name of an extension or a parameter
  bool malformed_ = false;
};

}  // namespace parley::websocket
