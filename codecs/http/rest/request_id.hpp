// X-Request-Id: one name for a request in all logs that it passes.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <parley/core/random.hpp>
#include <string_view>

namespace parley::http {

// Longer ones are made to fill logs.
inline constexpr std::size_t max_request_id = 64;

// 1 to 64 letters, digits and "-._~+/=:@"; nothing that a log, a shell or a page would read as more
// than a name.
bool is_request_name(std::string_view text) noexcept;

// A name, held in place.
class request_name {
 public:
  // The client's own, if it is sane; else a new one of 128 random bits, in 32 hexadecimal digits.
  static request_name choose(std::optional<std::string_view> incoming, random_source& entropy);
  static request_name make(random_source& entropy);

  // A view of this object.
  std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, max_request_id> text_{};
  std::size_t size_ = 0;
};

}  // namespace parley::http
