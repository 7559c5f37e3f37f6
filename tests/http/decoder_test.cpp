// What a decoder says of single messages; wire samples by the hundred are in tests/vectors/http.
#include <gmock/gmock.h>

#include <array>
#include <parley/codecs/http/decoder.hpp>
#include <string>

namespace parley::test {
namespace {

using http::part_kind;
using ::testing::Eq;
using ::testing::Optional;

// Decodes one message, and keeps what the parts show.
struct one_message {
  explicit one_message(std::string text, http::role sender = http::role::request,
                       http::leniency tolerance = {})
      : bytes(std::move(text)), decoder(sender, bounds, tolerance) {
    byte_view in = as_bytes(bytes);
    for (;;) {
      last = decoder.next(in, fields);
      in = in.subspan(last.consumed);
      if (last.what == part_kind::head) {
        sender == http::role::request ? void(request = decoder.request(last, fields))
                                      : void(response = decoder.response(last, fields));
      } else if (last.what == part_kind::body) {
        body += as_text(last.data);
      } else {
        break;
      }
    }
  }

  std::string bytes;
  http::limits bounds;
  std::array<http::field_place, 100> fields;
  http::decoder decoder;
  http::part last;
  http::request_head request;
  http::response_head response;
  std::string body;
};

TEST(http_decoder, a_request_without_a_body) {
  const one_message m(
      "GET /a/b?c=d HTTP/1.1\r\nHost: example.com:80\r\nAccept:\t text/html \r\n\r\n");
  EXPECT_EQ(m.last.what, part_kind::end);
  EXPECT_EQ(m.request.verb, http::method::get);
  EXPECT_EQ(m.request.target, "/a/b?c=d");
  EXPECT_EQ(m.request.path(), "/a/b");
  EXPECT_THAT(m.request.query(), Optional(Eq("c=d")));
  EXPECT_EQ(m.request.authority, "example.com:80");
  EXPECT_EQ(m.request.headers.size(), 2U);
  EXPECT_THAT(m.request.headers.find("ACCEPT"), Optional(Eq("text/html")));
  EXPECT_THAT(m.request.headers.find(http::field::accept), Optional(Eq("text/html")));
  EXPECT_TRUE(m.request.keep_alive);
}

TEST(http_decoder, a_body_in_chunks_with_trailers) {
  const one_message m(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=\"y\\\"z\"\r\nhello\r\n1\r\n!\r\n0\r\nSum: 1\r\n\r\n");
  EXPECT_EQ(m.last.what, part_kind::end);
  EXPECT_EQ(m.body, "hello!");
  const auto trailers = m.decoder.trailers(m.last, m.fields);
  ASSERT_EQ(trailers.size(), 1U);
  EXPECT_EQ(trailers[0].name, "Sum");
}

TEST(http_decoder, an_absolute_target_names_the_host) {
  const one_message m("GET http://a.example/x HTTP/1.1\r\nHost: b.example\r\n\r\n");
  EXPECT_EQ(m.request.authority, "a.example");
  EXPECT_EQ(m.request.path(), "/x");
}

TEST(http_decoder, smuggling_is_refused) {
  const auto fault = [](const std::string& fields) {
    const one_message m("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    return m.last.what == part_kind::failed ? describe(m.last.fault).name : "accepted";
  };
  EXPECT_EQ(fault("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), "length_conflict");
  EXPECT_EQ(fault("Content-Length: 1\r\nContent-Length: 1\r\n"), "bad_content_length");
  EXPECT_EQ(fault("Content-Length: +1\r\n"), "bad_content_length");
  EXPECT_EQ(fault("Content-Length: 9223372036854775808\r\n"), "bad_content_length");
  EXPECT_EQ(fault("Transfer-Encoding: chunked, gzip\r\n"), "bad_transfer_encoding");
  EXPECT_EQ(fault("Host: b\r\n"), "bad_host");
  EXPECT_EQ(fault("X : 1\r\n"), "bad_header_name");
  EXPECT_EQ(fault("X: 1\r\n 2\r\n"), "obs_fold");
  EXPECT_EQ(fault("X: 1\nY: 2\r\n"), "bad_line_end");
  EXPECT_EQ(fault("X: 1\rY: 2\r\n"), "bad_line_end");
  EXPECT_EQ(fault(std::string("X: 1\0\r\n", 7)), "bad_header_value");
}

TEST(http_decoder, a_response_until_the_end) {
  one_message m("HTTP/1.1 200 OK\r\n\r\nall of it", http::role::response);
  EXPECT_EQ(m.last.what, part_kind::need_data);
  EXPECT_EQ(m.response.status, 200);
  EXPECT_EQ(m.body, "all of it");
  EXPECT_TRUE(m.decoder.end_of_stream(0));
  EXPECT_EQ(m.decoder.next({}, m.fields).what, part_kind::end);
}

}  // namespace
}  // namespace parley::test
