#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/websocket/extensions.hpp>

namespace parley::websocket {

using http::detail::is;

void extension_reader::skip_space() noexcept {
  while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
}

bool extension_reader::skip(char c) noexcept {
  if (rest_.empty() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

std::string_view extension_reader::take_token() noexcept {
  std::size_t size = 0;
  while (size < rest_.size() && is(rest_[size], http::detail::token_char)) ++size;
  const std::string_view token = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return token;
}

std::optional<std::string_view> extension_reader::next_extension() noexcept {
  while (next_parameter()) continue;
  if (malformed_) return std::nullopt;
  do skip_space();
  while (skip(','));
  if (rest_.empty()) return std::nullopt;
  const std::string_view name = take_token();
  malformed_ = name.empty();
  if (malformed_) return std::nullopt;
  inside_ = true;
  return name;
}

std::optional<extension_parameter> extension_reader::next_parameter() noexcept {
  if (!inside_ || malformed_) return std::nullopt;
  skip_space();
  if (!skip(';')) {
    inside_ = false;
    malformed_ = !rest_.empty() && !skip(',');
    return std::nullopt;
  }
  skip_space();
  extension_parameter found{take_token()};
  malformed_ = found.name.empty() || !take_value(found);
  if (malformed_) return std::nullopt;
  return found;
}

// White space may stand around "=": the grammar is that of RFC 2616, where it may be between any
// two tokens.
bool extension_reader::take_value(extension_parameter& to) noexcept {
  skip_space();
  if (!skip('=')) return true;
  skip_space();
  to.has_value = true;
  if (skip('"')) {
    const auto inside = take_quoted();
    if (inside) to.value = *inside;
    return inside.has_value();
  }
  to.value = take_token();
  return !to.value.empty();
}

// Up to the closing quote. What it stands for must be a token (section 9.1).
std::optional<std::string_view> extension_reader::take_quoted() noexcept {
  std::size_t size = 0;
  while (size < rest_.size() && rest_[size] != '"') {
    if (rest_[size] == '\\') ++size;
    if (size >= rest_.size() || !is(rest_[size], http::detail::token_char)) return std::nullopt;
    ++size;
  }
  if (size == 0 || size >= rest_.size()) return std::nullopt;
  const std::string_view inside = rest_.substr(0, size);
  rest_.remove_prefix(size + 1);
  return inside;
}

}  // namespace parley::websocket
