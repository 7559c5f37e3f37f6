// Decoding gzip and deflate: vectors by hand, cuts, corruption, members, bombs, memory.
#include <gtest/gtest.h>

#include <parley/core/version.hpp>
#include <random>

#include "codings.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

using namespace std::string_view_literals;
using http::coding;
using http::coding_fault;

struct vector {
  std::string_view name;
  coding how;
  std::string_view bytes;
  std::string_view text;
};

// Written by hand after RFC 1950 to 1952.
const vector vectors[] = {
    {"gzip, a stored block", coding::gzip,
     "\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x05\0\xfa\xffhello\x86\xa6\x10\x36\x05\0\0\0"sv, "hello"},
    {"gzip with a name and a time", coding::gzip,
     "\x1f\x8b\x08\x08\1\2\3\4\2\3n.txt\0\x01\x05\0\xfa\xffhello\x86\xa6\x10\x36\x05\0\0\0"sv,
     "hello"},
    {"gzip with an extra field and a comment", coding::gzip,
     "\x1f\x8b\x08\x14\0\0\0\0\0\xff\x04\0abcdwhat\0\x01\x05\0\xfa\xffhello\x86\xa6\x10\x36\x05\0\0\0"sv,
     "hello"},
    {"gzip of nothing", coding::gzip, "\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0"sv, ""},
    {"gzip, two members", coding::gzip,
     "\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x05\0\xfa\xffhello\x86\xa6\x10\x36\x05\0\0\0"
     "\x1f\x8b\x08\0\0\0\0\0\0\xff\x4b\x04\0\x43\xbe\xb7\xe8\x01\0\0\0"sv,
     "helloa"},
    {"gzip, an empty member between two", coding::gzip,
     "\x1f\x8b\x08\0\0\0\0\0\0\xff\x4b\x04\0\x43\xbe\xb7\xe8\x01\0\0\0"
     "\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0"
     "\x1f\x8b\x08\0\0\0\0\0\0\xff\x4b\x04\0\x43\xbe\xb7\xe8\x01\0\0\0"sv,
     "aa"},
    {"zlib, a stored block", coding::deflate, "\x78\x01\x01\x05\0\xfa\xffhello\x06\x2c\x02\x15"sv,
     "hello"},
    {"zlib, fixed codes", coding::deflate, "\x78\x9c\x4b\x04\0\0\x62\0\x62"sv, "a"},
    {"zlib, a window of 256 bytes", coding::deflate, "\x08\x1d\x4b\x04\0\0\x62\0\x62"sv, "a"},
    {"bare, fixed codes", coding::deflate, "\x4b\x04\0"sv, "a"},
    {"bare, a stored block", coding::deflate, "\x01\x05\0\xfa\xffhello"sv, "hello"},
    {"bare, nothing", coding::deflate, "\x03\0"sv, ""},
    {"identity", coding::identity, "\x1f\x8b as it is"sv, "\x1f\x8b as it is"sv},
};

std::string random_text(std::size_t size, unsigned seed, int kinds) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> letter(0, kinds - 1);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(letter(random));
  return text;
}

TEST(inflater, decodes_the_vectors_wherever_they_are_cut) {
  for (const vector& v : vectors) {
    const decoded whole{std::string(v.text), {}, v.bytes.size()};
    for (const std::size_t room : {1U, 3U, 4096U}) {
      EXPECT_EQ(decode_body(v.how, v.bytes, unlimited, room), whole) << v.name;
      EXPECT_EQ(decode_body(v.how, v.bytes, 1, room), whole) << v.name;
      for (std::size_t cut = 1; cut < v.bytes.size(); ++cut) {
        http::inflater body(v.how);
        EXPECT_EQ(decode_body(body, v.bytes, unlimited, room, cut), whole) << v.name << cut;
      }
    }
  }
}

TEST(inflater, says_when_the_body_may_end) {
  for (const vector& v : vectors) {
    http::inflater body(v.how);
    std::byte room[64];
    EXPECT_EQ(body.decode(as_bytes(v.bytes), room).status, http::inflate_status::done) << v.name;
    EXPECT_EQ(body.decode({}, room).status, http::inflate_status::done) << v.name;
    EXPECT_TRUE(body.finish()) << v.name;
    EXPECT_FALSE(body.fault()) << v.name;
  }
}

TEST(inflater, an_end_inside_the_format_is_no_end) {
  for (const vector& v : vectors) {
    if (v.how == coding::identity || v.text == "helloa" || v.text == "aa") continue;
    EXPECT_FALSE(decode_body(v.how, "").fault) << v.name;
    for (std::size_t n = 1; n < v.bytes.size(); ++n) {
      const decoded part = decode_body(v.how, v.bytes.substr(0, n));
      EXPECT_EQ(part.fault, coding_fault::truncated) << v.name << n;
      EXPECT_TRUE(v.text.starts_with(part.text)) << v.name << n;
    }
  }
}

// A checksum and the structure see every wrong bit but those that mean nothing to us.
TEST(inflater, no_wrong_bit_gives_other_text) {
  for (const vector& v : vectors) {
    // Neither has a checksum.
    if (v.how == coding::identity || v.name.starts_with("bare")) continue;
    for (std::size_t bit = 0; bit < v.bytes.size() * 8; ++bit) {
      std::string wrong(v.bytes);
      wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ 1 << bit % 8);
      const decoded got = decode_body(v.how, wrong);
      EXPECT_TRUE(got.fault || got.text == v.text) << v.name << bit;
      EXPECT_EQ(decode_body(v.how, wrong, 1, 1), got) << v.name << bit;
    }
  }
}

TEST(inflater, refuses_what_is_no_such_body) {
  const std::pair<coding, std::string_view> cases[] = {
      {coding::gzip, "hello"},
      {coding::gzip, "\x1f\x8b\x07\0"sv},                  // not the method of deflate
      {coding::gzip, "\x1f\x8b\x08\xe0"sv},                // reserved flags
      {coding::gzip, "\x78\x9c\x4b\x04\0\0\x62\0\x62"sv},  // zlib
      {coding::deflate, "\x78\xbb\0\0\0\1\x4b\x04\0"sv},   // wants a dictionary
      {coding::deflate, "\x07\x00"sv},                     // bare, a block of no kind
      {coding::deflate, "\x01\x05\0\xfa\xfehello"sv},      // bare, a length that is none
      {coding::deflate, "\x78\x01\x01\x05\0\xfa\xffhello\0\0\0\0"sv},
  };
  for (const auto& [how, bytes] : cases) {
    EXPECT_EQ(decode_body(how, bytes).fault, coding_fault::corrupt) << bytes;
    EXPECT_EQ(decode_body(how, bytes, 1, 1).fault, coding_fault::corrupt) << bytes;
  }
}

TEST(inflater, bytes_behind_the_end_are_a_fault) {
  for (const vector& v : vectors) {
    if (v.how == coding::identity) continue;
    for (const std::string_view more : {"x"sv, "\0"sv, "\x78\x9c"sv}) {
      const std::string all = std::string(v.bytes) + std::string(more);
      const decoded got = decode_body(v.how, all);
      EXPECT_EQ(got.fault, coding_fault::corrupt) << v.name;
      EXPECT_EQ(got.text, v.text) << v.name;
      EXPECT_EQ(decode_body(v.how, all, 1).fault, coding_fault::corrupt) << v.name;
    }
  }
}

TEST(inflater, stays_failed_until_it_is_reset) {
  http::inflater body(coding::gzip);
  std::byte room[64];
  EXPECT_EQ(body.decode(as_bytes("no"), room).status, http::inflate_status::failed);
  const auto again = body.decode(as_bytes(vectors[0].bytes), room);
  EXPECT_EQ(again.status, http::inflate_status::failed);
  EXPECT_EQ(again.consumed + again.produced, 0U);
  EXPECT_FALSE(body.finish());
  EXPECT_EQ(body.fault(), coding_fault::corrupt);
  body.reset();
  EXPECT_EQ(decode_body(body, vectors[0].bytes).text, "hello");
}

TEST(inflater, can_be_moved_in_the_middle) {
  for (const vector& v : vectors) {
    http::inflater first(v.how);
    std::string text;
    ASSERT_TRUE(feed(first, v.bytes.substr(0, 1), text, 8));
    http::inflater second(std::move(first));
    ASSERT_TRUE(feed(second, v.bytes.substr(1), text, 8));
    EXPECT_TRUE(second.finish());
    EXPECT_EQ(text, v.text);
  }
}

TEST(bombs, a_limit_is_exact) {
  const std::string text = random_text(100'000, 1, 30);
  for (const coding how : {coding::gzip, coding::deflate, coding::identity}) {
    const std::string body = encode_body(how, text);
    EXPECT_EQ(decode_body(how, body, unlimited, 4096, {.max_output = text.size()}).text, text);
    for (const std::size_t less : {1U, 2U, 65'536U}) {
      const std::size_t limit = text.size() - less;
      for (const std::size_t room : {std::size_t{1000}, limit, limit + 1, std::size_t{200'000}}) {
        const decoded got = decode_body(how, body, unlimited, room, {.max_output = limit});
        EXPECT_EQ(got.fault, coding_fault::too_large);
        EXPECT_EQ(got.text, text.substr(0, limit));
      }
    }
  }
  EXPECT_EQ(decode_body(coding::gzip, vectors[0].bytes, 1, 1, {.max_output = 0}).fault,
            coding_fault::too_large);
  EXPECT_FALSE(decode_body(coding::gzip, vectors[3].bytes, 1, 1, {.max_output = 0}).fault);
}

TEST(bombs, a_ratio_is_seen_after_little_output) {
  const std::string zeros(std::size_t{32} << 20, '\0');
  for (const coding how : {coding::gzip, coding::deflate}) {
    const std::string body = encode_body(how, zeros, 9);
    ASSERT_LT(body.size(), 40'000U);
    for (const std::size_t room : {std::size_t{1000}, zeros.size()}) {
      const decoded got = decode_body(how, body, unlimited, room);
      EXPECT_EQ(got.fault, coding_fault::bomb);
      EXPECT_LE(got.text.size(), 2 * http::ratio_free_output);
    }
    EXPECT_EQ(decode_body(how, body, 1).fault, coding_fault::bomb);
    EXPECT_FALSE(decode_body(how, body, unlimited, 1 << 20, {.max_ratio = 0}).fault);
    EXPECT_FALSE(decode_body(how, body, unlimited, 1 << 20, {.max_ratio = 1100}).fault);
  }
}

TEST(bombs, short_bodies_of_equal_bytes_are_none) {
  const std::string body = encode_body(coding::gzip, std::string(http::ratio_free_output, 'x'));
  EXPECT_FALSE(decode_body(coding::gzip, body).fault);
}

TEST(bombs, many_members_are_judged_together) {
  const std::string member = encode_body(coding::gzip, std::string(30'000, '\0'), 9);
  std::string body;
  for (int i = 0; i < 100; ++i) body += member;
  EXPECT_EQ(decode_body(coding::gzip, body).fault, coding_fault::bomb);
  EXPECT_EQ(decode_body(coding::gzip, body, unlimited, 4096, {40'000, 0}).fault,
            coding_fault::too_large);
  EXPECT_EQ(decode_body(coding::gzip, body, unlimited, 4096, {.max_ratio = 0}).text.size(),
            3'000'000U);
}

TEST(inflater, allocates_for_the_first_body_alone) {
  const std::string text = random_text(200'000, 2, 20);
  const std::string body = encode_body(coding::gzip, text);
  http::inflater one(coding::gzip);
  EXPECT_EQ(allocations(), allocations());
  std::vector<std::byte> room(text.size());
  std::size_t before = allocations();
  EXPECT_EQ(one.decode(as_bytes(body), room).produced, text.size());
  EXPECT_LE(allocations() - before, 3U);  // ours, zlib's and the window
  for (int i = 0; i < 3; ++i) {
    one.reset();
    before = allocations();
    for (std::size_t at = 0; at < body.size(); at += 1000) {
      one.decode(as_bytes(body).subspan(at, std::min<std::size_t>(1000, body.size() - at)), room);
    }
    EXPECT_EQ(allocations(), before);
  }
}

TEST(inflater, a_failed_allocation_is_a_fault) {
  const std::string text = random_text(200'000, 3, 20);
  const std::string body = encode_body(coding::gzip, text);
  std::vector<std::byte> room(1000);
  std::size_t allowed = 0;
  for (bool has_failed = true; has_failed; ++allowed) {
    http::inflater one(coding::gzip);
    const failing_allocation failing(allowed);
    http::inflate_result r;
    byte_view in = as_bytes(body);
    do {
      r = one.decode(in, room);
      in = in.subspan(r.consumed);
    } while (r.status == http::inflate_status::out_full);
    has_failed = failing.has_failed();
    EXPECT_EQ(one.fault(), has_failed ? std::optional(coding_fault::out_of_memory) : std::nullopt);
  }
  EXPECT_EQ(allowed, 4U);
}

TEST(content_coding, what_was_left_out_says_so) {  // S161
  constexpr bool built = PARLEY_HAS_ZLIB != 0;
  EXPECT_TRUE(http::coding_is_available(coding::identity));
  for (const coding how : {coding::gzip, coding::deflate}) {
    EXPECT_EQ(http::coding_is_available(how), built);
    const auto fault = built ? std::nullopt : std::optional(coding_fault::unavailable);
    EXPECT_EQ(http::inflater(how).fault(), fault);
    EXPECT_EQ(http::deflater(how).fault(), fault);
  }
}

}  // namespace
}  // namespace parley::test
