// curl as client of the REST server, on every loop with real sockets.
#include "rest_peers/peers_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_curl_on : public peers_on<L> {
 protected:
  std::string file(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 251);
    return folder.write("file.bin", bytes);
  }
  temporary_folder folder;
};
TYPED_TEST_SUITE(rest_curl_on, real_loops, loop_names);

// S6, S79, S80, S82, S85, S93, S94, S143: over every wire.
TYPED_TEST(rest_curl_on, calls_over_every_wire) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    this->serve(w);
    EXPECT_EQ(this->curl({"--json", R"({"value":21})"}, "/api/calculate").out, R"({"result":42})");
    for (const std::string method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
      EXPECT_EQ(this->curl({"-X", method, "-d", "body"}, "/items/7").out, method + " 7 body");
    }
    const auto head = this->curl({"-I"}, "/items/7").out;
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Length: 7\r\n"));
    const auto options = this->curl({"-i", "-X", "OPTIONS"}, "/items/7").out;
    EXPECT_THAT(options, StartsWith("HTTP/1.1 204 No Content\r\n"));
    EXPECT_THAT(options, HasSubstr("Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n"));
    EXPECT_THAT(this->curl({"-i"}, "/nothing").out, StartsWith("HTTP/1.1 404 Not Found\r\n"));
    const auto refused = this->curl({"-i"}, "/api/calculate").out;
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_THAT(refused, HasSubstr("Allow: POST, OPTIONS\r\n"));
    EXPECT_THAT(refused, HasSubstr("Content-Type: application/problem+json\r\n"));
    const auto both =
        this->curl({"-d", "x", "-w", "%{num_connects}\\n", this->url("/size")}, "/size");
    EXPECT_EQ(both.out, "11\n10\n");
    this->stop();
  }
}

TYPED_TEST(rest_curl_on, bodies_that_are_wrong) {
  this->serve();
  const auto bad = this->curl({"-i", "--json", "{\"a\":"}, "/json").out;
  EXPECT_THAT(bad, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(bad, HasSubstr("line 1"));
  EXPECT_THAT(this->curl({"-i", "-H", "Content-Type: text/xml", "-d", "<a/>"}, "/json").out,
              StartsWith("HTTP/1.1 415 "));
  const std::string large = this->file((1 << 20) + 1);
  // With a length it is refused before it comes; in chunks once it is too much.
  EXPECT_THAT(this->curl({"-i", "--data-binary", "@" + large}, "/size").out,
              HasSubstr("HTTP/1.1 413 "));
  EXPECT_THAT(this->curl({"-i", "-H", "Expect:", "-H", "Transfer-Encoding: chunked",
                          "--data-binary", "@" + large},
                         "/size")
                  .out,
              HasSubstr("HTTP/1.1 413 "));
  EXPECT_EQ(this->curl({"--data-binary", "@" + this->file(1 << 20)}, "/size").out, "1048576");
}

TYPED_TEST(rest_curl_on, forms) {
  this->serve();
  EXPECT_EQ(
      this->curl({"-d", "a=1", "--data-urlencode", "b=x y&z", "--data-urlencode", "c=\xC3\xA4"},
                 "/json")
          .out,
      "{\"a\":\"1\",\"b\":\"x y&z\",\"c\":\"\xC3\xA4\"}");
}

// P53: uploads are taken apart while they come.
TYPED_TEST(rest_curl_on, uploads_in_parts) {
  const std::string large = this->file(20'000'003);
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    this->serve(w);
    const auto r = this->curl({"-F", "note=hello", "-F", "file=@" + large, "-F",
                               "named=@" + large + ";filename=\"a \\\"b\\\".txt\";type=text/plain"},
                              "/upload");
    EXPECT_EQ(r.out, "note=:5;file=file.bin:20000003;named=a \"b\".txt:20000003;") << r.err;
    EXPECT_THAT(this->curl({"-i", "-d", "a=1"}, "/upload").out, StartsWith("HTTP/1.1 4"));
    this->stop();
  }
}

TYPED_TEST(rest_curl_on, versions_codings_and_expectations) {
  this->serve();
  const auto old = this->curl({"--http1.0", "-i", "-d", "x"}, "/size").out;
  EXPECT_THAT(old, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(old.ends_with("\r\n\r\n1"));
  const std::string saved = this->folder / "saved";
  const auto packed = this->curl({"--compressed", "-o", saved, "-w", "%{size_download}"}, "/large");
  EXPECT_LT(std::stoul(packed.out), 5000u);
  EXPECT_EQ(std::filesystem::file_size(saved), 200'000u);
  EXPECT_EQ(this->curl({}, "/large").out.size(), 200'000u);
  const auto waits = this->curl(
      {"-v", "-H", "Expect: 100-continue", "--data-binary", "@" + this->file(900'000)}, "/size");
  EXPECT_THAT(waits.err, HasSubstr("HTTP/1.1 100 Continue"));
  EXPECT_EQ(waits.out, "900000");
  const auto chunks = this->curl({"-H", "Transfer-Encoding: chunked", "-d", "in chunks"}, "/size");
  EXPECT_EQ(chunks.out, "9");
}

// S145: who shows no certificate of ours does not get as far as a request.
TYPED_TEST(rest_curl_on, mutual_tls) {
  auto c = this->served(wire::tls);
  c.ssl_ca_certs = files().ca;
  c.clients = client_certificates::required;
  this->serve(std::move(c), wire::tls);
  EXPECT_EQ(
      this->curl({"--cert", files().client_chain, "--key", files().client_key, "-d", "x"}, "/size")
          .out,
      "1");
  child nobody({"curl", "-q", "--silent", "--max-time", "10", "--ipv4", "--cacert", files().ca,
                "-d", "x", this->url("/size")});
  ASSERT_TRUE(this->at.run_until([&] { return nobody.has_ended(); }, 30s));
  EXPECT_NE(nobody.code(), 0);
  EXPECT_EQ(nobody.out(), "");
  EXPECT_EQ(
      this->curl({"--cert", files().client_chain, "--key", files().client_key}, "/items/1").out,
      "GET 1 ");
}

// S138: a stream of events, and what was missed.
TYPED_TEST(rest_curl_on, listens_to_events) {
  for (const wire w : every_wire) {
    SCOPED_TRACE(name_of(w));
    this->serve(w);
    auto news = this->at.wait(this->server->create_speaker("news"));
    ASSERT_TRUE(news);
    const auto listen = [&](std::vector<std::string> more) {
      std::vector<std::string> words{"curl", "-q", "--silent", "--show-error", "-N"};
      if (w == wire::local) words.insert(words.end(), {"--unix-socket", this->local_path()});
      if (w == wire::tls) words.insert(words.end(), {"--cacert", files().ca, "--ipv4"});
      words.insert(words.end(), more.begin(), more.end());
      words.push_back(this->url("/events/news"));
      return std::make_unique<child>(std::move(words));
    };
    auto one = listen({});
    const auto heard = [&](child& c, const std::string& text) {
      return this->at.run_until([&] { return c.out().contains(text); });
    };
    ASSERT_TRUE(heard(*one, ":")) << one->err();
    ASSERT_TRUE(this->at.wait(news->shout(parley::fields("n", 1))));
    ASSERT_TRUE(heard(*one, "data: {\"n\":1}\n\n"));
    const std::string text = one->out();
    const std::size_t from = text.find("id: ") + 4;
    const std::string id = text.substr(from, text.find('\n', from) - from);
    one.reset();
    ASSERT_TRUE(this->at.wait(news->shout("missed")));
    auto again = listen({"-H", "Last-Event-ID: " + id});
    ASSERT_TRUE(heard(*again, "data: missed\n\n"));
    EXPECT_FALSE(again->out().contains("{\"n\":1}"));
    EXPECT_EQ(
        this->curl({"-d", "posted", "-o", "/dev/null", "-w", "%{http_code}"}, "/events/news").out,
        "202");
    // The end of the server is the end of the stream.
    EXPECT_TRUE(this->at.wait(this->server->close()));
    EXPECT_TRUE(this->at.run_until([&] { return again->has_ended(); }));
    EXPECT_EQ(again->code(), 0);
    this->server.reset();
  }
}

}  // namespace
}  // namespace parley::test
