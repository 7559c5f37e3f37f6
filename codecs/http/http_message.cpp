#include <parley/codecs/http/http_message.hpp>

namespace parley {

std::optional<std::string_view> http_headers::find(std::string_view name) const noexcept {
  for (const auto& [own, value] : items_) {
    if (http::equals_ignoring_case(own, name)) return value;
  }
  return std::nullopt;
}

std::vector<http::header> http_headers::views() const {
  std::vector<http::header> all;
  all.reserve(items_.size());
  for (const auto& [name, value] : items_) all.push_back({name, value});
  return all;
}

}  // namespace parley
