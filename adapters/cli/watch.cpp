#include <fmt/format.h>

#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/watch.hpp>

namespace parley::cli {

void console_observer::log(log_level level, std::string_view component, std::string_view text) {
  if (verbose_ || level >= log_level::error) note(fmt::format("{}: {}", component, text));
}

void console_observer::state_changed(std::string_view component, provider_state state,
                                     const error* why) {
  if (verbose_) {
    note(why ? fmt::format("{}: {}: {}", component, to_string(state), why->to_string())
             : fmt::format("{}: {}", component, to_string(state)));
  }
  // It will not try again by itself: waiting on would be for ever.
  if (alone_ && state == provider_state::failed && why) stop_.request(exit_code_of(*why), *why);
}

void console_observer::resubscribed(std::string_view component, std::size_t subscriptions,
                                    duration gap) {
  if (!verbose_) return;
  const std::chrono::duration<double> seconds = gap;
  note(fmt::format("{}: resubscribed {} after a gap of {:.3f} s: messages may be missing",
                   component, subscriptions, seconds.count()));
}

void console_observer::carrier_changed(std::string_view channel, std::string_view from,
                                       std::string_view to, const error* why) {
  if (!verbose_ && !why) return;  // the first choice, or back to a better one
  const std::string now = to.empty() ? "carried by none" : fmt::format("carried by {}", to);
  note(why ? fmt::format("{}: {}: {} was lost: {}", channel, now, from, why->to_string())
           : fmt::format("{}: {}", channel, now));
}

void console_observer::callback_failed(std::string_view, const error& why) {
  stop_.request(exit_failed, why);
}

}  // namespace parley::cli
