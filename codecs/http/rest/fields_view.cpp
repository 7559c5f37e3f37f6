#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/fields_view.hpp>

namespace parley::http {

std::optional<std::string_view> fields_view::find(std::string_view name) const noexcept {
  const std::size_t all = size();
  for (std::size_t i = 0; i < all; ++i) {
    const header h = (*this)[i];
    if (equals_ignoring_case(h.name, name)) return h.value;
  }
  return std::nullopt;
}

std::size_t fields_view::count(std::string_view name) const noexcept {
  std::size_t found = 0;
  const std::size_t all = size();
  for (std::size_t i = 0; i < all; ++i) found += equals_ignoring_case((*this)[i].name, name);
  return found;
}

std::optional<std::string_view> fields_view::single(field which) const noexcept {
  const std::string_view name = to_string(which);
  return count(name) == 1 ? find(name) : std::nullopt;
}

std::optional<std::string_view> list_reader::next() noexcept {
  for (;;) {
    if (const auto item = next_quoted_element(rest_)) return item;
    const std::size_t all = fields_.size();
    while (line_ < all && !equals_ignoring_case(fields_[line_].name, to_string(which_))) ++line_;
    if (line_ == all) return std::nullopt;
    rest_ = fields_[line_++].value;
  }
}

std::optional<std::string_view> next_quoted_element(std::string_view& rest) noexcept {
  while (!rest.empty()) {
    bool inside = false;
    std::size_t end = 0;
    for (; end < rest.size() && (inside || rest[end] != ','); ++end) {
      if (rest[end] == '"') inside = !inside;
      if (inside && rest[end] == '\\') ++end;
    }
    end = end < rest.size() ? end : rest.size();
    const std::string_view item = detail::trimmed(rest.substr(0, end));
    rest.remove_prefix(end < rest.size() ? end + 1 : end);
    if (!item.empty()) return item;
  }
  return std::nullopt;
}

}  // namespace parley::http
