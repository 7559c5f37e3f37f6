// Speakers of a REST server: channels over server-sent events. Clients listen with
// GET /events?channel=FILTER (several, with + and #) or GET /events/NAME, and speak with
// POST /events/NAME.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <parley/codecs/http/provider/exchange.hpp>
#include <parley/core/api/listeners.hpp>
#include <parley/core/api/outbox.hpp>
#include <parley/core/api/topic_index.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class rest_server_speaker;

class rest_server_channels final : private timer {
 public:
  explicit rest_server_channels(rest_server_core& core);
  ~rest_server_channels();

  // The routes of listeners and of those who speak, if they are not there yet.
  result<void> add_routes();
  operation<speaker> open_speaker(std::string_view name, message_callback on_message,
                                  speaker_options options);
  // Says to each listener that it is over; they come again elsewhere.
  void end_streams();
  void shut() noexcept;

  // --- for speakers
  operation<delivery> shout(std::string_view name, const value& v);
  operation<delivery> shout_bytes(std::string_view name, byte_view payload);
  void join(rest_server_speaker& who);
  void leave(rest_server_speaker& who) noexcept;
  rest_server_core& core() noexcept { return core_; }

 private:
  // One event, encoded once for all who get it.
  struct kept {
    std::uint64_t number;
    std::string channel;
    shared_bytes text;
  };
  struct listener;

  result<std::int64_t> publish(std::string_view name, byte_view payload, bool is_text);
  void spread(const kept& event, std::int64_t& count);
  bool push(listener& l, const kept& event);
  void flush(listener& l);
  void keep(kept event);
  void listen(rest_responder r);
  void replay(listener& l, std::string_view last_id);
  void catch_up(listener& l);
  void speak(rest_responder r);
  void deliver(std::string_view name, byte_view payload);
  void drop(listener& l) noexcept;
  void fired(time_point now) override;  // a sign of life is due

  rest_server_core& core_;
  topic_index<listener> listening_;
  listeners<rest_server_speaker> hearing_;
  std::vector<std::shared_ptr<listener>> listeners_;
  std::deque<kept> history_;  // without gaps
  std::size_t history_bytes_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t lost_ = 0;
  bool has_routes_ = false;
  std::string epoch_;  // of event ids: those of an earlier run are not ours
};

}  // namespace parley::detail
