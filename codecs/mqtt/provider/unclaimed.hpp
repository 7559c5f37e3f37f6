// Messages that nobody listens to yet: of a session that an earlier process has left, and that the
// server goes on with before the speakers are there (P6). They own their bytes, and are not
// acknowledged while they are in here.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <parley/codecs/mqtt/events.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <vector>

namespace parley::detail {

class mqtt_unclaimed {
 public:
  struct entry {
    std::string topic{};
    std::vector<std::byte> bytes{};  // properties, payload
    std::size_t properties_size = 0;
    mqtt::qos qos = mqtt::qos::at_most_once;
    bool retain = false;
    bool dup = false;
    std::uint64_t handle = 0;      // 0: there is nothing to acknowledge
    std::uint64_t connection = 0;  // on which it came
    time_point until{};

    std::size_t cost() const noexcept { return topic.size() + bytes.size() + 256; }
    // A view, as it came.
    mqtt::message_event event() const noexcept;
  };

  void add(const mqtt::message_event& m, std::uint64_t connection, time_point until);
  // The oldest, if it is due, or if all together take more than `most`.
  std::optional<entry> take_due(time_point now, std::size_t most);
  // Each whose topic matches, the oldest first.
  std::deque<entry> take_matching(std::string_view topic_filter);
  // A new connection. With the session those of QoS 1 and 2 come again; without it nobody waits for
  // their acknowledgement.
  void link_up(bool session_present);
  void clear() noexcept;

  bool empty() const noexcept { return all_.empty(); }
  std::optional<time_point> next_deadline() const noexcept;

 private:
  std::deque<entry> all_;
  std::size_t cost_ = 0;
};

}  // namespace parley::detail
