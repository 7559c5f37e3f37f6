// URIs as configuration: every part, every fault with its place, and no password
// in anything that is printed.
#include <gtest/gtest.h>
#include <parley/core/net/uri.hpp>

#include <string>
#include <vector>

namespace parley {
namespace {

TEST(uri, reads_every_part) {  // S21 S22 S23 S24 S25
  const auto u = uri::parse("redis://user:pa%40ss@Host.Example:6380/0?x=y&z#part");
  ASSERT_TRUE(u) << u.error().to_string();
  EXPECT_EQ(u->scheme(), "redis");
  EXPECT_EQ(u->user(), "user");
  EXPECT_EQ(u->password().reveal(), "pa@ss");
  EXPECT_EQ(u->host(), "host.example");
  EXPECT_EQ(u->port(), 6380);
  EXPECT_EQ(u->path(), "/0");
  EXPECT_EQ(u->parameter("x"), "y");
  EXPECT_EQ(u->parameter("z"), "");
  EXPECT_EQ(u->parameter("q"), std::nullopt);
  EXPECT_EQ(u->fragment(), "part");
  EXPECT_EQ(u->where(1)->to_string(), "host.example:6380");
}

TEST(uri, takes_the_default_port) {
  for (const std::string_view text : {"mqtt://h", "mqtts://h:", "http://h/", "wss://h?a=b"}) {
    const auto u = uri::parse(text);
    ASSERT_TRUE(u) << text;
    EXPECT_EQ(u->port(), std::nullopt);
    EXPECT_EQ(u->where(1883)->port(), 1883) << text;
    EXPECT_FALSE(u->is_local());
  }
}

TEST(uri, tells_an_empty_user_or_password_from_none) {
  const auto none = uri::parse("redis://h");
  const auto user = uri::parse("redis://u@h");
  const auto empty = uri::parse("redis://:@h");
  const auto password = uri::parse("redis://:p:w@h");
  EXPECT_FALSE(none->has_user() || none->has_password());
  EXPECT_TRUE(user->has_user() && !user->has_password());
  EXPECT_TRUE(empty->has_password() && empty->password().empty());
  EXPECT_EQ(password->password().reveal(), "p:w");
}

TEST(uri, reads_ipv6_in_brackets) {
  const auto u = uri::parse("redis://[2001:DB8::1]:7000/1");
  ASSERT_TRUE(u);
  EXPECT_EQ(u->host(), "2001:db8::1");
  EXPECT_EQ(u->where(1)->to_string(), "[2001:db8::1]:7000");
  EXPECT_EQ(u->to_string(), "redis://[2001:db8::1]:7000/1");
  const auto scoped = uri::parse("redis://[fe80::1%25eth0]/");
  ASSERT_TRUE(scoped);
  EXPECT_EQ(scoped->host(), "fe80::1%eth0");
  EXPECT_EQ(scoped->to_string(), "redis://[fe80::1%25eth0]/");
}

TEST(uri, keeps_the_zone_of_an_ipv6_address) {
  const auto alias = uri::parse("redis://[FE80::A%25Eth0%3A1]:1");
  ASSERT_TRUE(alias) << alias.error().to_string();
  EXPECT_EQ(alias->host(), "fe80::a%Eth0:1");
  EXPECT_EQ(alias->to_string(), "redis://[fe80::a%25Eth0%3A1]:1");
  for (const auto* bad : {"redis://[fe80::1%25]:1", "redis://[fe80::1%251%20]:1",
                          "redis://[fe80::1%25a%2Fb]", "redis://[fe80::1%25a%25b]"}) {
    const auto u = uri::parse(bad);
    ASSERT_FALSE(u) << bad;
    EXPECT_TRUE(u.error().to_string().contains("no name of an interface"));
  }
}

TEST(uri, reads_socket_paths) {
  const auto redis = uri::parse("redis+unix:///run/my%20redis.sock?db=1");
  ASSERT_TRUE(redis) << redis.error().to_string();
  EXPECT_TRUE(redis->is_local());
  EXPECT_EQ(redis->protocol(), "redis");
  EXPECT_EQ(redis->where(6379)->path(), "/run/my redis.sock");
  EXPECT_EQ(redis->parameter("db"), "1");

  EXPECT_EQ(uri::parse("grpc+unix:/tmp/vyra.sock")->where(0)->path(), "/tmp/vyra.sock");
  EXPECT_EQ(uri::parse("unix:relative.sock")->where(0)->path(), "relative.sock");
  EXPECT_EQ(uri::parse("unix:@name")->where(0)->path(), std::string("\0name", 5));
  EXPECT_EQ(uri::parse("unix:/x")->protocol(), "unix");

  const auto login = uri::parse("redis+unix://user:secret@/run/redis.sock");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->user(), "user");
  EXPECT_EQ(login->to_string(), "redis+unix://user:***@/run/redis.sock");
}

TEST(uri, keeps_the_target_as_it_was_written) {
  EXPECT_EQ(uri::parse("http://h")->target(), "/");
  EXPECT_EQ(uri::parse("http://h?q=1")->target(), "/?q=1");
  EXPECT_EQ(uri::parse("http://h/a%2Fb/../c?x=%20+y&&#z")->target(), "/a%2Fb/../c?x=%20+y&&");
  EXPECT_EQ(uri::parse("http://h/a%2Fb")->path(), "/a/b");
  EXPECT_EQ(uri::parse("http://h/?")->target(), "/?");
}

TEST(uri, splits_parameters_and_leaves_plus_alone) {
  const auto u = uri::parse("ws://h/?a=1&b=x+y%2B&&a=2&=v&c=d=e");
  ASSERT_TRUE(u);
  ASSERT_EQ(u->parameters().size(), 5U);
  EXPECT_EQ(u->parameter("a"), "2");  // the last one counts
  EXPECT_EQ(u->parameter("b"), "x+y+");
  EXPECT_EQ(u->parameter(""), "v");
  EXPECT_EQ(u->parameter("c"), "d=e");
}

struct fault {
  std::string_view text;
  std::string_view message;
};

TEST(uri, faults_say_where_and_what) {
  const std::vector<fault> cases = {
      {"", "URI, character 1: a scheme such as redis:// must come first"},
      {"//h", "URI, character 1: a scheme such as redis:// must come first"},
      {"localhost", "URI, character 1: a scheme such as redis:// must come first"},
      {"1redis://h", "URI, character 1: a scheme such as redis:// must come first"},
      {"re_dis://h", "URI, character 1: a scheme such as redis:// must come first"},
      {"localhost:6379", "URI, character 11: // must follow the scheme"},
      {"redis:h", "URI, character 7: // must follow the scheme"},
      {"redis:/h", "URI, character 7: // must follow the scheme"},
      {"redis://h x", "URI, character 10: this character must be percent-encoded"},
      {"redis://h/\xC3\xA9", "URI, character 11: this character must be percent-encoded"},
      {"redis://h/%4", "URI, character 11: two hexadecimal digits must follow %"},
      {"redis://h/%", "URI, character 11: two hexadecimal digits must follow %"},
      {"redis://h/%zz", "URI, character 11: two hexadecimal digits must follow %"},
      {"redis://h/a%00b", "URI, character 12: %00 is not accepted"},
      {"redis://u:p@q@h", "URI, character 12: more than one @ before the host"},
      {"redis://h:x", "URI, character 10: the port must be a number from 0 to 65535"},
      {"redis://h:65536", "URI, character 10: the port must be a number from 0 to 65535"},
      {"redis://h:-1", "URI, character 10: the port must be a number from 0 to 65535"},
      {"redis://:6379", "URI, character 9: a port, but no host before it"},
      {"redis://[::1", "URI, character 9: no ] after ["},
      {"redis://[::g]", "URI, character 9: no IPv6 address in the brackets"},
      {"redis://[1.2.3.4]", "URI, character 9: no IPv6 address in the brackets"},
      {"redis://[v1.x]", "URI, character 9: no IPv6 address in the brackets"},
      {"redis://[::1]6379", "URI, character 14: the port must be a number from 0 to 65535"},
      {"redis://a%2Fb", "URI, character 9: the host name has a character that none may have"},
      {"redis://h[1]", "URI, character 9: the host name has a character that none may have"},
      {"redis+unix://run/redis.sock", "URI, character 14: a socket path has no host"},
      {"unix:", "URI, character 6: the path of the socket is missing"},
      {"redis+unix://?db=1", "URI, character 19: the path of the socket is missing"},
  };
  for (const fault& each : cases) {
    const auto u = uri::parse(each.text);
    ASSERT_FALSE(u) << each.text;
    EXPECT_EQ(u.error(), errc::invalid_argument);
    EXPECT_EQ(u.error().message(), each.message) << each.text;
  }
}

TEST(uri, has_a_longest_length) {
  const std::string longest = "http://h/" + std::string(uri::max_size - 9, 'a');
  EXPECT_TRUE(uri::parse(longest));
  EXPECT_FALSE(uri::parse(longest + "a"));
}

TEST(uri, without_a_host_there_is_nowhere_to_go) {
  const auto u = uri::parse("redis:///0");  // the provider's default host applies
  ASSERT_TRUE(u);
  EXPECT_EQ(u->host(), "");
  EXPECT_EQ(u->where(6379).error(), errc::invalid_argument);
  EXPECT_TRUE(uri::parse("redis://:pw@/0"));
}

TEST(uri, never_prints_a_password) {
  const std::vector<std::string_view> cases = {
      "redis://user:hunter2@h:1/0",
      "redis://:hunter2@h",
      "redis://h/0?password=hunter2&db=1",
      "redis://h/?PassWord=hunter2",
      "https://h/?access_token=hunter2",
      "mqtt://h?client_secret=hunter2",
      "redis://user:12/hunter2@h/0",  // a bare slash in a password reads as a port
      "redis://user:12?hunter2@h/0",
      "redis://user:12#hunter2@h/0",
      "redis://user:hunter2/x@h/0",  // faults must not show it either
      "redis://user:hunter2?x@h/0",
      "redis://user:hunter2#x@h/0",
      "redis://user:hun@hunter2@h/0",
      "redis://user:hunter2%@h",
      "redis://user:hunter2 @h",
      "redis://:99999/hunter2@h",
      "redis://:12/hunter2@h",
      "user:hunter2@h",
  };
  for (const std::string_view text : cases) {
    const auto u = uri::parse(text);
    const std::string printed = u ? u->to_string() : u.error().to_string();
    EXPECT_FALSE(printed.contains("hunter2")) << text << " prints " << printed;
  }
  EXPECT_EQ(uri::parse("redis://user:hunter2@h:1/0?db=1&token=x")->to_string(),
            "redis://user:***@h:1/0?db=1&token=***");
  EXPECT_EQ(secret("hunter2").to_string(), "***");
}

TEST(uri, what_it_prints_without_a_secret_reads_back_the_same) {
  for (const std::string_view text :
       {"redis://h", "redis://u@h:1/0?a=b&c=", "mqtts://[::1]:8883", "https://h/a%2Fb?x=%26%3D",
        "redis+unix:///run/a%20b.sock?db=1", "unix:rel", "http://a%21b.c/"}) {
    const auto first = uri::parse(text);
    ASSERT_TRUE(first) << text;
    const auto second = uri::parse(first->to_string());
    ASSERT_TRUE(second) << first->to_string();
    EXPECT_EQ(second->to_string(), first->to_string());
    EXPECT_EQ(second->path(), first->path());
    EXPECT_EQ(second->host(), first->host());
    EXPECT_EQ(second->user(), first->user());
    ASSERT_EQ(second->parameters().size(), first->parameters().size());
    for (std::size_t i = 0; i < first->parameters().size(); ++i) {
      EXPECT_EQ(second->parameters()[i].name, first->parameters()[i].name);
      EXPECT_EQ(second->parameters()[i].value, first->parameters()[i].value);
    }
  }
}

}  // namespace
}  // namespace parley
