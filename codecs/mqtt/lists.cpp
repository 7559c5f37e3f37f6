#include <parley/codecs/mqtt/cursor.hpp>
#include <parley/codecs/mqtt/detail/options.hpp>
#include <parley/codecs/mqtt/lists.hpp>

namespace parley::mqtt::detail {

std::string_view take_item(const std::byte*& at, std::string_view*) noexcept {
  const auto size = std::to_integer<std::size_t>(at[0]) << 8 | std::to_integer<std::size_t>(at[1]);
  const std::string_view text = as_text({at + 2, size});
  at += 2 + size;
  return text;
}

subscription take_item(const std::byte*& at, subscription*) noexcept {
  const std::string_view filter = take_item(at, static_cast<std::string_view*>(nullptr));
  return subscription_of(filter, std::to_integer<unsigned>(*at++));
}

}  // namespace parley::mqtt::detail
