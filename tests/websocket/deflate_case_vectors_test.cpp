// The cases 12 and 13: compressed messages of five kinds and sizes up to 128 KiB, in frames of
// several sizes, under every agreement that a client may ask for.
#include <set>

#include "websocket/cases.hpp"

namespace parley::test {
namespace {

// What stands behind the group: 13.3.18 is what 12.1.18 is, but for the agreement.
struct shape {
  std::size_t size;
  std::size_t fragment;
};
constexpr shape shapes[] = {
    {16, 0},      {64, 0},      {256, 0},      {1024, 0},      {4096, 0},      {8192, 0},
    {16384, 0},   {32768, 0},   {65536, 0},    {131072, 0},    {8192, 256},    {16384, 256},
    {32768, 256}, {65536, 256}, {131072, 256}, {131072, 1024}, {131072, 4096}, {131072, 32768}};

// What a client asks for. No bits: it does not ask for a window.
struct wish {
  bool no_takeover = false;
  unsigned bits = 0;
};

enum class content : std::uint8_t { json, text, repeated, letters, bytes };

struct deflate_case {
  std::string id;
  shape what;
  content kind = content::json;
  std::vector<wish> wishes{wish{}};
};

std::ostream& operator<<(std::ostream& to, const deflate_case& c) { return to << c.id; }

std::vector<deflate_case> all_cases() {
  const std::vector<std::vector<wish>> offers = {{{false, 0}},
                                                 {{true, 0}},
                                                 {{false, 9}},
                                                 {{false, 15}},
                                                 {{true, 9}},
                                                 {{true, 15}},
                                                 {{true, 9}, {true, 0}, {false, 0}}};
  std::vector<deflate_case> all;
  const auto add = [&](const std::string& group, content kind, const std::vector<wish>& wishes) {
    std::size_t i = 0;
    for (const shape& s : shapes) all.push_back({group + std::to_string(++i), s, kind, wishes});
  };
  for (unsigned i = 0; i < 5; ++i) {
    add("12." + std::to_string(i + 1) + ".", static_cast<content>(i), {wish{}});
  }
  for (std::size_t i = 0; i < offers.size(); ++i) {
    add("13." + std::to_string(i + 1) + ".", content::json, offers[i]);
  }
  return all;
}

std::string offer_text(const std::vector<wish>& wishes) {
  std::string all;
  for (const wish& w : wishes) {
    all += all.empty() ? "" : ", ";
    all += "permessage-deflate; client_max_window_bits";
    if (w.no_takeover) all += "; server_no_context_takeover";
    if (w.bits != 0) all += "; server_max_window_bits=" + std::to_string(w.bits);
  }
  return all;
}

// The n-th message; each is another one.
std::string message_of(const deflate_case& c, unsigned n) {
  std::string all;
  const std::string number = std::to_string(n);
  if (c.kind == content::letters) all = letters(c.what.size, n);
  for (unsigned i = 0; all.size() < c.what.size; ++i) {
    const std::string at = std::to_string(i * 7919 + n);
    switch (c.kind) {
      case content::json:
        all += R"({"id": )" + at + R"(, "name": "item )" + number + R"(", "price": )" + at + "},\n";
        break;
      case content::text:
        all += "\xc3\xa4 \xce\xba\xe1\xbd\xb9 line " + at + "\n";
        break;
      case content::repeated:
        all += "the same words again and again, " + number + ". ";
        break;
      case content::letters:
      case content::bytes:
        all += static_cast<char>((i * i >> 3 ^ n) & 255);
        break;
    }
  }
  all.resize(c.what.size);
  // No character is cut.
  while (c.kind == content::text && !all.empty() && (all.back() & 128) != 0) all.pop_back();
  all.resize(c.what.size, '.');
  return all;
}

// The peer's own window is within what the other side allows; it says so by its settings.
template <class M>
void play(const deflate_case& c, case_player<M>& player, raw_websocket& peer) {
  const unsigned count = tests_are_long() ? 1000 : 4;
  const opcode op = c.kind == content::bytes ? opcode::binary : opcode::text;
  for (unsigned n = 0; n < count; ++n) {
    const std::string message = message_of(c, n);
    player.feed(peer.deflated(op, message, c.what.fragment), 0);
    (void)peer.read(player.sent());
    ASSERT_EQ(peer.messages.size(), 1U) << n;
    ASSERT_TRUE(peer.messages[0] == message) << n;
    peer.messages.clear();
  }
  player.feed(peer.close(), 0);
  EXPECT_EQ(peer.read(player.sent()), std::vector<std::string>{"close 1000"});
  EXPECT_FALSE(player.has_failed());
}

class websocket_deflate_case_vector : public ::testing::TestWithParam<deflate_case> {};

// As fast as zlib can: what is compared is not its ratio.
websocket::deflate_settings fast() {
  websocket::deflate_settings s;
  s.level = 1;
  return s;
}

TEST_P(websocket_deflate_case_vector, our_server) {
  websocket::server_settings settings;
  settings.connection = quiet();
  settings.handshake.deflate = fast();
  websocket::server machine(settings);
  machine.start(time_point(1h));
  case_player player(machine);
  player.feed(case_request(offer_text(GetParam().wishes)), 0);
  const auto agreed = agreement_in(player.sent());
  ASSERT_TRUE(agreed);
  const wish& first = GetParam().wishes[0];
  EXPECT_EQ(agreed->server_no_context_takeover, first.no_takeover);
  EXPECT_EQ(unsigned{agreed->server_max_window_bits}, first.bits == 0 ? 15 : first.bits);
  raw_websocket peer(role::client);
  peer.agree(*agreed, fast());
  play(GetParam(), player, peer);
}

TEST_P(websocket_deflate_case_vector, our_client) {
  websocket::client_settings settings;
  settings.connection = quiet();
  const wish& first = GetParam().wishes[0];
  settings.handshake.deflate = fast();
  settings.handshake.deflate.peer_no_context_takeover = first.no_takeover;
  if (first.bits != 0) {
    settings.handshake.deflate.peer_max_window_bits = static_cast<std::uint8_t>(first.bits);
  }
  counting_source random;
  websocket::client machine(settings, "a", "/", random);
  machine.start(time_point(1h));
  (void)machine.next_event();
  case_player player(machine);
  const std::string response = case_response(player.sent(), fast());
  player.feed(response, 0);
  const auto agreed = agreement_in(response);
  ASSERT_TRUE(machine.is_compressed() && agreed);
  EXPECT_EQ(agreed->server_no_context_takeover, first.no_takeover);
  raw_websocket peer(role::server);
  peer.agree(*agreed, fast());
  play(GetParam(), player, peer);
}

INSTANTIATE_TEST_SUITE_P(all, websocket_deflate_case_vector, ::testing::ValuesIn(all_cases()),
                         [](const auto& p) { return case_name(p.param.id); });

TEST(websocket_deflate_cases, all_are_there) {
  std::set<std::string> ids;
  for (const deflate_case& c : all_cases()) ids.insert(c.id);
  EXPECT_EQ(ids.size(), 216U);
  // With the others, and none twice.
  for (const websocket_case& c : load_websocket_cases()) EXPECT_TRUE(ids.insert(c.id).second);
  EXPECT_EQ(ids.size(), 517U);
}

}  // namespace
}  // namespace parley::test
