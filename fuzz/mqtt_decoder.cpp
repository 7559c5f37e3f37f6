// The decoder of MQTT, in both versions and roles, at once and in pieces: the packets and the fault
// must be the same. What was decoded is encoded, and decodes to the same.
//
// Input: one byte chooses the role, the version and the limits, one the largest piece; the rest is
// the stream, whose own bytes choose the cuts.
#include <cstdint>
#include <parley/codecs/mqtt/encoder.hpp>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <parley/codecs/mqtt/topic.hpp>
#include <parley/core/api/topics.hpp>
#include <parley/core/text/kernels.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/mqtt_feed.hpp"
#include "support/mqtt_printer.hpp"
#include "support/reader.hpp"

namespace {

using namespace parley;
using fuzz::must;
using test::mqtt_stream;

constexpr std::size_t largest_input = 32 * 1024;

mqtt_stream choose(std::uint8_t kind) {
  mqtt_stream s;
  if ((kind & 1) != 0) s.own = mqtt::role::client;
  if ((kind & 2) != 0) s.version = mqtt::version::v3_1_1;
  s.opening = (kind & 4) != 0;
  if ((kind & 8) != 0) s.bounds.maximum_packet = 100;
  if ((kind & 16) != 0) s.bounds.topic_levels = 3;
  return s;
}

std::string text_of(const mqtt::packet& p) {
  test::mqtt_printer printer;
  std::visit(printer, p);
  return printer.log;
}

// The rules of text, by the plain functions.
void check_text(std::string_view text) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  must(text::detail::scalar::valid_utf8(data, text.size()));
  must(text.find('\0') == std::string_view::npos);
}

void check_topics(const mqtt::packet& p) {
  if (const auto* m = std::get_if<mqtt::publish>(&p)) {
    check_text(m->topic);
    must(m->topic.empty() ? m->props.has(mqtt::property::topic_alias) : is_topic_name(m->topic));
  } else if (const auto* s = std::get_if<mqtt::subscribe>(&p)) {
    must(!s->filters.empty());
    for (const mqtt::subscription& each : s->filters) {
      check_text(each.filter);
      must(is_topic_filter(each.filter));
    }
  } else if (const auto* u = std::get_if<mqtt::unsubscribe>(&p)) {
    for (const std::string_view filter : u->filters) must(is_topic_filter(filter));
  }
}

// Properties that are written anew, one by one, are the same bytes; and none is found that is not
// there.
void check_properties(const mqtt::properties& all, mqtt::property_place where, mqtt::role sender) {
  std::vector<std::byte> room(all.block().size() + 8);
  const auto again = mqtt::property_writer(room, where, sender).add_all(all).finish();
  must(again.has_value());
  must(as_text(again->block()) == as_text(all.block()));
  for (unsigned id = 0; id < 64; ++id) {
    const auto p = static_cast<mqtt::property>(id);
    bool there = false;
    for (const mqtt::property_value& v : all) there = there || v.id == p;
    if (id != 0) must(there == all.has(p));
    must(there || (!all.number(p) && !all.text(p) && !all.bytes(p)));
  }
}

template <class Packet>
void check_properties_of(const Packet& p, mqtt::packet_type type, mqtt::role sender) {
  if constexpr (requires { p.props; }) check_properties(p.props, place_of(type), sender);
}

void check_again(const mqtt::packet& p, const mqtt_stream& stream, mqtt::version spoken) {
  const mqtt::role sender = peer_of(stream.own);
  std::visit([&](const auto& what) { check_properties_of(what, type_of(p), sender); }, p);
  std::vector<std::byte> room(largest_input + 16);
  const mqtt::encoder encoder(sender, spoken);
  const auto size = encoder.encode(room, p);
  must(size.has_value());
  const byte_view bytes = std::span(room).first(*size);
  mqtt_stream same = stream;
  same.version = spoken;
  same.bounds = {};
  const std::vector<std::size_t> no_cuts;
  bool opens = type_of(p) == mqtt::packet_type::connect || type_of(p) == mqtt::packet_type::connack;
  same.opening = opens;
  test::mqtt_feeder feeder(same, no_cuts, as_text(bytes));
  std::size_t count = 0;
  const auto ending = feeder.run([&](const mqtt::packet& heard) {
    must(text_of(heard) == text_of(p));
    ++count;
    // It is the shortest form, which stays as it is.
    std::vector<std::byte> third(*size);
    must(encoder.encode(third, heard) == size);
    must(as_text(third) == as_text(bytes));
  });
  must(ending == test::mqtt_ending::end && count == 1);
}

std::string read(const mqtt_stream& stream, const std::vector<std::size_t>& cuts,
                 std::string_view input, test::guarded& guard, bool thorough) {
  std::string log;
  test::mqtt_feeder feeder(stream, cuts, input, &guard);
  const auto ending = feeder.run([&](const mqtt::packet& p) {
    log += text_of(p);
    if (!thorough) return;
    check_topics(p);
    check_again(p, stream, feeder.decoder.version());
  });
  log += static_cast<char>('0' + static_cast<int>(ending));
  if (const auto why = feeder.decoder.fault()) log += describe(*why).name;
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > largest_input) return 0;
  const mqtt_stream stream = choose(data[0]);
  const std::size_t largest = data[1] + 1u;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  static test::guarded guard(largest_input);

  std::vector<std::size_t> pieces;
  for (std::size_t end = 0; end < input.size();) {
    end += static_cast<std::uint8_t>(input[end]) % largest + 1u;
    if (end < input.size()) pieces.push_back(end);
  }
  const std::string whole = read(stream, {}, input, guard, true);
  must(read(stream, pieces, input, guard, false) == whole);
  const std::size_t levels = text::detail::level_count();
  for (const std::size_t level : {levels - 1, levels}) {
    text::detail::use_level(level);
    must(read(stream, pieces, input, guard, false) == whole);
  }
  return 0;
}
