// nginx in front of our server, and behind our client, on every loop with real sockets.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include <set>
#include <thread>

#include "http_on/http_on.hpp"
#include "support/child.hpp"
#include "support/letters.hpp"
#include "support/nginx.hpp"

namespace parley::test {
namespace {

// --- in front of our server ---------------------------------------------------------------

// Echoes, and knows how many connections there were; holds the answer to /held.
struct upstream final : http_handler {
  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    if (std::holds_alternative<closed>(event)) ++closes;
    if (const auto* begin = std::get_if<http::request_event>(&event)) {
      peers.insert(&peer);
      versions.push_back(begin->head->minor);
      if (begin->head->path() == "/held") {
        held = &peer;
        held_id = begin->id;
      }
    }
    const auto* end = std::get_if<http::request_end>(&event);
    if (end && &peer == held && end->id == held_id) return;
    echo.on_event(peer, event, now);
  }
  http_echo echo;
  std::set<http_peer*> peers;
  std::vector<int> versions;
  http_peer* held = nullptr;
  http::request_id held_id = 0;
  int closes = 0;
};

template <class L>
class behind_nginx_on : public http_on<L> {
 protected:
  // Our server, and nginx before it.
  void start(http_server_config c) { start(handler, std::move(c)); }
  void start(http_handler& what, http_server_config c) {
    this->serve(what, std::move(c));
    proxy.emplace(R"(
      upstream ours { server 127.0.0.1:)" +
                  std::to_string(this->port) + R"(; keepalive 4; }
      server {
        listen 127.0.0.1:PORT;
        client_max_body_size 100m;
        location / {
          proxy_pass http://ours;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
        }
        location /unbuffered { 
          proxy_pass http://ours;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_request_buffering off;
          proxy_buffering off;
        }
        location /old { proxy_pass http://ours; }
      })");
  }
  std::string curl(std::vector<std::string> words) {
    words.insert(words.begin(), {"curl", "-q", "--silent", "--show-error", "--max-time", "20"});
    child c(std::move(words));
    EXPECT_TRUE(this->at.run_until([&] { return c.has_ended(); }, 30s));
    EXPECT_EQ(c.code(), 0) << c.err() << proxy->log();
    return c.out();
  }

  upstream handler;
  std::optional<nginx> proxy;
  temporary_folder files_here;
};
TYPED_TEST_SUITE(behind_nginx_on, real_loops, loop_names);

TYPED_TEST(behind_nginx_on, keeps_its_connections) {
  this->start(this->served());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(this->curl({"-d", std::to_string(i), this->proxy->url("/")}), std::to_string(i));
  }
  EXPECT_EQ(this->handler.peers.size(), 1u);
  EXPECT_EQ(this->server->connections(), 1u);
  EXPECT_THAT(this->handler.versions, ::testing::Each(1));
  // Without the setting it speaks HTTP/1.0.
  EXPECT_EQ(this->curl({"-d", "old", this->proxy->url("/old")}), "old");
  EXPECT_EQ(this->handler.versions.back(), 0);
}

TYPED_TEST(behind_nginx_on, large_bodies_both_ways) {
  this->start(this->served());
  const std::string body = letters(3'000'000);
  const std::string file = this->files_here.write("body", body);
  for (const std::string path : {"/", "/unbuffered", "/old"}) {
    const std::string got = this->curl({"--data-binary", "@" + file, this->proxy->url(path)});
    EXPECT_TRUE(got == body) << path << ": " << got.size();
    const std::string chunks = this->curl(
        {"--data-binary", "@" + file, "-H", "Transfer-Encoding: chunked", this->proxy->url(path)});
    EXPECT_TRUE(chunks == body) << path << " in chunks: " << chunks.size();
  }
  EXPECT_THAT(this->handler.echo.faults, ::testing::IsEmpty());
}

TYPED_TEST(behind_nginx_on, its_refusals_are_passed_on) {
  // Answers complete requests: the limit speaks before it.
  auto& greeting = this->script(
      [](http_peer& peer, http::request_id id, time_point now) { say(peer, id, "hello", now); });
  auto c = this->served();
  c.limits.message.body = 1000;
  this->start(greeting, std::move(c));
  const std::string file = this->files_here.write("body", letters(200'000));
  EXPECT_EQ(this->curl({"-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@" + file,
                        this->proxy->url("/")}),
            "413");
  EXPECT_EQ(this->curl({"-d", "small", this->proxy->url("/")}), "hello");
}

TYPED_TEST(behind_nginx_on, a_client_that_goes_away) {
  this->start(this->served());
  child gone({"curl", "-q", "--silent", this->proxy->url("/held")});
  ASSERT_TRUE(this->at.run_until([&] { return this->handler.held != nullptr; }));
  gone.kill();
  // nginx gives our connection up as well; the answer that comes then finds nobody.
  const auto is_noted = [&] { return this->proxy->log().contains("prematurely closed"); };
  ASSERT_TRUE(this->at.run_until(is_noted)) << this->proxy->log();
  if (this->handler.closes == 0) {
    say(*this->handler.held, this->handler.held_id, "too late", this->home.now());
    this->handler.held->wake();
  }
  EXPECT_TRUE(this->at.run_until([&] { return this->handler.closes > 0; }));
  EXPECT_EQ(this->curl({"-d", "next", this->proxy->url("/")}), "next");
}

// --- behind our client --------------------------------------------------------------------

template <class L>
class nginx_origin_on : public http_on<L> {
 protected:
  nginx_origin_on() {
    origin.emplace(R"(
      server {
        listen 127.0.0.1:PORT;
        root FOLDER;
        keepalive_timeout 1s;
        location /chunks/ { ssi on; alias FOLDER/; }
        location /zipped/ { gzip on; gzip_min_length 1; alias FOLDER/; }
        location = /moved { return 301 /page.html; }
        location = /nothing { return 204; }
        location = /gone { return 444; }
        location = /closes { keepalive_timeout 0; return 200 "last"; }
      })");
    origin->folder.write("page.html", "hello");
    this->port = origin->port();
  }

  std::optional<nginx> origin;
};
TYPED_TEST_SUITE(nginx_origin_on, real_loops, loop_names);

TYPED_TEST(nginx_origin_on, files_with_a_length_and_in_chunks) {
  const std::string large = letters(5u << 20);
  this->origin->folder.write("large.html", large);
  http_client web(this->home, this->asked());
  const http_reply page = this->got(web, http_request("GET", "/page.html"));
  EXPECT_EQ(page.text(), "hello") << page.reason;
  EXPECT_EQ(page.headers.find("content-length"), "5");
  EXPECT_TRUE(this->got(web, http_request("GET", "/large.html")).body == large);
  const http_reply chunks = this->got(web, http_request("GET", "/chunks/large.html"));
  EXPECT_EQ(chunks.headers.find("transfer-encoding"), "chunked");
  EXPECT_TRUE(chunks.body == large) << chunks.body.size() << chunks.reason;
  const http_reply head = this->got(web, http_request("HEAD", "/page.html"));
  EXPECT_EQ(head.headers.find("content-length"), "5");
  EXPECT_EQ(head.text(), "");
  EXPECT_EQ(this->got(web, http_request("GET", "/nothing")).status, 204);
  EXPECT_EQ(web.connects(), 1u);
}

TYPED_TEST(nginx_origin_on, coded_bodies) {
  const std::string large = letters(300'000);
  this->origin->folder.write("large.html", large);
  auto c = this->asked();
  c.limits.decode_bodies = true;
  http_client web(this->home, c);
  const http_reply r = this->got(web, http_request("GET", "/zipped/large.html"));
  EXPECT_TRUE(r.body == large) << r.body.size() << r.reason;
  EXPECT_THAT(this->origin->log(), ::testing::Not(HasSubstr("error")));
}

TYPED_TEST(nginx_origin_on, statuses_are_replies) {
  http_client web(this->home, this->asked());
  const http_reply moved = this->got(web, http_request("GET", "/moved"));
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(moved.headers.find("location"), this->origin->url("/page.html"));
  const http_reply missing = this->got(web, http_request("GET", "/none"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.reason, "Not Found");
  EXPECT_EQ(this->got(web, http_request("POST", "/page.html", "x")).status, 405);
  EXPECT_EQ(web.connects(), 1u);
  EXPECT_EQ(this->got(web, http_request("GET", "/closes")).text(), "last");
  EXPECT_EQ(this->got(web, http_request("GET", "/page.html")).text(), "hello");
  EXPECT_EQ(web.connects(), 2u);
}

TYPED_TEST(nginx_origin_on, an_end_without_a_reply) {
  http_client web(this->home, this->asked());
  const std::string why = this->refusal(web.call(http_request("GET", "/gone"))).to_string();
  EXPECT_THAT(why, HasSubstr("the connection was closed: GET " + this->origin->url("/gone") +
                             ": by the server, without a response"));
  EXPECT_EQ(this->got(web, http_request("GET", "/page.html")).text(), "hello");
}

// The server ends it while our loop does not run, so that the next request meets the end.
TYPED_TEST(nginx_origin_on, a_kept_connection_that_it_has_ended) {
  http_client web(this->home, this->asked());
  EXPECT_EQ(this->got(web, http_request("GET", "/page.html")).text(), "hello");
  std::this_thread::sleep_for(1500ms);
  EXPECT_EQ(this->got(web, http_request("GET", "/page.html")).text(), "hello");
  EXPECT_EQ(web.connects(), 2u);
}

TYPED_TEST(nginx_origin_on, a_body_above_max_body) {
  this->origin->folder.write("large.html", letters(5u << 20));
  auto c = this->asked();
  c.max_body = 1u << 20;
  http_client web(this->home, c);
  for (const char* path : {"/large.html", "/chunks/large.html"}) {
    EXPECT_EQ(this->refusal(web.call(http_request("GET", path))), errc::too_large);
  }
  EXPECT_EQ(this->got(web, http_request("GET", "/page.html")).text(), "hello");
}

TYPED_TEST(nginx_origin_on, over_tls) {
  nginx secure("server { listen 127.0.0.1:PORT ssl; root FOLDER; ssl_certificate " + files().chain +
               "; ssl_certificate_key " + files().key + "; }");
  secure.folder.write("page.html", "secret");
  this->port = secure.port();
  http_client web(this->home, this->asked(wire::tls));
  EXPECT_EQ(this->got(web, http_request("GET", "/page.html")).text(), "secret");
  EXPECT_EQ(this->got(web, http_request("GET", "/page.html")).text(), "secret");
  EXPECT_EQ(web.connects(), 1u);
  auto c = this->asked(wire::tls);
  c.tls.ca_certs = files().stranger;
  http_client wary(this->home, c);
  EXPECT_THAT(this->refusal(wary.call(http_request())).to_string(), HasSubstr("CN=here"));
  // In the clear nginx says what it thinks of it.
  http_client plain(this->home, this->asked());
  const http_reply r = this->got(plain, http_request());
  EXPECT_EQ(r.status, 400) << r.reason;
  EXPECT_THAT(r.body, HasSubstr("HTTPS port"));
}

}  // namespace
}  // namespace parley::test
#endif
