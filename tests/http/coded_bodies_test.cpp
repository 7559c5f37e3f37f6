// Bodies with a content coding, through both machines.
#include <parley/codecs/http/client.hpp>
#include <parley/codecs/http/content_coding.hpp>
#include <random>

#include "http/server_script.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string squeezed(std::string_view text, http::coding how = http::coding::gzip) {
  return std::string(http::compressed(how, as_bytes(text)).value().text());
}

std::string inflated(http::coding how, std::string_view bytes) {
  http::inflater in(how);
  std::string out(1 << 20, 'x');
  const auto room = std::as_writable_bytes(std::span(out.data(), out.size()));
  const auto r = in.decode(as_bytes(bytes), room);
  EXPECT_TRUE(in.finish());
  return out.substr(0, r.produced);
}

// Text that shrinks, but not to nothing.
std::string some_text(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += "word" + std::to_string(random() % 1000) + ' ';
  return text.substr(0, size);
}

// 50 MB of one letter.
std::string long_run() {
  std::string run;
  run.resize(50'000'000, 'x');
  return run;
}

std::string posted(std::string_view body, std::string_view coding) {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: " + std::string(coding) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST(http_coded_bodies, requests_are_decoded_however_they_are_cut) {
  const std::string text = some_text(50'000);
  for (const auto how : {http::coding::gzip, http::coding::deflate}) {
    const std::string bytes = posted(squeezed(text, how), to_string(how));
    for (const std::size_t portion : {0u, 1u, 7u, 1000u}) {
      http::server_limits l = small_limits();
      l.high_water = 1'000'000;
      server_script s(l);
      s.h.feed(bytes + s.get("/2"), portion);
      EXPECT_THAT(s.told(),
                  ElementsAre("1 POST /", "1 body " + text, "1 end", "2 GET /2", "2 end"));
    }
  }
}

TEST(http_coded_bodies, unknown_codings_pass_as_they_are) {
  server_script s;
  s.h.feed(posted("abc", "br") + posted("def", "gzip, gzip"));
  EXPECT_THAT(s.told(),
              ElementsAre("1 POST /", "1 body abc", "1 end", "2 POST /", "2 body def", "2 end"));
  http::server_limits l = small_limits();
  l.decode_bodies = false;
  server_script raw(l);
  raw.h.feed(posted("ghi", "gzip"));
  EXPECT_THAT(raw.told(), ElementsAre("1 POST /", "1 body ghi", "1 end"));
}

TEST(http_coded_bodies, damaged_and_exploding_requests) {
  const auto refused = [](const std::string& body) {
    http::server_limits l = small_limits();
    l.decoded_body = 3'000'000;
    l.high_water = 1'000'000;
    server_script s(l);
    s.h.feed(posted(body, "gzip"));
    return s.told().back() + " " + s.h.sent().substr(9, 3);
  };
  std::string damaged = squeezed(some_text(1000));
  damaged[damaged.size() / 2] ^= 0x40;
  EXPECT_EQ(refused(damaged), "failed bad_coding 400");
  const std::string whole = squeezed(some_text(1000));
  EXPECT_EQ(refused(whole.substr(0, whole.size() - 1)), "failed bad_coding 400");
  EXPECT_EQ(refused(squeezed(long_run())), "failed inflates_too_far 413");
  EXPECT_EQ(refused(squeezed(some_text(4'000'000))), "failed body_too_large 413");
}

TEST(http_coded_bodies, back_pressure_holds_in_the_middle_of_a_piece) {
  server_script s;
  const std::string text = some_text(200'000);
  s.h.feed(posted(squeezed(text), "gzip"));
  ASSERT_TRUE(s.machine.begin(1, {}, std::nullopt, s.h.now()));
  // What is written back stands above high_water: nothing more is delivered, nothing read.
  ASSERT_TRUE(s.machine.write(1, as_bytes(some_text(10'000)), s.h.now()));
  s.told();
  s.h.drain();
  EXPECT_FALSE(s.machine.wants_read());
}

TEST(http_coded_bodies, answers_are_compressed_for_who_accepts_it) {
  server_script s;
  const std::string text = some_text(20'000);
  s.h.feed(s.get("/1", "Accept-Encoding: gzip\r\n") + s.get("/2", "Accept-Encoding: deflate\r\n") +
           s.get("/3") + s.get("/4", "Accept-Encoding: gzip\r\n") +
           s.get("/5", "Accept-Encoding: gzip\r\n"));
  s.limits.high_water = 1'000'000;
  s.answer(1, text, {.compress = true});
  std::string sent = s.h.sent();
  EXPECT_THAT(sent, HasSubstr("Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"));
  std::size_t body = sent.find("\r\n\r\n") + 4;
  EXPECT_THAT(sent, HasSubstr("Content-Length: " + std::to_string(sent.size() - body)));
  EXPECT_EQ(inflated(http::coding::gzip, sent.substr(body)), text);
  s.answer(2, text, {.compress = true});
  sent = s.h.sent();
  EXPECT_THAT(sent, HasSubstr("Content-Encoding: deflate\r\n"));
  EXPECT_EQ(inflated(http::coding::deflate, sent.substr(sent.find("\r\n\r\n") + 4)), text);
  s.answer(3, text, {.compress = true});
  sent = s.h.sent();
  EXPECT_THAT(sent, Not(HasSubstr("Content-Encoding")));
  EXPECT_THAT(sent, HasSubstr("Vary: Accept-Encoding\r\n"));
  s.answer(4, "short", {.compress = true});
  EXPECT_THAT(s.h.sent(), Not(HasSubstr("Content-Encoding")));
  const http::header own{"Content-Encoding", "br"};
  s.answer(5, text, {.headers = {&own, 1}, .compress = true});
  EXPECT_THAT(s.h.sent(), Not(HasSubstr("gzip")));
}

TEST(http_coded_bodies, streams_are_compressed_piece_by_piece) {
  server_script s;
  s.h.feed(s.get("/", "Accept-Encoding: gzip\r\n"));
  ASSERT_TRUE(s.machine.begin(1, {.compress = true}, 100'000, s.h.now()));
  EXPECT_THAT(s.h.sent(), HasSubstr("Transfer-Encoding: chunked\r\n"));
  http::inflater in(http::coding::gzip);
  const auto read = [&] {
    // One chunk, or several: take the framing off.
    std::string sent = s.h.sent(), coded, out(10'000, 'x');
    while (!sent.empty() && !sent.starts_with("0\r\n")) {
      const std::size_t size = std::stoul(sent, nullptr, 16), at = sent.find("\r\n") + 2;
      coded += sent.substr(at, size);
      sent.erase(0, at + size + 2);
    }
    const auto room = std::as_writable_bytes(std::span(out.data(), out.size()));
    return out.substr(0, in.decode(as_bytes(coded), room).produced);
  };
  ASSERT_TRUE(s.machine.write(1, as_bytes("one "), s.h.now()));
  EXPECT_EQ(read(), "one ");
  ASSERT_TRUE(s.machine.write(1, as_bytes("two"), s.h.now()));
  EXPECT_EQ(read(), "two");
  ASSERT_TRUE(s.machine.finish(1, {}, s.h.now()));
  EXPECT_EQ(read(), "");
  EXPECT_TRUE(in.finish());
}

// A client that decodes; its events as text.
struct decoding_client {
  decoding_client() {
    limits.decode_bodies = true;
    limits.decoded_body = 3'000'000;
    h.start();
  }
  std::string exchange(std::string_view response, std::vector<http::header> headers = {}) {
    EXPECT_TRUE(machine.send({.headers = headers}, byte_view(), 1, {}, h.now()));
    asked = h.sent();
    told.clear();
    h.feed(response, 11);
    return told;
  }
  void on_event(http::client::event& e) {
    if (const auto* r = std::get_if<http::response_event>(&e)) told += r->is_decoded ? "+" : "-";
    if (const auto* b = std::get_if<http::response_body>(&e)) told += as_text(b->data);
    if (std::holds_alternative<http::response_end>(e)) told += ".";
    if (const auto* f = std::get_if<failed>(&e)) told += f->why.name();
  }
  static std::string coded(std::string_view body, std::string_view coding) {
    return "HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string(coding) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

  http::client_limits limits;
  http::client machine{limits, "a"};
  std::string asked, told;
  machine_harness<http::client> h{machine, [this](http::client::event& e) { on_event(e); }};
};

TEST(http_coded_bodies, responses_are_asked_for_and_decoded) {
  decoding_client c;
  const std::string text = some_text(100'000);
  EXPECT_EQ(c.exchange(c.coded(squeezed(text), "gzip")), "+" + text + ".");
  EXPECT_THAT(c.asked, HasSubstr("Accept-Encoding: gzip, deflate\r\n"));
  EXPECT_EQ(c.exchange(c.coded("plain", "br")), "-plain.");
  // Who asks for it gets it as it is.
  EXPECT_EQ(c.exchange(c.coded("raw", "gzip"), {{"Accept-Encoding", "gzip"}}), "-raw.");
  EXPECT_EQ(c.exchange(c.coded("", "gzip")), "-.");
}

TEST(http_coded_bodies, damaged_and_exploding_responses) {
  const auto end = [](const std::string& body) {
    decoding_client c;
    const std::string told = c.exchange(c.coded(body, "gzip"));
    return told.substr(std::max<std::size_t>(told.size(), 20) - 20);
  };
  std::string damaged = squeezed(some_text(1000));
  EXPECT_THAT(end(damaged.substr(0, damaged.size() - 3)), HasSubstr("bad_coding"));
  EXPECT_THAT(end(squeezed(long_run())), HasSubstr("inflates_too_far"));
  EXPECT_THAT(end(squeezed(some_text(4'000'000))), HasSubstr("body_too_large"));
}

}  // namespace
}  // namespace parley::test
