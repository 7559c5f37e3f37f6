// How long a packet is, from its first bytes.
#include <gtest/gtest.h>

#include <parley/codecs/mqtt/decoder.hpp>
#include <string>

namespace parley::test {
namespace {

using namespace std::string_view_literals;

TEST(mqtt_packet_size, is_read_from_the_fixed_header) {
  const struct {
    std::string_view begin;
    std::size_t size;
  } cases[] = {
      {"\xd0\0"sv, 2},
      {"\x30\x7f"sv, 129},
      {"\x30\x80\x01"sv, 131},
      {"\x30\xff\x7f"sv, 16'386},
      {"\x30\x80\x80\x01"sv, 16'388},
      {"\x30\xff\xff\xff\x7f"sv, mqtt::largest_packet},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(mqtt::packet_size(as_bytes(c.begin)), c.size) << c.size;
    // What follows means nothing; with a byte less it cannot be said.
    EXPECT_EQ(mqtt::packet_size(as_bytes(std::string(c.begin) + "\xff\xff")), c.size) << c.size;
    const auto less = c.begin.substr(0, c.begin.size() - 1);
    EXPECT_EQ(mqtt::packet_size(as_bytes(less)), 0U) << c.size;
  }
  EXPECT_EQ(mqtt::packet_size({}), 0U);
}

}  // namespace
}  // namespace parley::test
