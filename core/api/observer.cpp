#include <array>
#include <parley/core/api/observer.hpp>

namespace parley {

std::string_view to_string(log_level level) noexcept {
  constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

std::string_view to_string(provider_state state) noexcept {
  constexpr std::array<std::string_view, 6> names{"idle",    "connecting", "up",
                                                  "waiting", "failed",     "closed"};
  return names[static_cast<std::size_t>(state)];
}

// Empty and not pure: an observer overrides only what it wants to see.
void observer::log(log_level, std::string_view, std::string_view) {}
void observer::record(const metric&) {}
void observer::state_changed(std::string_view, provider_state, const error*) {}
void observer::carrier_changed(std::string_view, std::string_view, std::string_view, const error*) {
}
void observer::resubscribed(std::string_view, std::size_t, duration) {}
void observer::callback_failed(std::string_view, const error&) {}

}  // namespace parley
