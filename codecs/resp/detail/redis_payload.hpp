// How a value travels as a Redis string: text and bytes as they are, everything
// else as JSON (S18).
#pragma once

#include <parley/core/error.hpp>
#include <parley/core/value/value.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

// A view of the value where that will do, else JSON of its own. Lives no longer
// than the value.
class redis_payload {
 public:
  static result<redis_payload> of(const value& v);

  std::string_view text() const noexcept { return own_.empty() ? view_ : std::string_view(own_); }

 private:
  std::string own_;
  std::string_view view_;
};

}  // namespace parley::detail
