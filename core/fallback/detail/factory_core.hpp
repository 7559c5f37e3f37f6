// What a factory, its slots and its channels share. Kept by all of them; the slots and whatever
// they hold end with the factory.
#pragma once

#include <memory>
#include <parley/core/fallback/detail/carrier_slot.hpp>
#include <parley/core/loop/loop.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class channel;

class factory_core final : public std::enable_shared_from_this<factory_core>,
                           public fault_sink,
                           private timer,
                           private work {
 public:
  factory_core(loop& home, protocols& table, interface_configs where,
               interface_factory_config config);
  ~factory_core();
  factory_core(const factory_core&) = delete;
  factory_core& operator=(const factory_core&) = delete;

  loop& home() noexcept { return loop_; }
  protocols& table() noexcept { return table_; }
  observer* watch() const noexcept { return config_.watch; }
  const interface_factory_config& config() const noexcept { return config_; }
  bool is_open() const noexcept { return is_open_; }

  // Those of the order; all of them for an empty one. Errors: bad_configuration, and
  // invalid_argument if there is none.
  result<std::vector<carrier_slot*>> slots_of(preference order);
  const std::vector<std::unique_ptr<carrier_slot>>& slots() const noexcept { return slots_; }

  void enter(channel& c);
  void leave(channel& c) noexcept;
  const std::vector<channel*>& channels() const noexcept { return channels_; }

  // Tells channels of slots that have come or gone: now, or in the next turn.
  void check_slots();
  void check_soon();
  void retry();

  // Ends channels, and closes the providers.
  operation<void> close();
  // The factory is gone.
  void shut() noexcept;

  // --- fault_sink, of operations that it gives
  void callback_failed(const error& why) override;
  void retain() noexcept override;
  void release() noexcept override;

 private:
  void fired(time_point now) override;
  void run() override;
  void end_channels(const error& why) noexcept;
  template <class F>
  void for_each_channel(F&& f);

  loop& loop_;
  protocols& table_;
  interface_factory_config config_;
  std::vector<std::unique_ptr<carrier_slot>> slots_;
  std::vector<channel*> channels_;
  std::shared_ptr<factory_core> queued_;    // while a check is queued
  std::shared_ptr<factory_core> retained_;  // while operations refer to it
  std::size_t references_ = 0;
  bool is_open_ = true;
};

}  // namespace parley::detail
