// A rest_provider that is a client, and servers that do what a test says, on loop L: the fixture of
// the tests that run on every loop.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <memory>
#include <parley/adapters/files/tls_maker.hpp>
#include <parley/codecs/http/http_server.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/http/rest_provider.hpp>
#include <parley/core/async/task.hpp>
#include <string>
#include <utility>
#include <vector>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/raw_peer.hpp"
#include "support/tls_files.hpp"

namespace parley::test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// What the two are connected by.
enum class wire { tcp, local, tls };
inline constexpr wire every_wire[] = {wire::tcp, wire::local, wire::tls};

// A request as a server has got it.
struct seen_request {
  std::string method, target, body;
  std::vector<std::pair<std::string, std::string>> fields;

  // "" if there is none.
  std::string field(std::string_view name) const {
    for (const auto& [n, v] : fields) {
      if (http::equals_ignoring_case(n, name)) return v;
    }
    return {};
  }
  std::string line() const { return method + " " + target; }
};

// What it answers.
struct canned {
  std::uint16_t status = 200;
  std::string body{};
  std::vector<std::pair<std::string, std::string>> fields{};
  bool is_silent = false;  // nothing at all
  bool hangs_up = false;   // the connection ends instead
};
inline canned json_reply(std::string text, std::uint16_t status = 200) {
  return {status, std::move(text), {{"Content-Type", "application/json"}}};
}
inline canned moved(std::uint16_t status, std::string to) {
  return {status, "elsewhere", {{"Location", std::move(to)}}};
}
inline canned silence() {
  canned c;
  c.is_silent = true;
  return c;
}
inline canned hang_up() {
  canned c;
  c.hangs_up = true;
  return c;
}

// An origin, whose answers are a function of the requests.
class scripted_origin final : public http_handler {
 public:
  using answer = std::function<canned(const seen_request&)>;
  scripted_origin(loop& home, answer what, http_server_config c) : what_(std::move(what)) {
    server.emplace(home, *this, std::move(c));
    const auto ok = server->listen();
    EXPECT_TRUE(ok) << ok.error().to_string();
  }

  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    if (const auto* begin = std::get_if<http::request_event>(&event)) {
      seen_request& r = under_way_[{&peer, begin->id}];
      r.method = begin->head->method_name;
      r.target = begin->head->target;
      for (const http::header h : begin->head->headers) {
        r.fields.emplace_back(h.name, h.value);
      }
    } else if (const auto* body = std::get_if<http::body_event>(&event)) {
      under_way_[{&peer, body->id}].body.append(as_text(body->data));
    } else if (const auto* end = std::get_if<http::request_end>(&event)) {
      seen.push_back(under_way_.extract({&peer, end->id}).mapped());
      give(peer, end->id, what_(seen.back()), now);
    } else if (std::holds_alternative<closed>(event)) {
      ++closes;
    }
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const seen_request& r : seen) all.push_back(r.line());
    return all;
  }

  std::optional<http_server> server;
  std::vector<seen_request> seen;
  int closes = 0;

 private:
  static void give(http_peer& peer, http::request_id id, const canned& c, time_point now) {
    if (c.is_silent) return;
    if (c.hangs_up) return peer.machine().close();
    std::vector<http::header> fields;
    for (const auto& [name, value] : c.fields) fields.push_back({name, value});
    EXPECT_TRUE(peer.machine().respond(id, {.status = c.status, .headers = fields}, c.body, now));
  }

  answer what_;
  std::map<std::pair<http_peer*, http::request_id>, seen_request> under_way_;
};

template <class L>
class rest_on : public loop_suite<L> {
 protected:
  rest_on() {
    lower.add("tls", parley::files::tls_maker());
    lower.add("tls_server", parley::files::tls_server_maker());
  }

  // An origin; its URL is url_of() it.
  scripted_origin& serve(scripted_origin::answer what, wire w = wire::tcp) {
    http_server_config c;
    c.port = 0;
    c.limits.message.body = std::uint64_t{64} << 20;
    if (w == wire::local) c.unix_socket = this->at.socket_path("rest" + std::to_string(count_++));
    if (w == wire::tls) {
      c.ssl = true;
      c.tls.certfile = files().chain;
      c.tls.keyfile = files().key;
      c.with = &lower;
    }
    return *origins_.emplace_back(
        std::make_unique<scripted_origin>(this->home, std::move(what), std::move(c)));
  }
  static std::string url_of(const scripted_origin& o, std::string_view user = {}) {
    const http_server_config& c = o.server->config();
    if (!c.unix_socket.empty()) return "http+unix://" + c.unix_socket;
    return std::string(c.ssl ? "https://" : "http://") + std::string(user) +
           "127.0.0.1:" + std::to_string(o.server->local_address()->port());
  }
  // One of raw bytes.
  std::string serve_raw(std::function<void(raw_peer&)> on_data) {
    auto& made = raw_.emplace_back(std::make_unique<raw_server>(std::move(on_data)));
    const auto where = made->listen(this->home, this->at.bind_address());
    return "http://127.0.0.1:" + std::to_string(where.port());
  }

  rest_config asking(std::string base_url) {
    rest_config c;
    c.is_server = false;
    c.base_url = std::move(base_url);
    c.ssl_ca_certs = files().ca;
    c.timeout = 10s;
    c.reconnect.base = 5ms;
    c.reconnect.cap = 50ms;
    c.with = &lower;
    c.watch = &watch;
    return c;
  }
  std::unique_ptr<rest_provider> up(rest_config c) {
    auto p = std::make_unique<rest_provider>(this->home, std::move(c));
    const auto ok = this->at.wait(p->initialize());
    EXPECT_TRUE(ok) << ok.error().to_string();
    return p;
  }
  std::unique_ptr<rest_provider> client_of(const scripted_origin& o) {
    return up(asking(url_of(o)));
  }

  callable named(rest_provider& p, std::string_view name) {
    return *this->at.wait(p.create_callable(name));
  }
  result<value> call(rest_provider& p, std::string_view name, const value& request = {},
                     call_options how = {}) {
    return this->at.wait(named(p, name).call(request, how));
  }
  // The value, or its error as text.
  value got(rest_provider& p, std::string_view name, const value& request = {},
            call_options how = {}) {
    auto v = call(p, name, request, how);
    return v ? *std::move(v) : value("error: " + v.error().to_string());
  }
  error refusal(rest_provider& p, std::string_view name, const value& request = {},
                call_options how = {}) {
    auto v = call(p, name, request, how);
    EXPECT_FALSE(v);
    return v ? error(errc::misuse) : v.error();
  }
  http_reply fetched(rest_provider& p, http_request r) {
    auto reply = this->at.wait(p.fetch(std::move(r)));
    if (reply) return *std::move(reply);
    http_reply none;
    none.reason = reply.error().to_string();
    return none;
  }

  static call_options by(std::string_view method) {
    call_options o;
    o.method = method;
    return o;
  }

  transports lower;
  watcher watch;

 private:
  std::vector<std::unique_ptr<scripted_origin>> origins_;
  std::vector<std::unique_ptr<raw_server>> raw_;
  int count_ = 0;
};

}  // namespace parley::test
