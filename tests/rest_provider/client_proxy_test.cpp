// A proxy between a REST client and its origins, on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "rest_provider/rest_on.hpp"

namespace parley::test {
namespace {

// Makes tunnels, and answers absolute targets itself.
class little_proxy {
 public:
  little_proxy(loop& home, const address& at)
      : home_(home), server_([this](raw_peer& p) { take(p); }) {
    port = server_.listen(home, at).port();
  }
  std::string url(const std::string& user = {}) const {
    return "http://" + user + "127.0.0.1:" + std::to_string(port);
  }

  std::vector<std::string> heads;
  std::string refusal;  // instead of a tunnel
  bool is_silent = false;
  std::uint16_t port = 0;

 private:
  void take(raw_peer& p) {
    if (const auto at = far_.find(&p); at != far_.end()) {
      return at->second->send(std::exchange(p.received, {}));
    }
    on_each_head([this](raw_peer& near, const std::string& head) { answer(near, head); })(p);
  }
  void answer(raw_peer& p, const std::string& head) {
    heads.push_back(head);
    if (is_silent) return;
    if (!refusal.empty()) return p.send(refusal);
    if (!head.starts_with("CONNECT ")) {
      return p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy");
    }
    const std::string target = head.substr(8, head.find(' ', 8) - 8);
    const auto to = static_cast<std::uint16_t>(std::stoi(target.substr(target.find(':') + 1)));
    auto& far = far_[&p] = std::make_unique<raw_peer>(home_, *address::parse_ip("127.0.0.1", to));
    far->on_data = [&p](raw_peer& f) { p.send(std::exchange(f.received, {})); };
    p.send("HTTP/1.1 200 Connection established\r\n\r\n");
  }

  loop& home_;
  raw_server server_;
  std::map<raw_peer*, std::unique_ptr<raw_peer>> far_;
};

template <class L>
class rest_proxy_on : public rest_on<L> {
 protected:
  rest_config through(std::string base_url, const std::string& user = {}) {
    auto c = this->asking(std::move(base_url));
    c.proxy = proxy.url(user);
    c.max_retries = 0;
    return c;
  }
  little_proxy proxy{this->home, this->at.bind_address()};
};
TYPED_TEST_SUITE(rest_proxy_on, all_loops, loop_names);

TYPED_TEST(rest_proxy_on, a_tunnel_for_tls) {
  auto& origin = this->serve([](const seen_request& r) { return json_reply(r.body); }, wire::tls);
  const std::string url = this->url_of(origin);
  auto client = this->up(this->through(url, "ann:p%40ss@"));
  EXPECT_EQ(this->got(*client, "/x", 1), value(1));
  const value large(std::string(300'000, 'x'));
  EXPECT_TRUE(this->got(*client, "/x", large) == large);
  ASSERT_EQ(this->proxy.heads.size(), 1u);
  const std::string& head = this->proxy.heads.front();
  EXPECT_THAT(head, ::testing::StartsWith("CONNECT " + url.substr(8) + " HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nHost: " + url.substr(8) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nProxy-Authorization: Basic YW5uOnBAc3M=\r\n"));
  // The origin learns nothing of it.
  EXPECT_EQ(origin.seen.back().field("Proxy-Authorization"), "");
  EXPECT_EQ(origin.seen.back().target, "/x");
  EXPECT_EQ(client->status().connects, 1u);
}

// The certificate is the origin's affair, behind the proxy as before it.
TYPED_TEST(rest_proxy_on, a_tunnel_proves_nothing) {
  auto& origin = this->serve([](const seen_request&) { return json_reply("1"); }, wire::tls);
  auto c = this->through(this->url_of(origin));
  c.ssl_ca_certs = files().stranger;
  auto client = this->up(c);
  EXPECT_THAT(this->refusal(*client, "/x").to_string(), HasSubstr("CN=here"));
  EXPECT_EQ(origin.seen.size(), 0u);
}

TYPED_TEST(rest_proxy_on, absolute_targets) {
  auto client = this->up(this->through("http://origin.test:81/v1", "ann:pass@"));
  EXPECT_EQ(this->got(*client, "/x?y=1"), value("proxy"));
  const std::string& head = this->proxy.heads.front();
  EXPECT_THAT(head, ::testing::StartsWith("GET http://origin.test:81/v1/x?y=1 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nHost: origin.test:81\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nProxy-Authorization: Basic "));
  // A Unix socket needs none.
  auto& local = this->serve([](const seen_request&) { return json_reply("2"); }, wire::local);
  auto near = this->up(this->through(this->url_of(local)));
  EXPECT_EQ(this->got(*near, "/x"), value(2));
  EXPECT_EQ(this->proxy.heads.size(), 1u);
}

TYPED_TEST(rest_proxy_on, refusals) {
  this->proxy.refusal =
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
      "Content-Length: 3\r\n\r\nno!";
  auto client = this->up(this->through("https://origin.test"));
  const error why = this->refusal(*client, "/x");
  EXPECT_EQ(why, http::rest_errc::proxy_unauthorized);
  EXPECT_EQ(why.kind(), error_class::authentication);
  EXPECT_THAT(why.to_string(), HasSubstr("CONNECT origin.test:443: 407"));
  auto plain = this->up(this->through("http://origin.test"));
  EXPECT_EQ(this->refusal(*plain, "/x"), http::rest_errc::proxy_unauthorized);
  this->proxy.refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(this->refusal(*client, "/x"), http::rest_errc::proxy_refused);
  this->proxy.refusal = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(this->refusal(*client, "/x"), http::rest_errc::server_unavailable);
  this->proxy.refusal = "SSH-2.0-x\r\n";
  EXPECT_FALSE(this->call(*client, "/x"));
}

TYPED_TEST(rest_proxy_on, one_that_is_silent_or_gone) {
  this->proxy.is_silent = true;
  auto c = this->through("https://origin.test");
  c.connect_timeout = 40ms;
  auto client = this->up(c);
  const error late = this->refusal(*client, "/x");
  EXPECT_EQ(late, errc::timed_out);
  EXPECT_THAT(late.to_string(), HasSubstr("behind the proxy"));
  auto& gone = this->serve([](const seen_request&) { return json_reply("1"); });
  c.proxy = this->url_of(gone);
  gone.server.reset();
  auto lost = this->up(c);
  const error why = this->refusal(*lost, "/x");
  EXPECT_EQ(why, errc::refused);
  EXPECT_THAT(why.to_string(), HasSubstr("by the proxy"));
}

}  // namespace
}  // namespace parley::test
#endif
