// What a REST client says when it goes wrong, and that each call ends once, on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "rest_provider/rest_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_faults_on : public rest_on<L> {
 protected:
  // Quick to give up.
  rest_config hasty(std::string base_url) {
    auto c = this->asking(std::move(base_url));
    c.max_retries = 0;
    return c;
  }
};
TYPED_TEST_SUITE(rest_faults_on, all_loops, loop_names);

canned hello(const seen_request&) { return json_reply("\"hello\""); }

// S157: the address, and what to look at.
TYPED_TEST(rest_faults_on, nobody_is_there) {
  auto& gone = this->serve(hello);
  const std::string url = this->url_of(gone);
  gone.server.reset();
  auto client = this->up(this->hasty(url));
  const error why = this->refusal(*client, "/x?token=s3cr3t");
  EXPECT_EQ(why, errc::refused);
  EXPECT_THAT(why.to_string(), HasSubstr("GET " + url + "/x"));
  EXPECT_THAT(why.to_string(), Not(HasSubstr("s3cr3t")));
  EXPECT_NE(why.hint(), "");
}

// S158, S159: which certificate, and which file is missing.
TYPED_TEST(rest_faults_on, certificates) {
  auto& secure = this->serve(hello, wire::tls);
  auto c = this->hasty(this->url_of(secure));
  c.ssl_ca_certs = files().stranger;
  auto wary = this->up(c);
  EXPECT_THAT(this->refusal(*wary, "/x").to_string(), HasSubstr("CN=here"));
  c.ssl_ca_certs = "/no/such/ca.pem";
  auto lost = this->up(c);
  EXPECT_THAT(this->refusal(*lost, "/x").to_string(), HasSubstr("/no/such/ca.pem"));
  c.with = nullptr;
  auto bare = this->up(c);
  EXPECT_EQ(this->refusal(*bare, "/x"), errc::unavailable);
  EXPECT_EQ(secure.seen.size(), 0u);
  // In the clear to a port of TLS.
  std::string url = this->url_of(secure);
  auto plain = this->up(this->hasty(url.replace(0, 5, "http")));
  EXPECT_FALSE(this->call(*plain, "/x"));
}

// S145
TYPED_TEST(rest_faults_on, mutual_tls) {
  http_server_config s;
  s.port = 0;
  s.ssl = true;
  s.tls.certfile = files().chain;
  s.tls.keyfile = files().key;
  s.tls.ca_certs = files().ca;
  s.tls.clients = client_certificates::required;
  s.with = &this->lower;
  scripted_origin origin(this->home, hello, s);
  auto c = this->hasty(this->url_of(origin));
  auto stranger = this->up(c);
  EXPECT_FALSE(this->call(*stranger, "/x"));
  c.ssl_cert = files().client_chain;
  c.ssl_key = files().client_key;
  auto known = this->up(c);
  EXPECT_EQ(this->got(*known, "/x"), value("hello"));
}

TYPED_TEST(rest_faults_on, a_reply_that_is_too_large) {
  auto& origin =
      this->serve([](const seen_request&) { return canned{200, std::string(5000, 'x'), {}}; });
  const std::string endless = this->serve_raw(on_each_head([](raw_peer& p, const std::string&) {
    p.send("HTTP/1.1 200 OK\r\n\r\n" + std::string(5000, 'x'));
  }));
  auto c = this->hasty(this->url_of(origin));
  c.max_reply = 4000;
  auto client = this->up(c);
  const error why = this->refusal(*client, "/x");
  EXPECT_EQ(why, errc::too_large);
  EXPECT_THAT(why.to_string(), HasSubstr("max_reply is 4000"));
  EXPECT_EQ(this->refusal(*client, endless + "/x"), errc::too_large);
}

// S97, S153, and an origin that drips: the time is that of the whole call.
TYPED_TEST(rest_faults_on, time) {
  auto& origin = this->serve([](const seen_request&) { return silence(); });
  auto c = this->hasty(this->url_of(origin));
  c.timeout = 40ms;
  auto client = this->up(c);
  const error why = this->refusal(*client, "/x");
  EXPECT_EQ(why, errc::timed_out);
  EXPECT_THAT(why.to_string(), HasSubstr("there is no reply after"));
  // Its connection is not used again.
  EXPECT_EQ(this->refusal(*client, "/x"), errc::timed_out);
  EXPECT_EQ(client->status().connects, 2u);
  // A call has its own.
  auto patient = this->up(this->asking(this->url_of(origin)));
  call_options how;
  how.timeout = 30ms;
  EXPECT_EQ(this->refusal(*patient, "/x", {}, how), errc::timed_out);

  struct drip final : timer {
    drip(loop& l, raw_peer& p) : home(l), peer(p) { fired(home.now()); }
    void fired(time_point now) override {
      peer.send("x");
      home.set_timer(*this, now + 5ms);
    }
    loop& home;
    raw_peer& peer;
  };
  std::unique_ptr<drip> tap;
  const std::string slow = this->serve_raw(on_each_head([&](raw_peer& p, const std::string&) {
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    tap = std::make_unique<drip>(this->home, p);
  }));
  how.timeout = 100ms;
  const error dripped = this->refusal(*patient, slow + "/x", {}, how);
  tap.reset();
  EXPECT_EQ(dripped, errc::timed_out);
  EXPECT_THAT(dripped.to_string(), HasSubstr("bytes of its body have come"));
  // A handshake of TLS that nobody answers: one connection is not busy, but not there yet.
  const std::string mute = this->serve_raw(on_each_head([](raw_peer&, const std::string&) {}));
  const error unmet = this->refusal(*patient, "https" + mute.substr(4) + "/x", {}, how);
  EXPECT_EQ(unmet, errc::timed_out);
  EXPECT_THAT(unmet.to_string(), HasSubstr("no connection is open after"));
}

TYPED_TEST(rest_faults_on, a_full_queue) {
  auto& origin = this->serve([](const seen_request&) { return silence(); });
  auto c = this->asking(this->url_of(origin));
  c.max_connections = 2;
  c.max_queue = 3;
  auto client = this->up(c);
  auto api = this->named(*client, "/x");
  std::vector<operation<value>> held;
  held.reserve(5);
  for (int i = 0; i < 5; ++i) held.push_back(api.call({}));
  const auto extra = this->at.wait(api.call({}));
  ASSERT_FALSE(extra);
  EXPECT_EQ(extra.error(), errc::queue_full);
  EXPECT_EQ(client->status().pending, 5u);
  EXPECT_TRUE(this->at.run_until([&] { return origin.seen.size() == 2; }));
  // One that waits gives its place up, and so does one that was sent.
  held[4].cancel();
  EXPECT_EQ(this->at.wait(std::move(held[4])).error(), errc::cancelled);
  held[0].cancel();
  EXPECT_TRUE(this->at.run_until([&] { return origin.seen.size() == 3; }));
  EXPECT_EQ(client->status().pending, 3u);
  EXPECT_EQ(client->status().connects, 3u);
}

TYPED_TEST(rest_faults_on, the_provider_goes) {
  auto& origin = this->serve([](const seen_request&) { return silence(); });
  auto client = this->client_of(origin);
  auto api = this->named(*client, "/x");
  auto one = api.call({});
  auto two = client->fetch(http_request());
  ASSERT_TRUE(this->at.run_until([&] { return origin.seen.size() == 2; }));
  client.reset();
  EXPECT_EQ(this->at.wait(std::move(one)).error(), errc::cancelled);
  EXPECT_EQ(this->at.wait(std::move(two)).error(), errc::cancelled);
  EXPECT_EQ(this->at.wait(api.call({})).error(), errc::not_connected);
}

TYPED_TEST(rest_faults_on, close_and_begin_again) {
  auto& origin = this->serve(hello);
  auto client = this->client_of(origin);
  EXPECT_EQ(client->status().state, provider_state::up);
  EXPECT_EQ(this->got(*client, "/x"), value("hello"));
  EXPECT_TRUE(this->at.wait(client->close()));
  EXPECT_EQ(client->status().state, provider_state::closed);
  EXPECT_TRUE(this->at.run_until([&] { return origin.closes == 1; }));
  EXPECT_EQ(this->at.wait(client->create_callable("/x")).error(), errc::not_connected);
  EXPECT_TRUE(this->at.wait(client->initialize()));
  EXPECT_EQ(this->got(*client, "/x"), value("hello"));
  EXPECT_THAT(this->watch.states,
              ElementsAre(provider_state::up, provider_state::closed, provider_state::up));
}

TYPED_TEST(rest_faults_on, what_is_no_http) {
  const std::string url = this->serve_raw([](raw_peer& p) { p.send("SSH-2.0-x\r\n"); });
  auto client = this->up(this->hasty(url));
  EXPECT_THAT(this->refusal(*client, "/x").to_string(), HasSubstr("it answered \"SSH-"));
}

}  // namespace
}  // namespace parley::test
#endif
