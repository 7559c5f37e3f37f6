// One provider of a factory, made when it is first needed and shared by all of its channels.
#pragma once

#include <memory>
#include <optional>
#include <parley/core/api/provider.hpp>
#include <parley/core/fallback/interface_factory.hpp>
#include <string>
#include <vector>

namespace parley::detail {

class factory_core;

class carrier_slot final : private observer {
 public:
  using outcome = callback<void(const result<void>&)>;

  carrier_slot(factory_core& core, interface_configs::entry config);

  const std::string& protocol() const noexcept { return config_.protocol; }
  const std::string& where() const noexcept { return config_.where; }

  // Makes it, connects, and tells, perhaps at once. Several that wait share one attempt. What only
  // a person can correct is not asked again by each channel: whoever comes within the longest pause
  // between attempts is told the same.
  void reach(outcome tell);
  // Null before reach().
  provider* get() const noexcept { return made_.get(); }
  bool is_up() const;
  // It may be asked again.
  void forget_refusal() noexcept { refusal_.reset(); }
  error why_not() const;
  std::uint64_t connects() const { return made_ ? made_->status().connects : 0; }

  // True if it has come up or gone down since the last time, or if an attempt that goes on has
  // failed once: providers try again by themselves until their timeout.
  bool has_changed();

  // Null if there is nothing to close.
  std::optional<operation<void>> close();
  // Drops the provider. Who waits in reach() is told nothing.
  void drop() noexcept;

 private:
  void log(log_level level, std::string_view component, std::string_view text) override;
  void record(const metric& m) override;
  void state_changed(std::string_view component, provider_state s, const error* why) override;
  void resubscribed(std::string_view component, std::size_t n, duration gap) override;
  void callback_failed(std::string_view component, const error& why) override;

  result<void> make();
  void note_refusal(const result<void>& r);

  factory_core& core_;
  interface_configs::entry config_;
  std::unique_ptr<provider> made_;
  std::vector<outcome> waiting_;
  std::optional<error> refusal_;  // until then
  time_point refused_until_{};
  bool was_up_ = false;
  bool stumbled_ = false;  // in the attempt that is under way
};

}  // namespace parley::detail
