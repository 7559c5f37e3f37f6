// Numeric addresses and endpoints: what is read, what is refused, what is printed.
#include <gtest/gtest.h>
#include <parley/core/net/address.hpp>
#include <parley/core/net/endpoint.hpp>

#include <string>
#include <utility>
#include <vector>

namespace parley {
namespace {

// What parse_ip makes of a text, printed; or "refused".
std::string ip(std::string_view text) {
  const auto parsed = address::parse_ip(text, 1);
  return parsed ? parsed->to_string() : "refused";
}

TEST(address, reads_ipv4_in_one_way_only) {
  EXPECT_EQ(ip("127.0.0.1"), "127.0.0.1:1");
  EXPECT_EQ(ip("0.0.0.0"), "0.0.0.0:1");
  EXPECT_EQ(ip("255.255.255.255"), "255.255.255.255:1");
  for (const std::string_view bad :
       {"", "1", "127.1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1",
        "0177.0.0.1", "00.0.0.0", "0x7f.0.0.1", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4", "-1.2.3.4",
        "1.2.3.4x", "1.2.3.99999999999", "localhost"}) {
    EXPECT_EQ(ip(bad), "refused") << bad;
  }
}

TEST(address, prints_ipv6_in_the_form_of_rfc_5952) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"::", "[::]:1"},
      {"::1", "[::1]:1"},
      {"1::", "[1::]:1"},
      {"2001:0DB8:0:0:0:0:0:1", "[2001:db8::1]:1"},
      {"2001:db8::0:1", "[2001:db8::1]:1"},
      {"2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:1"},  // one group is not shortened
      {"2001:0:0:1:0:0:0:1", "[2001:0:0:1::1]:1"},           // the longest run
      {"2001:db8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:1"},     // the first of equals
      {"1:2:3:4:5:6:0:0", "[1:2:3:4:5:6::]:1"},
      {"0:0:3:4:5:6:7:8", "[::3:4:5:6:7:8]:1"},
      {"1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:1"},
      {"::ffff:192.0.2.1", "[::ffff:192.0.2.1]:1"},
      {"::192.0.2.1", "[::c000:201]:1"},
      {"64:ff9b::192.0.2.33", "[64:ff9b::c000:221]:1"},
      {"1:2:3:4:5:6:1.2.3.4", "[1:2:3:4:5:6:102:304]:1"},
      {"fe80::1%3", "[fe80::1%3]:1"},
      {"ABCD:EF01::", "[abcd:ef01::]:1"},
  };
  for (const auto& [text, printed] : cases) EXPECT_EQ(ip(text), printed) << text;
}

TEST(address, refuses_what_is_no_ipv6) {
  for (const std::string_view bad : {":",
                                     ":::",
                                     "1:",
                                     ":1",
                                     "1:2:3:4:5:6:7",
                                     "1:2:3:4:5:6:7:8:9",
                                     "1::2::3",
                                     "::1:",
                                     ":1::",
                                     "12345::",
                                     "g::",
                                     "1:2:3:4:5:6:7:1.2.3.4",
                                     "1.2.3.4::",
                                     "::1.2.3",
                                     "::1.2.3.4:5",
                                     "1:2:3:4::5:6:7:8",
                                     "[::1]",
                                     "::1%",
                                     "::1%eth0",
                                     "::1%-1",
                                     "::1%4294967296",
                                     ":: 1"}) {
    EXPECT_EQ(ip(bad), "refused") << bad;
  }
}

TEST(address, reads_back_what_it_prints) {
  std::string abstract_name("\0name", 5);
  for (const address& a :
       {address::v4({192, 0, 2, 7}, 6379), address::v6({0xFE, 0x80}, 65535, 4), address::v6({}, 0),
        address::local("/run/redis.sock"), address::local(abstract_name)}) {
    const auto again = address::parse(a.to_string());
    ASSERT_TRUE(again) << a.to_string();
    EXPECT_EQ(*again, a) << a.to_string();
  }
  EXPECT_EQ(address::local(abstract_name).to_string(), "unix:@name");
}

TEST(address, parse_wants_a_port_and_brackets_in_their_place) {
  for (const std::string_view bad :
       {"127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "[127.0.0.1]:80",
        "[::1]80", "[::1:80", "unix:", "host:80", "127.0.0.1:080"}) {
    const auto parsed = address::parse(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error(), errc::invalid_argument);
  }
}

TEST(address, compares_by_family_port_and_number) {
  const address a = address::v4({10, 0, 0, 1}, 1);
  EXPECT_EQ(a, address::v4({10, 0, 0, 1}, 1));
  EXPECT_NE(a, a.with_port(2));
  EXPECT_LT(a, address::v4({10, 0, 0, 2}, 1));
  EXPECT_NE(address::v6({1}, 1, 1), address::v6({1}, 1, 2));
  EXPECT_EQ(address::local("/a").with_port(7), address::local("/a"));
}

TEST(address, knows_loopback) {
  EXPECT_TRUE(address::v4({127, 9, 9, 9}, 0).is_loopback());
  EXPECT_FALSE(address::v4({128, 0, 0, 1}, 0).is_loopback());
  EXPECT_TRUE(address::parse_ip("::1", 0)->is_loopback());
  EXPECT_FALSE(address::parse_ip("::2", 0)->is_loopback());
  EXPECT_TRUE(address::local("/x").is_loopback());
  EXPECT_EQ(address::v4({1, 2, 3, 4}, 0).ip().size(), 4U);
  EXPECT_EQ(address::v6({}, 0).ip().size(), 16U);
  EXPECT_TRUE(address::local("/x").ip().empty());
}

// --- endpoints

std::string read(std::string_view text) {
  const auto parsed = endpoint::parse(text, 6379);
  return parsed ? parsed->to_string() : "refused";
}

TEST(endpoint, reads_hosts_ports_and_paths) {  // S21 S22
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"localhost", "localhost:6379"},
      {"localhost:7000", "localhost:7000"},
      {"127.0.0.1:0", "127.0.0.1:0"},
      {"::1", "[::1]:6379"},
      {"[::1]", "[::1]:6379"},
      {"[::1]:7000", "[::1]:7000"},
      {"fe80::1%eth0", "[fe80::1%eth0]:6379"},
      {"[fe80::1%eth0]:1", "[fe80::1%eth0]:1"},
      {"/run/redis.sock", "unix:/run/redis.sock"},
      {"unix:relative.sock", "unix:relative.sock"},
      {"unix:@name", "unix:@name"},
  };
  for (const auto& [text, printed] : cases) EXPECT_EQ(read(text), printed) << text;
}

TEST(endpoint, refuses_what_cannot_be_meant) {
  for (const std::string_view bad : {"", ":6379", "host:", "host:x", "host:65536", "host:-1",
                                     "[::1", "[]:1", "[host]:1", "[::1]x", "[::1]7000", "ho st",
                                     "host/0", "a:b:c", "user@host", "unix:", "unix", "host\n"}) {
    EXPECT_EQ(read(bad), "refused") << bad;
  }
}

TEST(endpoint, errors_show_no_password) {
  for (const std::string_view text : {"user:hunter2@host:6379", "hunter2@host@host"}) {
    const auto parsed = endpoint::parse(text);
    ASSERT_FALSE(parsed);
    EXPECT_FALSE(parsed.error().to_string().contains("hunter2")) << text;
    EXPECT_FALSE(address::parse(text).error().to_string().contains("hunter2")) << text;
  }
}

TEST(endpoint, numeric_ones_need_no_resolver) {
  EXPECT_EQ(endpoint("127.0.0.1", 1).numeric(), address::v4({127, 0, 0, 1}, 1));
  EXPECT_EQ(endpoint("localhost", 1).numeric(), std::nullopt);
  EXPECT_EQ(endpoint("fe80::1%eth0", 1).numeric(), std::nullopt);
  EXPECT_EQ(endpoint::local("/s").numeric(), address::local("/s"));
  for (const std::string_view text : {"10.1.2.3:4", "[fe80::1%7]:9", "unix:/s"}) {
    const auto from = address::parse(text);
    ASSERT_TRUE(from);
    EXPECT_EQ(endpoint(*from).numeric(), *from) << text;
  }
}

}  // namespace
}  // namespace parley
