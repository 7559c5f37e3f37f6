// How a value travels as the bytes of a message: text and bytes as they are, so that other programs
// read what was meant; everything else as JSON (S18).
#pragma once

#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/value/value.hpp>
#include <string>
#include <string_view>

namespace parley::json {

// A view of the value where that will do, else JSON of its own. Lives no longer than the value.
class payload {
 public:
  // Errors: those of json::write().
  static result<payload> of(const value& v);

  std::string_view text() const noexcept { return own_.empty() ? view_ : std::string_view(own_); }
  byte_view bytes() const noexcept { return as_bytes(text()); }
  // False for bytes, which need not be UTF-8.
  bool is_text() const noexcept { return is_text_; }

 private:
  std::string own_;
  std::string_view view_;
  bool is_text_ = true;
};

}  // namespace parley::json
