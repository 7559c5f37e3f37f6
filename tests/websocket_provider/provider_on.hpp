// A websocket_provider that serves and ones that are its clients, on loop L: the fixture of the
// tests that run on every loop.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <parley/adapters/files/tls_maker.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/websocket_provider.hpp>
#include <parley/codecs/websocket/websocket_server.hpp>
#include <parley/core/async/task.hpp>
#include <string>
#include <vector>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/tls_files.hpp"

namespace parley::test {

using strings = std::vector<std::string>;

template <class L>
class websocket_provider_on : public loop_suite<L> {
 protected:
  websocket_provider_on() {
    lower.add("tls", parley::files::tls_maker());
    lower.add("tls_server", parley::files::tls_server_maker());
  }

  websocket_config served() {
    websocket_config c;
    c.host = "127.0.0.1";
    c.port = port;
    c.with = &lower;
    return c;
  }
  // Of the server that is up.
  websocket_config called(std::string_view path = "/") {
    websocket_config c;
    c.is_server = false;
    c.uri = "ws://127.0.0.1:" + std::to_string(port) + std::string(path);
    c.connect_timeout = 2s;
    c.reconnect.base = 5ms;
    c.reconnect.cap = 50ms;
    c.with = &lower;
    c.watch = &watch;
    return c;
  }
  std::unique_ptr<websocket_provider> up(websocket_config c) {
    auto p = std::make_unique<websocket_provider>(this->home, std::move(c));
    auto ok = this->at.wait(p->initialize());
    EXPECT_TRUE(ok) << ok.error().to_string();
    if (const auto where = p->local_address()) port = where->port();
    return p;
  }
  std::unique_ptr<websocket_provider> serve() { return up(served()); }
  std::unique_ptr<websocket_provider> call() { return up(called()); }

  speaker listen(websocket_provider& p, std::string_view name, strings& to) {
    auto s = this->at.wait(p.create_speaker(name, [&to](const message& m) {
      to.push_back(std::string(m.topic()) + ":" + std::string(m.text()));
    }));
    EXPECT_TRUE(s) << s.error().to_string();
    return *s;
  }
  speaker speak(websocket_provider& p, std::string_view name) {
    auto s = this->at.wait(p.create_speaker(name));
    EXPECT_TRUE(s) << s.error().to_string();
    return *s;
  }
  std::int64_t shout(speaker& s, const value& v) {
    auto sent = this->at.wait(s.shout(v));
    EXPECT_TRUE(sent) << sent.error().to_string();
    return sent ? sent->receivers : -2;
  }

  transports lower;
  watcher watch;
  std::uint16_t port = 0;
};

}  // namespace parley::test
