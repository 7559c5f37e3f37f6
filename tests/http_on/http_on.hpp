// An http_server and an http_client on loop L: the fixture of the tests that run on every loop.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <parley/adapters/files/tls_maker.hpp>
#include <parley/codecs/http/http_client.hpp>
#include <parley/codecs/http/http_server.hpp>
#include <parley/core/async/task.hpp>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/http_echo.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_files.hpp"

namespace parley::test {

using ::testing::HasSubstr;

// What the two are connected by.
enum class wire { tcp, local, tls };
inline constexpr wire every_wire[] = {wire::tcp, wire::local, wire::tls};
inline const char* name_of(wire w) {
  return w == wire::tcp ? "TCP" : w == wire::local ? "a Unix socket" : "TLS";
}

// Gives each complete request to a function of the test.
class http_script final : public http_handler {
 public:
  using answer = std::function<void(http_peer&, http::request_id, time_point)>;
  explicit http_script(answer what) : what_(std::move(what)) {}

  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    if (const auto* begin = std::get_if<http::request_event>(&event)) {
      requests.push_back(std::string(begin->head->method_name) + " " +
                         std::string(begin->head->target));
    } else if (const auto* end = std::get_if<http::request_end>(&event)) {
      // A copy: the server may be destroyed inside, and this handler with it.
      const answer what = what_;
      what(peer, end->id, now);
    } else if (std::holds_alternative<closed>(event)) {
      ++closes;
      if (on_closed) on_closed(peer);
    }
  }

  std::function<void(http_peer&)> on_closed;

  std::vector<std::string> requests;
  int closes = 0;

 private:
  answer what_;
};

inline void say(http_peer& peer, http::request_id id, std::string_view text, time_point now) {
  EXPECT_TRUE(peer.machine().respond(id, {}, text, now));
}

template <class L>
class http_on : public loop_suite<L> {
 protected:
  http_on() {
    lower.add("tls", parley::files::tls_maker());
    lower.add("tls_server", parley::files::tls_server_maker());
  }

  // Handlers outlive their server, which is why those of a test live in here.
  void TearDown() override { server.reset(); }
  template <class H>
  H& keep(std::unique_ptr<H> handler) {
    H& kept = *handler;
    kept_.push_back(std::move(handler));
    return kept;
  }
  http_script& script(http_script::answer what) {
    return keep(std::make_unique<http_script>(std::move(what)));
  }

  http_server_config served(wire w = wire::tcp) {
    http_server_config c;
    c.port = 0;
    c.limits.message.body = std::uint64_t{64} << 20;
    if (w == wire::local) c.unix_socket = this->at.socket_path("http");
    if (w == wire::tls) {
      c.ssl = true;
      c.tls.certfile = files().chain;
      c.tls.keyfile = files().key;
      c.with = &lower;
    }
    return c;
  }
  void serve(http_handler& handler, http_server_config c) {
    if (port != 0) c.port = port;
    server = std::make_unique<http_server>(this->home, handler, std::move(c));
    const auto ok = server->listen();
    ASSERT_TRUE(ok) << ok.error().to_string();
    port = server->local_address()->port();
  }
  void serve(http_handler& handler, wire w = wire::tcp) { serve(handler, served(w)); }

  http_client_config asked(wire w = wire::tcp) {
    http_client_config c;
    c.port = port;
    c.timeout = 10s;
    if (w == wire::local) c.unix_socket = this->at.socket_path("http");
    if (w == wire::tls) {
      c.ssl = true;
      c.tls.ca_certs = files().ca;
      c.with = &lower;
    }
    return c;
  }
  // The reply, or one with the error in its reason and no status.
  http_reply got(operation<http_reply> op) {
    auto r = this->at.wait(std::move(op));
    if (r) return *std::move(r);
    http_reply none;
    none.reason = r.error().to_string();
    return none;
  }
  http_reply got(http_client& c, http_request r) { return got(c.call(std::move(r))); }
  error refusal(operation<http_reply> op) {
    auto r = this->at.wait(std::move(op));
    EXPECT_FALSE(r) << r->status;
    return r ? error(errc::misuse) : r.error();
  }
  // The next wire: nothing of the last one stays.
  void reset() {
    server.reset();
    port = 0;
  }

  transports lower;
  watcher watch;
  std::uint16_t port = 0;
  std::unique_ptr<http_server> server;

 private:
  std::vector<std::shared_ptr<void>> kept_;
};

}  // namespace parley::test
