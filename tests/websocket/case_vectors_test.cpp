// The cases that other implementations are measured by, as data: a server of ours against a client
// by hand, and a client of ours against such a server. What is compressed is in
// deflate_case_vectors_test.cpp.
#include <set>

#include "websocket/cases.hpp"

namespace parley::test {
namespace {

// Plays a case with a machine that is open.
template <class M>
void play(const websocket_case& c, case_player<M>& player, raw_websocket& peer) {
  const case_script script = script_of(c, peer);
  std::vector<std::string> answers;
  const auto read = [&] {
    for (std::string& line : peer.read(player.sent())) answers.push_back(std::move(line));
  };
  std::string together;
  for (const case_script::step& s : script.steps) {
    if (c.portion != 0 || c.by_frames || s.mark != 0) {
      player.feed(s.bytes, c.portion);
      read();
    } else {
      together += s.bytes;
    }
    if (s.mark == 0) continue;
    EXPECT_EQ(player.has_failed(), s.mark == '!');
    EXPECT_EQ(answers.empty(), s.mark == '|');
  }
  player.feed(together, 0);
  read();
  const bool is_ended = !script.failure.empty() ||
                        (!script.answers.empty() && script.answers.back().starts_with("close"));
  if (!is_ended) {
    player.feed(peer.close(), 0);
    read();
  }
  std::vector<std::string> due = script.answers;
  if (!is_ended) due.emplace_back("close 1000");
  EXPECT_EQ(player.has_failed(), !script.failure.empty());
  if (!script.failure.empty()) {
    ASSERT_FALSE(answers.empty());
    EXPECT_EQ(answers.back().substr(0, 10), "close " + script.failure);
    answers.pop_back();
  }
  EXPECT_EQ(answers, due);
  EXPECT_FALSE(player.is_closed());
  player.feed_eof();
  EXPECT_TRUE(player.is_closed());
  // Of those that were due.
  const auto echoed = std::count_if(due.begin(), due.end(), [](const std::string& line) {
    return line.starts_with("text") || line.starts_with("binary");
  });
  ASSERT_EQ(peer.messages.size(), static_cast<std::size_t>(echoed));
  for (std::size_t i = 0; i < peer.messages.size(); ++i) {
    EXPECT_TRUE(peer.messages[i] == script.messages[i]) << i;
  }
}

websocket::connection_limits large_messages() {
  websocket::connection_limits l = quiet();
  l.max_size = std::uint64_t{16} << 20;
  l.max_output = std::size_t{64} << 20;
  return l;
}

class websocket_case_vector : public ::testing::TestWithParam<websocket_case> {};

TEST_P(websocket_case_vector, our_server) {
  websocket::server_settings settings;
  settings.connection = large_messages();
  settings.handshake.deflate.enabled = false;
  websocket::server machine(settings);
  machine.start(time_point(1h));
  case_player player(machine);
  player.feed(case_request({}), 0);
  ASSERT_TRUE(player.sent().starts_with("HTTP/1.1 101 "));
  raw_websocket peer(role::client);
  play(GetParam(), player, peer);
}

TEST_P(websocket_case_vector, our_client) {
  websocket::client_settings settings;
  settings.connection = large_messages();
  settings.handshake.deflate.enabled = false;
  counting_source random;
  websocket::client machine(settings, "a", "/", random);
  machine.start(time_point(1h));
  case_player player(machine);
  (void)machine.next_event();
  player.feed(case_response(player.sent(), settings.handshake.deflate), 0);
  ASSERT_TRUE(machine.is_open());
  raw_websocket peer(role::server);
  play(GetParam(), player, peer);
}

INSTANTIATE_TEST_SUITE_P(all, websocket_case_vector, ::testing::ValuesIn(load_websocket_cases()),
                         [](const auto& p) { return case_name(p.param.id); });

// Nobody shall have to look for one: with the 216 that are compressed there are 517.
TEST(websocket_cases, all_are_there) {
  std::set<std::string> ids;
  for (const websocket_case& c : load_websocket_cases()) EXPECT_TRUE(ids.insert(c.id).second);
  EXPECT_EQ(ids.size(), 301U);
  const auto count = [&](const std::string& group) {
    return std::count_if(ids.begin(), ids.end(),
                         [&](const std::string& id) { return id.starts_with(group + "."); });
  };
  const std::pair<const char*, int> groups[] = {{"1", 16}, {"2", 11}, {"3", 7},
                                                {"4", 10}, {"5", 20}, {"6", 145},
                                                {"7", 37}, {"9", 54}, {"10", 1}};
  for (const auto& [group, due] : groups) EXPECT_EQ(count(group), due) << group;
}

}  // namespace
}  // namespace parley::test
