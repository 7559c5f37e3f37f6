// Feeds the MQTT decoder as a connection would, in any pieces, and hands on each packet.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <parley/codecs/mqtt/decoder.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/guarded.hpp"

namespace parley::test {

// What a stream is to a decoder.
struct mqtt_stream {
  mqtt::role own = mqtt::role::server;
  mqtt::version version = mqtt::version::v5;
  mqtt::limits bounds = {};
  bool opening = false;  // the stream begins with CONNECT or CONNACK; else those were before it
};

enum class mqtt_ending : std::uint8_t { end, more, failed };

// The smallest CONNECT or CONNACK that opens such a stream.
inline std::string mqtt_opening(const mqtt_stream& s) {
  using namespace std::string_literals;
  const bool v5 = s.version == mqtt::version::v5;
  if (s.own == mqtt::role::client) return v5 ? "\x20\x03\0\0\0"s : "\x20\x02\0\0"s;
  return v5 ? "\x10\x0d\0\4MQTT\5\2\0\0\0\0\0"s : "\x10\x0c\0\4MQTT\4\2\0\0\0\0"s;
}

class mqtt_feeder {
 public:
  // `cuts` are places in the input. With `guard`, which has room for the input, that of each call
  // ends at a page without access.
  mqtt_feeder(const mqtt_stream& stream, const std::vector<std::size_t>& cuts,
              std::string_view input, guarded* guard = nullptr)
      : decoder(stream.own, stream.version, stream.bounds),
        cuts_(cuts),
        input_(input),
        guard_(guard) {
    if (stream.opening) return;
    mqtt::packet p;
    const std::string first = mqtt_opening(stream);
    // Tests of limits leave room for these few bytes.
    require(decoder.decode(as_bytes(first), p).status == mqtt::decode_status::ok);
  }

  // Calls `visit(packet)` for each, whose views are valid meanwhile.
  template <class Visit>
  mqtt_ending run(Visit&& visit) {
    std::size_t begin = 0;
    for (const std::size_t cut : cuts_) {
      const std::size_t end = std::clamp(cut, begin, input_.size());
      if (!feed(input_.substr(begin, end - begin), visit)) return mqtt_ending::failed;
      begin = end;
    }
    if (!feed(input_.substr(begin), visit)) return mqtt_ending::failed;
    return rest_.empty() ? mqtt_ending::end : mqtt_ending::more;
  }

  mqtt::decoder decoder;

 private:
  static void require(bool holds) {
    if (!holds) std::abort();
  }

  template <class Visit>
  bool feed(std::string_view piece, Visit& visit) {
    rest_ += piece;
    for (;;) {
      mqtt::packet p;
      const byte_view in = guard_ == nullptr ? as_bytes(rest_) : guard_->put(rest_);
      const mqtt::decode_result r = decoder.decode(in, p);
      require(r.consumed <= rest_.size());
      if (r.status == mqtt::decode_status::failed) {
        require(r.consumed == 0 && decoder.fault().has_value());
        return false;
      }
      if (r.status == mqtt::decode_status::need_data) {
        // What is asked for is never there already, and one byte less never suffices.
        require(r.consumed == 0 && r.need != 0);
        return true;
      }
      require(r.consumed >= 2 && p.index() != 0);
      visit(std::as_const(p));
      rest_.erase(0, r.consumed);
    }
  }

  const std::vector<std::size_t>& cuts_;
  std::string_view input_;
  guarded* guard_;
  std::string rest_;
};

}  // namespace parley::test
