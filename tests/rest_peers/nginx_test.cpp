// nginx in front of the REST server, on every loop with real sockets.
#include "support/nginx.hpp"
#include "rest_peers/peers_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_behind_nginx_on : public peers_on<L> {
 protected:
  void start() {
    this->serve();
    proxy.emplace(R"(
      upstream ours { server 127.0.0.1:)" +
                  std::to_string(this->server->local_address()->port()) + R"(; keepalive 4; }
      server {
        listen 127.0.0.1:PORT;
        client_max_body_size 100m;
        location / {
          proxy_pass http://ours;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header X-Request-Id $request_id;
        }
        location /upload {
          proxy_pass http://ours;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_request_buffering off;
        }
        location /events {
          proxy_pass http://ours;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_buffering off;
          proxy_read_timeout 1h;
        }
      })");
  }
  std::string ask(std::vector<std::string> words, const std::string& path) {
    words.push_back(proxy->url(path));
    const auto r = run_curl(this->at, std::move(words));
    EXPECT_EQ(r.code, 0) << proxy->log();
    return r.out;
  }

  std::optional<nginx> proxy;
  temporary_folder folder;
};
TYPED_TEST_SUITE(rest_behind_nginx_on, real_loops, loop_names);

TYPED_TEST(rest_behind_nginx_on, calls_on_kept_connections) {
  this->start();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(this->ask({"--json", "{\"value\":" + std::to_string(i) + "}"}, "/api/calculate"),
              "{\"result\":" + std::to_string(2 * i) + "}");
  }
  EXPECT_EQ(this->server->connections(), 1u);
  for (const std::string method : {"GET", "PUT", "DELETE", "PATCH"}) {
    EXPECT_EQ(this->ask({"-X", method, "-d", "x"}, "/items/1"), method + " 1 x");
  }
  EXPECT_THAT(this->ask({"-I"}, "/items/1"), HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(this->ask({"-i"}, "/none"), HasSubstr("404 Not Found"));
  EXPECT_EQ(this->ask({"--compressed"}, "/large").size(), 200'000u);
  EXPECT_EQ(this->server->connections(), 1u);
  // The proxy names the request, and it keeps its name.
  const std::string named = this->ask({"-i"}, "/items/1");
  const std::size_t from = named.find("X-Request-Id: ");
  ASSERT_NE(from, std::string::npos) << named;
  EXPECT_EQ(named.find("\r\n", from) - from - 14, 32u) << named;
}

TYPED_TEST(rest_behind_nginx_on, uploads_as_they_come) {
  this->start();
  const std::string file = this->folder.write("f", std::string(10'000'000, 'f'));
  EXPECT_EQ(this->ask({"-F", "file=@" + file}, "/upload"), "file=f:10000000;");
  const std::string large = this->folder.write("g", std::string((1 << 20) + 1, 'g'));
  EXPECT_EQ(
      this->ask({"--data-binary", "@" + large, "-o", "/dev/null", "-w", "%{http_code}"}, "/size"),
      "413");
  EXPECT_EQ(this->ask({"-d", "after"}, "/size"), "5");
}

TYPED_TEST(rest_behind_nginx_on, events_go_through_at_once) {
  this->start();
  auto news = this->at.wait(this->server->create_speaker("news/sport"));
  ASSERT_TRUE(news);
  child ear({"curl", "-q", "--silent", "-N", this->proxy->url("/events?channel=news%2F%23")});
  const auto heard = [&](const std::string& text) {
    return this->at.run_until([&] { return ear.out().contains(text); });
  };
  ASSERT_TRUE(heard(":")) << this->proxy->log();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(this->at.wait(news->shout(parley::fields("n", i))));
    EXPECT_TRUE(heard("data: {\"n\":" + std::to_string(i) + "}\n\n")) << ear.out();
  }
  EXPECT_THAT(ear.out(), HasSubstr("event: news/sport\n"));
  // Who went away is noticed through the proxy as well.
  ear.kill();
  EXPECT_TRUE(this->at.run_until([&] {
    auto sent = this->at.wait(news->shout("anybody?"));
    return sent && sent->receivers == 0;
  }));
}

}  // namespace
}  // namespace parley::test
