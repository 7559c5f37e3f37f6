#include "support/mqtt_log.hpp"

#include <gtest/gtest.h>

#include <parley/codecs/mqtt/encoder.hpp>
#include <sstream>

#include "support/mqtt_printer.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

bool take_limit(std::string_view name, std::uint32_t value, mqtt::limits& bounds) {
  if (name == "maximum_packet") {
    bounds.maximum_packet = value;
  } else if (name == "maximum_connect") {
    bounds.maximum_connect = value;
  } else if (name == "topic_levels") {
    bounds.topic_levels = value;
  } else {
    return false;
  }
  return true;
}

}  // namespace

mqtt_options parse_mqtt_options(std::string_view block) {
  mqtt_options all;
  std::istringstream lines{std::string(block)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, name;
    std::uint32_t value = 0;
    words >> word >> name >> value;
    bool good = true;
    if (line == "role client") {
      all.stream.own = mqtt::role::client;
    } else if (line == "version 3.1.1") {
      all.stream.version = mqtt::version::v3_1_1;
    } else if (line == "opening") {
      all.stream.opening = true;
    } else if (line == "not_canonical") {
      all.canonical = false;
    } else {
      good = word == "limit" && take_limit(name, value, all.stream.bounds);
    }
    EXPECT_TRUE(good) << line;
  }
  return all;
}

std::string mqtt_text(const mqtt::packet& p) {
  mqtt_printer all{escape};
  std::visit(all, p);
  return all.log;
}

std::string mqtt_log(const mqtt_stream& stream, const std::vector<std::size_t>& cuts,
                     std::string_view input, guarded* guard) {
  std::string log;
  mqtt_feeder feeder(stream, cuts, input, guard);
  switch (feeder.run([&](const mqtt::packet& p) { log += mqtt_text(p); })) {
    case mqtt_ending::end:
      return log + "END\n";
    case mqtt_ending::more:
      return log + "MORE\n";
    case mqtt_ending::failed:
      break;
  }
  const mqtt::errc why = *feeder.decoder.fault();
  return log + "fail " + std::string(describe(why).name) + ' ' +
         std::string(to_string(mqtt::reason_code_of(why))) + '\n';
}

std::string mqtt_encoded(const mqtt_stream& stream, std::string_view input) {
  std::string bytes;
  const std::vector<std::size_t> no_cuts;
  mqtt_feeder feeder(stream, no_cuts, input);
  feeder.run([&](const mqtt::packet& p) {
    const mqtt::encoder encoder(peer_of(stream.own), feeder.decoder.version());
    guarded room(input.size() + 16);
    // As much as it says, to the last byte.
    const auto size = encoder.encode(room.room(input.size() + 16), p);
    EXPECT_TRUE(size.has_value()) << (size ? "" : size.error().to_string()) << mqtt_text(p);
    if (!size) return;
    const auto exact = room.room(*size);
    EXPECT_TRUE(encoder.encode(exact, p).has_value());
    bytes += as_text(exact);
    EXPECT_TRUE(*size == 0 || !encoder.encode(room.room(*size - 1), p).has_value());
  });
  return bytes;
}

}  // namespace parley::test
