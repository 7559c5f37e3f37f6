#include <parley/core/store/store.hpp>
#include <string>
#include <string_view>

namespace parley {
namespace {

result<void> check(std::string_view limit_name, std::size_t size, std::size_t most) {
  if (size <= most) return {};
  return fail(store_errc::too_large, std::to_string(size) + " bytes, " + std::string(limit_name) +
                                         " is " + std::to_string(most));
}

}  // namespace

result<void> check_record(const store_limits& bounds, byte_view space, byte_view key,
                          std::size_t value_size) {
  if (auto ok = check("max_space", space.size(), bounds.max_space); !ok) return ok;
  if (auto ok = check("max_key", key.size(), bounds.max_key); !ok) return ok;
  return check("max_value", value_size, bounds.max_value);
}

}  // namespace parley
