// What the provider reports, for whoever sits before the terminal; and the end of
// the program when the provider gives up.
#pragma once

#include <parley/adapters/cli/stop.hpp>
#include <parley/core/api/observer.hpp>

namespace parley::cli {

class console_observer final : public observer {
 public:
  // The provider is the only one, and the program ends when it gives up; or there are others.
  enum kind : bool { alone, one_of_several };

  // Without `verbose` only failures are printed.
  console_observer(stop& on_failure, bool verbose, kind k = alone) noexcept
      : stop_(on_failure), verbose_(verbose), alone_(k == alone) {}

  void log(log_level level, std::string_view component, std::string_view text) override;
  void state_changed(std::string_view component, provider_state state, const error* why) override;
  void resubscribed(std::string_view component, std::size_t subscriptions, duration gap) override;
  void carrier_changed(std::string_view channel, std::string_view from, std::string_view to,
                       const error* why) override;
  void callback_failed(std::string_view component, const error& why) override;

 private:
  stop& stop_;
  bool verbose_;
  bool alone_;
};

}  // namespace parley::cli
