#include <gtest/gtest.h>

#include <parley/codecs/websocket/envelope.hpp>
#include <string>
#include <vector>

namespace parley::test {
namespace {

using websocket::envelope;
using websocket::envelope_kind;

std::string written(const envelope& e) {
  std::vector<std::byte> room(websocket::envelope_line_size(e));
  EXPECT_EQ(put_envelope_line(room.data(), e), room.data() + room.size());
  return std::string(as_text(room)) + std::string(as_text(e.payload));
}

TEST(websocket_envelope, is_written_and_read) {
  const auto payload = as_bytes("{\"n\": 1}\nand more");
  const struct {
    envelope e;
    std::string_view line;
  } cases[] = {
      {{.kind = envelope_kind::pub, .name = "news/of the day"}, "pub news/of the day\n"},
      {{.kind = envelope_kind::sub, .id = 7, .name = "a/+/#"}, "sub 7 a/+/#\n"},
      {{.kind = envelope_kind::unsub, .id = 8, .name = "a"}, "unsub 8 a\n"},
      {{.kind = envelope_kind::call, .id = 9007199254740991, .name = "add"},
       "call 9007199254740991 add\n"},
      {{.kind = envelope_kind::ret, .id = 1}, "ret 1\n"},
      {{.kind = envelope_kind::ok, .id = 12}, "ok 12\n"},
      {{.kind = envelope_kind::err, .id = 3, .name = "not_found"}, "err 3 not_found\n"},
  };
  for (const auto& c : cases) {
    for (const byte_view body : {byte_view(), payload}) {
      envelope e = c.e;
      e.payload = body;
      const std::string all = written(e);
      EXPECT_EQ(all, std::string(c.line) + std::string(as_text(body)));
      const auto read = websocket::read_envelope(as_bytes(all));
      ASSERT_TRUE(read) << all;
      EXPECT_EQ(read->kind, e.kind);
      EXPECT_EQ(read->id, e.id);
      EXPECT_EQ(read->name, e.name);
      EXPECT_EQ(as_text(read->payload), as_text(body));
    }
  }
}

TEST(websocket_envelope, refuses_what_is_none) {
  for (const std::string_view bad : {"",
                                     "\n",
                                     "pub",
                                     "pub a",
                                     "pub\n",
                                     "pub \n",
                                     "PUB a\n",
                                     "publish a\n",
                                     "sub a\n",
                                     "sub 0 a\n",
                                     "sub 01 a\n",
                                     "sub -1 a\n",
                                     "sub 9007199254740992 a\n",
                                     "sub 1\n",
                                     "sub 1 \n",
                                     "ret\n",
                                     "ret 1 a\n",
                                     "ok x\n",
                                     "err 1\n",
                                     "pub a\rb\n",
                                     "pub \xff\n",
                                     " pub a\n"}) {
    const auto read = websocket::read_envelope(as_bytes(bad));
    EXPECT_FALSE(read) << bad;
  }
  EXPECT_FALSE(websocket::read_envelope(as_bytes("pub " + std::string(1025, 'a') + "\n")));
  EXPECT_TRUE(websocket::read_envelope(as_bytes("pub " + std::string(1024, 'a') + "\n")));
  EXPECT_FALSE(websocket::is_envelope_name(""));
  EXPECT_FALSE(websocket::is_envelope_name("a\nb"));
  EXPECT_TRUE(websocket::is_envelope_name("caf\xc3\xa9"));
}

}  // namespace
}  // namespace parley::test
