// A speaker behind which stand the speakers of several protocols.
#pragma once

#include <memory>
#include <optional>
#include <parley/core/api/ear.hpp>
#include <parley/core/fallback/dedup_window.hpp>
#include <parley/core/fallback/detail/channel.hpp>
#include <parley/core/fallback/detail/kept_shouts.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class fallback_speaker final : public speaker_core, public channel {
 public:
  fallback_speaker(std::shared_ptr<factory_core> core, std::string_view name,
                   std::vector<carrier_slot*> slots, fallback_options how);

  // Searches; ends with the speaker.
  operation<speaker> open();
  operation<speaker> open(message_callback on_message);

  // --- speaker_core
  std::string_view name() const override { return channel_name(); }
  operation<delivery> shout(const value& v) override;
  operation<delivery> shout_bytes(byte_view payload) override;
  operation<void> listen(message_callback on_message) override;
  operation<void> stop_listening() override;

 private:
  // What there is on each carrier.
  struct part {
    std::optional<speaker> out;
    bool is_listening = false;  // confirmed
    bool was_asked = false;     // to listen
  };

  // --- channel
  void prepare(std::size_t i, outcome tell) override;
  bool is_prepared(std::size_t i) const override;
  void switched(const carrier_switched& e) override;
  void carry_on() override;
  void give_up(const error& why) override;
  void end(const error& why) override;
  std::optional<time_point> own_deadline() const override;
  void own_timeout(time_point now) override;
  void fill(channel_status& s) const override;
  void cancel_number(std::uint64_t number) override;
  void dispose() noexcept override;

  // --- shouting
  result<void> admit(std::size_t size);
  bool make_room(std::size_t size);
  result<void> tag(kept_shout& s, const value* v, byte_view payload);
  operation<delivery> refuse(error why);
  operation<delivery> take(const value* v, byte_view payload);
  void give(std::uint64_t number);
  void answered(std::uint64_t number, result<delivery> r);
  bool may_repeat(const kept_shout& s, const error& why, bool lost);
  void end_shout(std::uint64_t number, result<delivery> r);
  void call_back(std::size_t carrier);
  void end_if_dropped() noexcept;

  // --- listening
  void listen_at(std::size_t i, outcome tell);
  void listen_or_lose(std::size_t i);
  void leave(std::size_t i);
  void hear(std::size_t i, const message& m);
  void deliver(const message& m);
  void settle_listening(const result<void>& r);
  speaker_options options_at(bool pattern) const;

  std::vector<part> parts_;
  kept_shouts kept_;
  std::uint64_t next_ = 1;    // none before it waits
  bool is_ordering_ = false;  // some wait for a second time: none overtakes them
  message_id last_id_;
  std::optional<dedup_window> heard_ids_;
  ear ear_;
  std::vector<completer<void>> listening_waiters_;
  std::string scratch_;  // of names
  bool has_filter_ = false;
  bool is_dropped_ = false;  // there is no handle any more
  std::uint64_t sent_ = 0, failed_ = 0, repeated_ = 0, heard_ = 0, duplicates_ = 0;
};

}  // namespace parley::detail
