// Answers in pieces, and bodies that are taken as they come, on every loop.
#include <parley/codecs/http/rest/multipart.hpp>

#include "rest_provider/served_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_stream_on : public rest_served_on<L> {};
TYPED_TEST_SUITE(rest_stream_on, all_loops, loop_names);

TYPED_TEST(rest_stream_on, an_answer_in_pieces) {
  this->start();
  std::optional<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.emplace(std::move(r)); };
  ASSERT_TRUE(this->server->route("GET", "/", std::move(keep)));
  auto call = this->client->call(http_request("GET", "/"));
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  EXPECT_EQ(kept->write(as_bytes("early")).error(), errc::misuse);
  rest_reply head = rest_reply::text("", 201);
  head.compress = false;
  ASSERT_TRUE(kept->begin(head));
  EXPECT_EQ(kept->begin(head).error(), errc::misuse);
  kept->reply(rest_reply());  // too late: ignored
  for (const std::string_view piece : {"one ", "two ", "three"}) {
    ASSERT_TRUE(kept->write(as_bytes(piece)));
    this->at.run_for(5ms);
  }
  ASSERT_TRUE(kept->finish());
  const auto reply = this->at.wait(std::move(call));
  ASSERT_TRUE(reply);
  EXPECT_EQ(this->said(*reply), "201 one two three");
  EXPECT_TRUE(kept->is_gone());
}

// Whoever writes much waits for the client to read.
TYPED_TEST(rest_stream_on, a_large_answer_waits_for_its_reader) {
  this->start();
  std::optional<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.emplace(std::move(r)); };
  ASSERT_TRUE(this->server->route("GET", "/", std::move(keep)));
  auto peer = this->connect();
  peer->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  peer->read(false);
  const std::string piece(100'000, 'x');
  rest_reply head = rest_reply::text("");
  head.compress = false;
  const std::size_t all = 200;
  ASSERT_TRUE(kept->begin(head, all * piece.size()));
  std::size_t written = 0;
  bool full = false;
  bool told = false;  // outlives the loop: the last promise is kept when the peer reads
  while (!full && written < all) {
    const auto waits = kept->write(as_bytes(piece));
    ASSERT_TRUE(waits);
    ++written;
    auto ready = kept->ready();
    full = !ready.is_complete();
    if (full) {
      told = false;
      std::move(ready).then([&](result<void> r) { told = r.has_value(); });
      this->at.run_for(20ms);
      if (told) full = false;
    }
  }
  EXPECT_LT(written, all);
  peer->read(true);
  for (; written < all; ++written) {
    ASSERT_TRUE(this->at.run_until([&] { return kept->ready().is_complete() || true; }));
    ASSERT_TRUE(kept->write(as_bytes(piece)));
  }
  ASSERT_TRUE(kept->finish());
  ASSERT_TRUE(this->at.run_until([&] { return peer->received.size() > all * piece.size(); }));
}

TYPED_TEST(rest_stream_on, an_answer_that_is_given_up_is_not_taken_for_complete) {
  this->start();
  rest_async_handler gives_up = [](rest_responder r) {
    rest_reply head = rest_reply::text("");
    head.compress = false;
    EXPECT_TRUE(r.begin(head));
    EXPECT_TRUE(r.write(as_bytes("half")));
  };
  ASSERT_TRUE(this->server->route("GET", "/", std::move(gives_up)));
  const auto reply = this->at.wait(this->client->call(http_request("GET", "/")));
  EXPECT_FALSE(reply);
}

// The body is read at the handler's pace; the client waits meanwhile.
TYPED_TEST(rest_stream_on, a_body_is_taken_as_it_comes) {
  this->start();
  std::optional<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.emplace(std::move(r)); };
  auto route = this->server->route("POST", "/", std::move(keep));
  ASSERT_TRUE(route);
  route->stream_body(std::uint64_t{20} << 20);
  std::string body;
  for (int i = 0; body.size() < (std::size_t{10} << 20); ++i) body += std::to_string(i) + ",";
  auto call = this->client->call(http_request("POST", "/", body));
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  this->at.run_for(50ms);
  std::string got;
  for (;;) {
    auto piece = this->at.wait(kept->read());
    ASSERT_TRUE(piece) << piece.error().to_string();
    if (piece->empty()) break;
    ASSERT_LT(piece->size(), std::size_t{1} << 20);  // what did not wait at the client
    got += *piece;
  }
  EXPECT_TRUE(got == body);
  EXPECT_TRUE(this->at.wait(kept->read())->empty());
  kept->reply(rest_reply::text(std::to_string(got.size())));
  EXPECT_EQ(this->said(*this->at.wait(std::move(call))), "200 " + std::to_string(body.size()));
}

TYPED_TEST(rest_stream_on, a_body_that_breaks_off_or_is_too_large) {
  this->start();
  std::optional<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.emplace(std::move(r)); };
  auto route = this->server->route("POST", "/", std::move(keep));
  route->stream_body(1000);
  auto peer = this->connect();
  peer->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  EXPECT_EQ(*this->at.wait(kept->read()), "half");
  auto rest = kept->read();
  EXPECT_EQ(this->at.wait(kept->read()).error(), errc::misuse);
  peer.reset();
  EXPECT_EQ(this->at.wait(std::move(rest)).error(), errc::closed);
  kept.reset();
  peer = this->connect();
  peer->send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n");
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  auto piece = kept->read();
  peer->send(std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n");
  // What was within the limit may have come, and then the fault.
  std::size_t got = this->at.wait(std::move(piece)).value_or("").size();
  for (bool ends = false; !ends;) {
    const auto more = this->at.wait(kept->read());
    ends = !more;
    if (more) got += more->size();
  }
  EXPECT_LE(got, 1000U);
  ASSERT_TRUE(this->at.run_until([&] { return peer->received.contains("\r\n\r\n"); }));
  EXPECT_THAT(peer->received, HasSubstr("HTTP/1.1 413 "));
}

// An upload in parts, taken apart while it comes.
TYPED_TEST(rest_stream_on, an_upload_in_parts) {
  this->start();
  strings seen;
  std::optional<rest_responder> kept;
  rest_async_handler keep = [&](rest_responder r) { kept.emplace(std::move(r)); };
  auto route = this->server->route("POST", "/", std::move(keep));
  route->stream_body(std::uint64_t{20} << 20);
  std::string file;
  while (file.size() < 3'000'000) file += "\r\n--almost" + std::to_string(file.size());
  const std::string body =
      "--b1\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
      "--b1\r\nContent-Disposition: form-data; name=\"file\"; "
      "filename=\"a.bin\"\r\n\r\n" +
      file + "\r\n--b1--\r\n";
  http_request r("POST", "/", body);
  r.headers.add("Content-Type", "multipart/form-data; boundary=b1");
  auto call = this->client->call(std::move(r));
  ASSERT_TRUE(this->at.run_until([&] { return kept.has_value(); }));
  auto parts = http::multipart_decoder::make(*kept->request().header("Content-Type"));
  ASSERT_TRUE(parts) << parts.error().to_string();
  std::string content;
  for (bool done = false; !done;) {
    auto piece = this->at.wait(kept->read());
    ASSERT_TRUE(piece);
    if (piece->empty()) break;
    for (byte_view in = as_bytes(*piece);;) {
      const auto step = parts->next(in);
      in = in.subspan(step.consumed);
      if (step.status == http::multipart_status::part) {
        seen.emplace_back(parts->part().name());
        content.clear();
      } else if (step.status == http::multipart_status::body) {
        content.append(as_text(step.body));
      } else if (step.status == http::multipart_status::part_end) {
        seen.back() += content == file ? "=file" : "=" + content;
      } else {
        ASSERT_NE(step.status, http::multipart_status::failed);
        done = step.status == http::multipart_status::end;
        break;
      }
    }
  }
  EXPECT_TRUE(parts->finish());
  EXPECT_THAT(seen, ElementsAre("note=hello", "file=file"));
  kept->reply(rest_reply());
  EXPECT_EQ(this->at.wait(std::move(call))->status, 204);
}

}  // namespace
}  // namespace parley::test
