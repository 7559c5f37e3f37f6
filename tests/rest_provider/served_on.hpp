// A rest_provider that serves, and an http_client that asks it, on loop L: the fixture of the tests
// of the server on every loop.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <parley/adapters/files/tls_maker.hpp>
#include <parley/codecs/http/http_client.hpp>
#include <parley/codecs/http/rest_provider.hpp>
#include <parley/codecs/json/json.hpp>
#include <string>
#include <vector>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_files.hpp"

namespace parley::test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using strings = std::vector<std::string>;
using reply_or_error = result<rest_reply>;

template <class L>
class rest_served_on : public loop_suite<L> {
 protected:
  rest_served_on() {
    lower.add("tls", parley::files::tls_maker());
    lower.add("tls_server", parley::files::tls_server_maker());
  }

  rest_config served() {
    rest_config c;
    c.host = "127.0.0.1";
    c.port = 0;
    c.with = &lower;
    c.watch = &watch;
    c.close_timeout = 2s;
    return c;
  }
  void start(rest_config c) {
    server.emplace(this->home, std::move(c));
    auto ok = this->at.wait(server->initialize());
    ASSERT_TRUE(ok) << ok.error().to_string();
    http_client_config to{.host = "127.0.0.1", .port = server->local_address()->port()};
    client = std::make_unique<http_client>(this->home, std::move(to));
  }
  void start() { start(served()); }

  http_reply ask(http_request request) {
    auto reply = this->at.wait(client->call(std::move(request)));
    EXPECT_TRUE(reply) << reply.error().to_string();
    return reply ? *std::move(reply) : http_reply();
  }
  http_reply ask(std::string verb, std::string target, std::string_view body = {},
                 std::string_view type = "application/json") {
    http_request r(std::move(verb), std::move(target), body);
    if (!body.empty()) r.headers.add("Content-Type", std::string(type));
    return ask(std::move(r));
  }
  // "200 text".
  std::string said(const http_reply& r) {
    return std::to_string(r.status) + " " + std::string(r.text());
  }
  std::string say(std::string verb, std::string target, std::string_view body = {},
                  std::string_view type = "application/json") {
    return said(ask(std::move(verb), std::move(target), body, type));
  }
  rest_route route(std::string_view method, std::string_view pattern, rest_handler handler) {
    auto r = server->route(method, pattern, std::move(handler));
    EXPECT_TRUE(r) << r.error().to_string();
    return *std::move(r);
  }

  std::unique_ptr<raw_peer> connect() {
    return std::make_unique<raw_peer>(
        this->home, this->at.bind_address().with_port(server->local_address()->port()));
  }

  transports lower;
  watcher watch;
  std::optional<rest_provider> server;
  std::unique_ptr<http_client> client;
};

// What a problem says, without what is the same everywhere.
inline std::string detail_of(const http_reply& r) {
  const auto v = json::parse(r.text());
  return v ? std::string((*v)["detail"].text()) : "no JSON: " + std::string(r.text());
}

}  // namespace parley::test
