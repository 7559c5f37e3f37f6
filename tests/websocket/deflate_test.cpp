// Messages through permessage-deflate: the examples of RFC 7692, cuts, round trips with every
// agreement, corruption, bombs, broadcast, memory.
#include <gmock/gmock.h>

#include <parley/core/version.hpp>
#include <random>

#include "deflate_messages.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

using namespace std::string_view_literals;
using websocket::deflate_agreement;
using websocket::deflate_settings;
using websocket::message_deflater;
using websocket::message_inflater;
using websocket::role;

#if PARLEY_HAS_ZLIB

constexpr std::uint64_t large = 100 << 20;

// A client's inflater: it reads what the server sends.
message_inflater reader_of(const deflate_agreement& agreed = {}, const deflate_settings& ours = {},
                           std::uint64_t max_size = large) {
  return message_inflater(role::client, agreed, ours, max_size);
}
message_deflater writer_of(const deflate_agreement& agreed = {},
                           const deflate_settings& ours = {}) {
  return message_deflater(role::server, agreed, ours);
}

std::string random_text(std::mt19937& random, std::size_t most) {
  const auto kinds = random() % 256 + 1;
  std::string text(random() % (most + 1), '\0');
  for (char& c : text) c = static_cast<char>(random() % kinds);
  return text;
}

std::string json_text(std::size_t size, int seed = 0) {
  std::string text;
  while (text.size() < size) {
    text += R"({"type":"update","id":)" + std::to_string(seed++ * 7919) + R"(,"unit":"kPa"},)";
  }
  text.resize(size);
  return text;
}

struct example {
  std::string_view name;
  std::vector<std::string_view> payloads;
  std::vector<std::string_view> messages;
};

// RFC 7692 section 7.2.3, and what else a peer may send.
const example examples[] = {
    {"7.2.3.1 one message", {"\xf2\x48\xcd\xc9\xc9\x07\x00"sv}, {"Hello"}},
    {"7.2.3.2 with the window of the one before",
     {"\xf2\x48\xcd\xc9\xc9\x07\x00"sv, "\xf2\x00\x11\x00\x00"sv},
     {"Hello", "Hello"}},
    {"7.2.3.3 a block without compression", {"\x00\x05\x00\xfa\xffHello\x00"sv}, {"Hello"}},
    {"7.2.3.4 a final block", {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv}, {"Hello"}},
    {"7.2.3.5 two blocks", {"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv}, {"Hello"}},
    {"7.2.3.6 an empty message", {"\x00"sv, "\xf2\x48\xcd\xc9\xc9\x07\x00"sv}, {"", "Hello"}},
    {"no bytes at all",
     {"", "\xf2\x48\xcd\xc9\xc9\x07\x00"sv, "", "\xf2\x00\x11\x00\x00"sv},
     {"", "Hello", "", "Hello"}},
    {"a final block is the end", {"\xf3\x48\xcd\xc9\xc9\x07\x00"sv}, {"Hello"}},
    {"a final block with the window of the one before",
     {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, "\xf2\x00\x11\x00\x00"sv},
     {"Hello", "Hello"}},
    {"a final block without compression", {"\x01\x05\x00\xfa\xffHello"sv}, {"Hello"}},
    {"data behind a final block looks back at it",
     {"\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00"sv},
     {"HelloHello"}},
    {"empty final blocks", {"\x03\x00\x03\x00\x03\x00\x00"sv, "\x03\x00"sv}, {"", ""}},
    {"empty blocks of other kinds", {"\x02\x00"sv, "\x00\x00\x00\xff\xff\x00"sv}, {"", ""}},
};

TEST(message_inflater, decodes_the_examples_wherever_they_are_cut) {
  for (const example& e : examples) {
    for (const std::size_t room : {1U, 2U, 5U, 4096U}) {
      for (std::size_t cut = 0; cut < 14; ++cut) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, whole}) {
          message_inflater in = reader_of();
          for (std::size_t i = 0; i < e.payloads.size(); ++i) {
            EXPECT_EQ(inflated(in, e.payloads[i], {piece, room, cut == 0 ? whole : cut}),
                      (inflated_message{std::string(e.messages[i]), ""}))
                << e.name << " cut " << cut << " room " << room;
            EXPECT_EQ(in.total_in(), e.payloads[i].size());
            EXPECT_EQ(in.total_out(), e.messages[i].size());
          }
        }
      }
    }
  }
}

TEST(message_deflater, writes_the_examples) {
  message_deflater out = writer_of();
  EXPECT_EQ(deflated(out, "Hello"), "\xf2\x48\xcd\xc9\xc9\x07\x00"sv);
  EXPECT_EQ(deflated(out, "Hello"), "\xf2\x00\x11\x00\x00"sv);
  EXPECT_EQ(deflated(out, ""), "\x00"sv);
  EXPECT_EQ(deflated(out, ""), "\x00"sv);
  // Now all of it is found at once.
  EXPECT_EQ(deflated(out, "Hello"), "\x02\x13\x00\x00"sv);
  message_deflater alone = writer_of({.server_no_context_takeover = true});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(deflated(alone, "Hello"), "\xf2\x48\xcd\xc9\xc9\x07\x00"sv);
  }
}

TEST(message_inflater, refuses_what_is_no_such_message) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"a block of no kind", "\x06\x00"sv},
      {"a length that is none", "\x00\x05\x00\xfa\xfeHello\x00"sv},
      {"a distance behind the beginning", "\xf2\x00\x11\x00\x00"sv},
      {"an end inside a block", "\xf2\x48\xcd"sv},
      {"an end inside a stored block", "\x00\x05\x00\xfa\xffHel"sv},
      {"an end inside a final block", "\xf3\x48\xcd\xc9\xc9"sv},
      {"the four bytes were not left out", "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"sv},
      {"bytes behind a final block", "\xf3\x48\xcd\xc9\xc9\x07\x00\xff\xff"sv},
  };
  for (const auto& [name, payload] : cases) {
    message_inflater at_once = reader_of();
    const inflated_message due = inflated(at_once, payload);
    EXPECT_EQ(due.fault, "bad_deflate") << name;
    for (const std::size_t room : {1U, 4096U}) {
      for (std::size_t cut = 1; cut < payload.size(); ++cut) {
        message_inflater in = reader_of();
        EXPECT_EQ(inflated(in, payload, {whole, room, cut}), due) << name << cut;
      }
      message_inflater in = reader_of();
      EXPECT_EQ(inflated(in, payload, {1, room}), due) << name;
    }
    // For ever.
    std::byte room[8];
    const auto again = at_once.decode(as_bytes("\x00"sv), room, true);
    EXPECT_EQ(again.status, websocket::inflate_status::failed);
    EXPECT_EQ(again.consumed + again.produced, 0U);
  }
}

TEST(message_inflater, without_take_over_no_message_looks_back) {
  message_inflater in = reader_of({.server_no_context_takeover = true});
  EXPECT_EQ(inflated(in, examples[1].payloads[0]).text, "Hello");
  EXPECT_EQ(inflated(in, examples[1].payloads[1]).fault, "bad_deflate");
}

// Every agreement, any cuts: what is encoded is decoded.
TEST(deflate_messages, round_trips_with_every_agreement) {
  std::mt19937 random(20261126);
  for (std::uint8_t bits = 9; bits <= 15; ++bits) {
    for (const bool no_takeover : {false, true}) {
      for (const int memory : {1, 5, 8, 9}) {
        const deflate_agreement agreed{no_takeover, !no_takeover, bits, 15};
        deflate_settings ours;
        ours.memory_level = static_cast<std::uint8_t>(memory);
        ours.level = static_cast<std::uint8_t>(random() % 10);
        ours.max_ratio = 0;
        message_deflater out = writer_of(agreed, ours);
        message_inflater in = reader_of(agreed, ours);
        for (int i = 0; i < 12; ++i) {
          const std::string text =
              i % 3 == 0 ? json_text(random() % 3000, i) : random_text(random, 15'000);
          const deflate_cuts cut_out{random() % 5000 + 1, random() % 300 + 1};
          const deflate_cuts cut_in{random() % 700 + 1, random() % 900 + 1};
          const std::string payload = deflated(out, text, cut_out);
          EXPECT_EQ(inflated(in, payload, cut_in), (inflated_message{text, ""}))
              << int{bits} << no_takeover << memory;
          if (random() % 4 == 0) out.release();
          if (random() % 4 == 0) {
            EXPECT_EQ(in.release(), no_takeover);
          }
        }
      }
    }
  }
}

TEST(deflate_messages, both_roles_use_what_was_agreed_for_them) {
  const deflate_agreement agreed{false, true, 15, 9};
  const std::string text = json_text(5000);
  message_deflater client(role::client, agreed, {});
  message_inflater server(role::server, agreed, {}, large);
  EXPECT_EQ(inflated(server, deflated(client, text)).text, text);
  EXPECT_EQ(inflated(server, deflated(client, text)).text, text);
  EXPECT_TRUE(server.release());
}

// In rooms of any size a message has an end, and of the same bytes where it is whole.
TEST(message_deflater, every_room_will_do) {
  for (std::size_t room = 1; room < 90; ++room) {
    message_deflater out = writer_of();
    message_inflater in = reader_of();
    for (int i = 0; i < 5; ++i) {
      const std::string text = "event " + std::to_string(i * 7919) + std::string(room, 'e');
      EXPECT_EQ(inflated(in, deflated(out, text, {whole, room})).text, text) << room;
      EXPECT_EQ(inflated(in, deflated(out, "", {whole, room})).text, "") << room;
      EXPECT_EQ(inflated(in, deflated(out, text, {3, room})).text, text) << room;
    }
  }
}

TEST(message_deflater, the_bound_is_enough_at_once) {
  std::mt19937 random(1);
  for (const int memory : {1, 2, 8, 9}) {
    for (const int level : {1, 6, 9}) {
      deflate_settings ours;
      ours.memory_level = static_cast<std::uint8_t>(memory);
      ours.level = static_cast<std::uint8_t>(level);
      message_deflater out = writer_of({.server_max_window_bits = 9}, ours);
      for (int i = 0; i < 12; ++i) {
        std::string text(random() % 20'000, '\0');
        for (char& c : text) c = static_cast<char>(random());
        std::vector<std::byte> room(websocket::deflate_bound(text.size()));
        const auto r = out.encode(as_bytes(text), room, true);
        EXPECT_TRUE(r.done) << text.size();
        EXPECT_EQ(r.consumed, text.size());
      }
    }
  }
}

TEST(message_deflater, never_ends_in_what_is_left_out) {
  message_deflater out = writer_of();
  for (std::size_t size = 0; size < 600; ++size) {
    EXPECT_FALSE(deflated(out, json_text(size)).ends_with("\x00\x00\xff\xff"sv)) << size;
  }
}

TEST(message_deflater, earlier_messages_make_later_ones_short) {
  message_deflater with = writer_of();
  message_deflater without = writer_of({.server_no_context_takeover = true});
  const std::string first = json_text(300);
  EXPECT_EQ(deflated(with, first), deflated(without, first));
  EXPECT_LT(deflated(with, first).size() * 5, deflated(without, first).size());
}

TEST(message_deflater, small_messages_are_not_worth_it) {
  const message_deflater out = writer_of({}, {.threshold = 100});
  EXPECT_FALSE(out.is_worth_it(0));
  EXPECT_FALSE(out.is_worth_it(99));
  EXPECT_TRUE(out.is_worth_it(100));
}

// A server limited the client to 8 bits, which zlib cannot write.
TEST(message_deflater, with_8_bits_nothing_is_compressed) {
  const deflate_agreement agreed{.client_max_window_bits = 8};
  message_deflater client(role::client, agreed, {});
  EXPECT_FALSE(client.is_worth_it(1'000'000));
  EXPECT_EQ(deflated(client, "text"), "no end");
  message_deflater server(role::server, agreed, {});
  EXPECT_TRUE(server.is_worth_it(1'000'000));
}

// What is written with 8 bits, or with 9 by a zlib that says nothing of it, is read.
TEST(message_inflater, with_8_bits_all_is_read) {
  message_deflater out = writer_of({.server_max_window_bits = 9});
  message_inflater in = reader_of({.server_max_window_bits = 8});
  for (int i = 0; i < 20; ++i) {
    const std::string text = json_text(3000, i);
    EXPECT_EQ(inflated(in, deflated(out, text), {7, 11}).text, text);
  }
}

TEST(deflate_bombs, a_limit_is_exact) {
  std::mt19937 random(2);
  const std::string text = random_text(random, 0) + json_text(100'000);
  message_deflater out = writer_of({.server_no_context_takeover = true});
  const std::string payload = deflated(out, text);
  for (const std::size_t room : {std::size_t{1}, std::size_t{1000}, text.size() * 2}) {
    message_inflater exact = reader_of({}, {}, text.size());
    EXPECT_EQ(inflated(exact, payload, {whole, room}), (inflated_message{text, ""}));
    for (const std::size_t less : {1U, 2U, 65'536U}) {
      const std::size_t limit = text.size() - less;
      for (const std::size_t piece : {std::size_t{1}, whole}) {
        message_inflater in = reader_of({}, {}, limit);
        EXPECT_EQ(inflated(in, payload, {piece, room}),
                  (inflated_message{text.substr(0, limit), "message_too_large"}));
      }
    }
  }
}

TEST(deflate_bombs, a_limit_is_one_of_each_message) {
  message_deflater out = writer_of();
  message_inflater in = reader_of({}, {}, 1000);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(inflated(in, deflated(out, json_text(1000, i))).fault, "");
  }
  EXPECT_EQ(inflated(in, deflated(out, json_text(1001))).fault, "message_too_large");
}

TEST(deflate_bombs, nothing_fits_into_nothing) {
  message_inflater in = reader_of({}, {}, 0);
  EXPECT_EQ(inflated(in, "\x00"sv).fault, "");
  EXPECT_EQ(inflated(in, "").fault, "");
  EXPECT_EQ(inflated(in, examples[0].payloads[0]).fault, "message_too_large");
}

TEST(deflate_bombs, a_ratio_is_seen_after_little_output) {
  message_deflater out = writer_of({}, {.level = 9});
  const std::string zeros(std::size_t{8} << 20, '\0');
  const std::string bomb = deflated(out, zeros);
  ASSERT_LT(bomb.size(), 10'000U);
  for (const deflate_cuts& how :
       {deflate_cuts{whole, 1000}, deflate_cuts{whole, zeros.size()}, deflate_cuts{1}}) {
    message_inflater in = reader_of();
    const inflated_message got = inflated(in, bomb, how);
    EXPECT_EQ(got.fault, "inflates_too_far");
    EXPECT_LE(got.text.size(), websocket::deflate_free_output + 65536);
    EXPECT_GT(got.text.size(), websocket::deflate_free_output);
  }
  message_inflater any = reader_of({}, {.max_ratio = 0});
  EXPECT_EQ(inflated(any, bomb).text.size(), zeros.size());
}

TEST(deflate_bombs, a_fault_closes_with_its_code) {
  const auto code = [](websocket::errc e) { return websocket::close_code_of(e); };
  EXPECT_EQ(code(websocket::errc::bad_deflate), websocket::close_code::invalid_data);
  EXPECT_EQ(code(websocket::errc::message_too_large), websocket::close_code::too_large);
  EXPECT_EQ(code(websocket::errc::inflates_too_far), websocket::close_code::too_large);
}

// One payload for receivers with every agreement, between messages of their own.
TEST(deflate_broadcast, one_payload_is_for_all) {
  std::mt19937 random(3);
  deflate_settings ours;
  ours.own_max_window_bits = 12;
  websocket::shared_deflater shared(ours);
  struct receiver {
    message_deflater out;
    message_inflater in;
  };
  std::vector<receiver> all;
  for (std::uint8_t bits = 9; bits <= 15; ++bits) {
    for (const bool no_takeover : {false, true}) {
      const deflate_agreement agreed{no_takeover, false, bits, 15};
      EXPECT_EQ(shared.is_for(role::server, agreed), bits >= 12);
      if (bits >= 12) all.push_back({writer_of(agreed, ours), reader_of(agreed, ours)});
    }
  }
  for (int i = 0; i < 60; ++i) {
    const std::string text = json_text(random() % 3000, i);
    if (random() % 2 == 0) {
      const auto payload = shared.compress_shared(as_bytes(text));
      ASSERT_TRUE(payload);
      for (receiver& r : all) {
        EXPECT_EQ(inflated(r.in, payload->text()), (inflated_message{text, ""}));
        r.out.forget();
      }
    } else {
      receiver& r = all[random() % all.size()];
      EXPECT_EQ(inflated(r.in, deflated(r.out, text)), (inflated_message{text, ""}));
    }
    if (i == 30) shared.release();
  }
}

// Why forget() is there: the peer's window has what our deflater has not.
TEST(deflate_broadcast, who_does_not_forget_is_out_of_step) {
  websocket::shared_deflater shared({});
  message_deflater out = writer_of();
  message_inflater in = reader_of();
  const std::string text = json_text(500);
  EXPECT_EQ(inflated(in, deflated(out, text)).text, text);
  EXPECT_EQ(inflated(in, as_text(*shared.compress(as_bytes("something else")))).text,
            "something else");
  EXPECT_NE(inflated(in, deflated(out, text)).text, text);
}

TEST(deflate_broadcast, any_message_can_be_shared) {
  std::mt19937 random(4);
  websocket::shared_deflater shared({.memory_level = 1});
  message_inflater in = reader_of({}, {.max_ratio = 0});
  for (int i = 0; i < 50; ++i) {
    const std::string text = i == 0 ? std::string() : random_text(random, 30'000);
    const auto payload = shared.compress(as_bytes(text));
    ASSERT_TRUE(payload);
    EXPECT_EQ(inflated(in, as_text(*payload)), (inflated_message{text, ""}));
  }
}

TEST(deflate_memory, messages_allocate_nothing) {
  const std::string text = json_text(20'000);
  for (const bool no_takeover : {false, true}) {
    const deflate_agreement agreed{no_takeover, false, 15, 15};
    message_deflater out = writer_of(agreed);
    message_inflater in = reader_of(agreed);
    std::vector<std::byte> payload(40'000);
    std::vector<std::byte> room(40'000);
    for (int i = 0; i < 5; ++i) {
      const std::size_t before = allocations();
      const auto put = out.encode(as_bytes(text), payload, true);
      ASSERT_TRUE(put.done);
      const auto got = in.decode(byte_view(payload).first(put.produced), room, true);
      EXPECT_EQ(got.status, websocket::inflate_status::done);
      EXPECT_EQ(allocations() == before, i > 0);
    }
  }
}

TEST(deflate_memory, is_taken_by_the_first_message_alone) {
  const std::size_t before = allocations();
  message_deflater out = writer_of();
  message_inflater in = reader_of();
  EXPECT_TRUE(in.release());
  EXPECT_EQ(allocations(), before);
}

TEST(deflate_memory, can_be_given_back_between_messages) {
  message_inflater over = reader_of();
  EXPECT_EQ(inflated(over, examples[0].payloads[0]).text, "Hello");
  EXPECT_FALSE(over.release());
  EXPECT_EQ(inflated(over, examples[1].payloads[1]).text, "Hello");
  message_inflater alone = reader_of({.server_no_context_takeover = true});
  std::byte room[8];
  (void)alone.decode(as_bytes("\xf2\x48"sv), room, false);
  EXPECT_FALSE(alone.release());
  EXPECT_EQ(alone.decode(as_bytes("\xcd\xc9\xc9\x07\x00"sv), room, true).status,
            websocket::inflate_status::done);
  EXPECT_TRUE(alone.release());
  EXPECT_EQ(inflated(alone, examples[0].payloads[0]).text, "Hello");
}

TEST(deflate_memory, a_failed_allocation_is_a_fault) {
  const std::string text = json_text(5000);
  message_deflater good = writer_of();
  const std::string payload = deflated(good, text);
  std::size_t allowed = 0;
  for (bool has_failed = true; has_failed; ++allowed) {
    std::vector<std::byte> room(10'000);
    message_deflater out = writer_of();
    message_inflater in = reader_of();
    const failing_allocation failing(allowed);
    const auto put = out.encode(as_bytes(text), room, true);
    EXPECT_EQ(put.done, !out.has_failed());
    EXPECT_EQ(put.produced == 0, out.has_failed());
    const auto got = in.decode(as_bytes(payload), room, true);
    has_failed = failing.has_failed();
    EXPECT_EQ(out.has_failed() || got.status == websocket::inflate_status::failed, has_failed);
    EXPECT_TRUE(!in.fault() || *in.fault() == parley::errc::out_of_memory);
    if (!out.has_failed()) continue;
    EXPECT_FALSE(out.is_worth_it(text.size()));
    out.release();
    EXPECT_TRUE(out.encode(as_bytes(text), room, true).done);
  }
  EXPECT_GT(allowed, 7U);
}

TEST(deflate_messages, can_be_moved_in_the_middle) {
  message_deflater first = writer_of();
  std::vector<std::byte> room(200);
  auto put = first.encode(as_bytes("one "), room, false);
  message_deflater second(std::move(first));
  std::string payload(as_text(byte_view(room).first(put.produced)));
  put = second.encode(as_bytes("two"), room, true);
  payload += as_text(byte_view(room).first(put.produced));
  message_inflater in = reader_of();
  auto got = in.decode(as_bytes(payload).first(3), room, false);
  std::string text(as_text(byte_view(room).first(got.produced)));
  message_inflater other(std::move(in));
  got = other.decode(as_bytes(payload).subspan(3), room, true);
  text += as_text(byte_view(room).first(got.produced));
  EXPECT_EQ(text, "one two");
}

#else

TEST(deflate_messages, fail_without_zlib) {  // S161
  message_deflater out(role::server, {}, {});
  message_inflater in(role::client, {}, {}, 1000);
  EXPECT_EQ(deflated(out, "text"), "no end");
  EXPECT_EQ(inflated(in, "\x00"sv).fault, "out_of_memory");
}

#endif

}  // namespace
}  // namespace parley::test
