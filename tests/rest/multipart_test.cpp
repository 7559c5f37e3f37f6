// Multipart bodies beyond the vectors: what the writer makes, file names, cost.
#include <parley/codecs/http/rest/multipart.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/allocations.hpp"

namespace parley::test {
namespace {

using http::multipart_decoder;
using http::multipart_status;
using http::rest_errc;

struct counting_entropy final : random_source {
  void random(std::span<std::byte> out) override {
    for (std::byte& b : out) b = std::byte{next++};
  }
  std::uint8_t next = 0;
};

TEST(multipart_decoder, needs_form_data_with_a_boundary) {
  for (const auto good :
       {"multipart/form-data; boundary=b", "Multipart/Form-Data;BOUNDARY=\"a b'()+_,-./:=?\"",
        "multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW"}) {
    EXPECT_TRUE(multipart_decoder::make(good)) << good;
  }
  for (const auto& bad :
       {std::string("multipart/form-data"), std::string("multipart/mixed; boundary=b"),
        std::string("multipart/form-data; boundary="), std::string("text/plain; boundary=b"),
        std::string("multipart/form-data; boundary=\"\""),
        std::string("multipart/form-data; boundary=\"a \""),
        std::string("multipart/form-data; boundary=\"a\\\r\""),
        std::string("multipart/form-data; boundary=a b"), std::string(""),
        "multipart/form-data; boundary=" + std::string(71, 'a')}) {
    const auto made = multipart_decoder::make(bad);
    ASSERT_FALSE(made) << bad;
    EXPECT_EQ(made.error(), rest_errc::not_multipart);
    EXPECT_EQ(http::status_for(made.error()), 415);
  }
}

TEST(multipart_decoder, stays_failed_and_stays_over) {
  auto d = *multipart_decoder::make("multipart/form-data; boundary=b");
  EXPECT_EQ(d.next(as_bytes("--bad")).status, multipart_status::failed);
  EXPECT_EQ(d.next(as_bytes("--b--")).status, multipart_status::failed);
  EXPECT_FALSE(d.finish());
  EXPECT_EQ(d.fault(), rest_errc::bad_boundary);
  auto e = *multipart_decoder::make("multipart/form-data; boundary=b");
  EXPECT_EQ(e.next(as_bytes("--b--")).status, multipart_status::end);
  const auto r = e.next(as_bytes("--b\r\nx"));
  EXPECT_EQ(r.status, multipart_status::end);
  EXPECT_EQ(r.consumed, 6U);
  EXPECT_TRUE(e.finish());
  EXPECT_FALSE(e.fault().has_value());
}

// Bodies of what is hardest to search: each must come out, without a copy and without allocating.
TEST(multipart_decoder, bodies_are_views_of_the_input) {
  const std::string head = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
  for (const std::string_view unit : {"\r", "\r\n", "\r\n--", "\r\n--\r", "x", "\r\r\n-", "\n"}) {
    std::string body = "x";
    while (body.size() < 100000) body += unit;
    const std::string input = head + body + "\r\n--b--";
    auto d = *multipart_decoder::make("multipart/form-data; boundary=b");
    byte_view in = as_bytes(input);
    auto r = d.next(in);
    ASSERT_EQ(r.status, multipart_status::part);
    in = in.subspan(r.consumed);
    const auto before = allocations();
    std::size_t size = 0;
    for (r = d.next(in); r.status == multipart_status::body; r = d.next(in)) {
      size += r.body.size();
      in = in.subspan(r.consumed);
    }
    EXPECT_EQ(allocations(), before);
    EXPECT_EQ(r.status, multipart_status::part_end);
    EXPECT_EQ(size, body.size());
  }
}

TEST(multipart_decoder, an_empty_type_says_nothing) {
  auto d = *multipart_decoder::make("multipart/form-data; boundary=b");
  const std::string_view in =
      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: \r\n\r\n1\r\n--b--";
  ASSERT_EQ(d.next(as_bytes(in)).status, multipart_status::part);
  EXPECT_EQ(d.part().content_type(), "text/plain");
}

TEST(multipart_writer, writes_what_the_decoder_reads) {
  counting_entropy entropy;
  const http::multipart_writer w(entropy);
  std::string out;
  const std::string name = "a\"b\r\n\\ \xC3\xA9\\\\";
  ASSERT_TRUE(w.add_field(out, name, "value\r\n--parley-"));
  ASSERT_TRUE(w.begin_part(out, {.name = "f", .filename = "C:\\x\\", .content_type = "a/b"}));
  out += std::string(1000, '\0');
  w.end_part(out);
  w.finish(out);
  auto d = *multipart_decoder::make(w.content_type());
  byte_view in = as_bytes(out);
  std::vector<std::string> seen;
  for (auto r = d.next(in); r.status != multipart_status::end; r = d.next(in)) {
    in = in.subspan(r.consumed);
    ASSERT_NE(r.status, multipart_status::failed);
    ASSERT_NE(r.status, multipart_status::need_data);
    if (r.status == multipart_status::part) {
      seen.emplace_back(d.part().name());
      seen.emplace_back(d.part().filename().value_or("none"));
      seen.emplace_back(d.part().content_type());
      seen.emplace_back();
    } else if (r.status == multipart_status::body) {
      seen.back() += as_text(r.body);
    }
  }
  const std::vector<std::string> expected{name, "none",    "text/plain", "value\r\n--parley-",
                                          "f",  "C:\\x\\", "a/b",        std::string(1000, '\0')};
  EXPECT_EQ(seen, expected);
}

TEST(multipart_writer, refuses_what_would_split_the_head) {
  counting_entropy entropy;
  const http::multipart_writer w(entropy);
  std::string out;
  EXPECT_FALSE(w.begin_part(out, {.name = std::string_view("a\0b", 3)}));
  EXPECT_FALSE(w.begin_part(out, {.name = "a", .filename = "\x1b[2J"}));
  EXPECT_FALSE(w.begin_part(out, {.name = "a", .content_type = "text/plain\r\nX: y"}));
  EXPECT_FALSE(w.begin_part(out, {.name = "a", .content_type = "text"}));
  EXPECT_EQ(out, "");
  EXPECT_NE(http::multipart_writer(entropy).boundary(), w.boundary());
}

TEST(safe_file_name, is_one_component) {
  EXPECT_EQ(http::safe_file_name("a.txt"), "a.txt");
  EXPECT_EQ(http::safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(http::safe_file_name("C:\\Users\\x\\photo.jpg"), "photo.jpg");
  EXPECT_EQ(http::safe_file_name(".."), "file");
  EXPECT_EQ(http::safe_file_name(""), "file");
  EXPECT_EQ(http::safe_file_name("/"), "file");
  EXPECT_EQ(http::safe_file_name(".bashrc"), "bashrc");
  EXPECT_EQ(http::safe_file_name("a\r\nb\x1b"), "ab");
  EXPECT_EQ(http::safe_file_name("a<b>|c?*:\"d"), "abcd");
  EXPECT_EQ(http::safe_file_name("x. ."), "x");
  EXPECT_EQ(http::safe_file_name("\xC3\xA9.txt"), "\xC3\xA9.txt");
  EXPECT_EQ(http::safe_file_name("\xFF.txt"), "txt");
  const std::string cut = http::safe_file_name(std::string(254, 'a') + "\xC3\xA9");
  EXPECT_EQ(cut, std::string(254, 'a'));
}

}  // namespace
}  // namespace parley::test
