#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <parley/adapters/cli/demo_scenarios.hpp>

namespace parley::demo {
namespace {

constexpr std::uint32_t topics = 4;  // where a scenario has several

// --- where ------------------------------------------------------------------------

std::string one_topic(serial) { return "demo.events"; }
std::string topic_by_number(serial s) { return fmt::format("demo.news.{}", s.number % topics); }

// --- JSON -------------------------------------------------------------------------

value json_content(serial s) {
  value v = fields("publisher", s.publisher, "number", s.number, "type", "update", "text",
                   fmt::format("message {} \"quoted\" \xC3\xA4\n", s.number), "half",
                   s.number + 0.5, "big", std::uint64_t{1} << 63, "tags",
                   array("a", nullptr, true, array(s.number, fields("deep", -1))));
  return v;
}

serial identify_json(const message& m) {
  const value& v = m.value();
  return {v["publisher"].to<std::uint32_t>().value_or(~0U),
          v["number"].to<std::uint32_t>().value_or(~0U)};
}

// --- bytes ------------------------------------------------------------------------

// Eight bytes that say which it is, and then all sorts: zeros, line breaks, what is
// no UTF-8.
value bytes_of_size(serial s, std::size_t size) {
  std::string all(8 + size, '\0');
  std::memcpy(all.data(), &s.publisher, 4);
  std::memcpy(all.data() + 4, &s.number, 4);
  std::uint64_t state = (std::uint64_t{s.publisher} << 32 | s.number) + 1;
  for (std::size_t i = 8; i < all.size(); i += 8) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const std::uint64_t mixed = state ^ (state >> 29);  // the low bits alone are regular
    std::memcpy(all.data() + i, &mixed, std::min<std::size_t>(8, all.size() - i));
  }
  return value::from_bytes(as_bytes(all));
}

value small_bytes(serial s) { return bytes_of_size(s, s.number % 97); }
value large_bytes(serial s) { return bytes_of_size(s, std::size_t{1} << 20); }

serial identify_bytes(const message& m) {
  serial s{~0U, ~0U};
  if (m.payload().size() < 8) return s;
  std::memcpy(&s.publisher, m.payload().data(), 4);
  std::memcpy(&s.number, m.payload().data() + 4, 4);
  return s;
}

constexpr std::array<scenario, 9> all{{
    {"channel, JSON", "", "", 1, 5000, 1, false, one_topic, json_content, identify_json},
    {"channel, binary", "", "", 1, 5000, 1, false, one_topic, small_bytes, identify_bytes},
    {"pattern, JSON", "", "", 1, 5000, 1, true, topic_by_number, json_content, identify_json},
    {"pattern, binary", "", "", 1, 5000, 1, true, topic_by_number, small_bytes, identify_bytes},
    {"4 publishers, JSON", "", "", 4, 1250, 1, false, one_topic, json_content, identify_json},
    {"4 channels, 4 callbacks", "", "", 2, 2500, topics, false, topic_by_number, small_bytes,
     identify_bytes},
    {"binary of 1 MiB", "", "", 1, 32, 1, false, one_topic, large_bytes, identify_bytes},
    {"RESP2, JSON", "", "protocol=2", 1, 5000, 1, true, topic_by_number, json_content,
     identify_json},
    {"Unix socket, JSON", "unix", "", 1, 5000, 1, false, one_topic, json_content, identify_json},
}};

bool same_content(const value& sent, const message& m) {
  if (!sent.is_bytes()) return m.value() == sent;
  return as_text(sent.bytes()) == m.text();
}

}  // namespace

std::span<const scenario> scenarios() { return all; }

std::string subscription_name(const scenario& s, std::uint32_t index) {
  if (s.pattern) return "demo.new?.*";
  return s.topic({0, index});
}

bool is_right(const scenario& s, std::uint32_t subscription, serial which, const message& m) {
  const std::string name = subscription_name(s, subscription);
  if (m.topic() != s.topic(which)) return false;
  if (m.pattern() != (s.pattern ? name : "")) return false;
  if (!s.pattern && m.topic() != name) return false;
  return same_content(s.content(which), m);
}

}  // namespace parley::demo
