// The servers of the chaos test: an echo that answers late, in pieces, early, not at all or not to
// the end, and that stops, listens again and is destroyed meanwhile.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <parley/adapters/sim/world.hpp>
#include <parley/codecs/http/http_server.hpp>
#include <parley/core/net/endpoint.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::test {

// A call and what became of it, at both ends.
struct chaos_call {
  std::string verb;
  std::size_t size = 0;  // of the body: that of a POST or PUT, else that of the reply
  int begun = 0;         // heads that a server got
  int executed = 0;      // requests that a server got in full
  int ended = 0;
};

// All calls of a seed. Their number names them, in the target and by its content in each body.
struct chaos_ledger {
  std::vector<chaos_call> calls;
  int succeeded = 0, cancelled = 0, failed = 0, early = 0, repeated = 0;
  int stops = 0, stopped = 0;
  std::string wrong;  // the first thing that is

  void blame(std::size_t id, std::string_view what) {
    if (wrong.empty()) wrong = "call " + std::to_string(id) + ": " + std::string(what);
  }

  // Bytes that are those of no other call, nor of another place in this one.
  std::string text_of(std::size_t id) const {
    sim::prng random(id);
    std::string text = std::to_string(id) + ' ';
    while (text.size() < calls[id].size) {
      const std::uint64_t word = random.next();
      text.append(reinterpret_cast<const char*>(&word), sizeof word);
    }
    text.resize(calls[id].size);
    return text;
  }
};

class chaos_server final : public http_handler {
 public:
  chaos_server(sim::world& world, sim::host& at, chaos_ledger& ledger)
      : world_(world),
        host_(at),
        ledger_(ledger),
        random_(sim::prng::named(world.seed(), at.name())) {
    config_.host = endpoint(host_.at(config_.port)).host();
    config_.stop_timeout = random_.between(duration{}, std::chrono::seconds(1));
    // Now and then it ends connections just when the next request comes.
    if (random_.one_in(3)) config_.limits.idle_timeout = std::chrono::milliseconds(150);
    if (random_.one_in(4)) config_.limits.high_water = 4000;
    compress_ = random_.one_in(8);
    host_.on_boot([this] { start_anew(); });
    start_anew();
  }

  // Ends, and is there again soon. To be called at any time.
  void disturb() {
    switch (random_.below(3)) {
      case 0:
        return destroy();
      case 1:  // orderly, and again once all was answered
        return stop([this] { listen(); });
      default:  // orderly, and again before that
        stop([] {});
        world_.after(some(600), [this] { listen(); });
    }
  }

  // From now on every request is answered at once, by a server that is there.
  void calm_down() {
    is_calm_ = true;
    if (!host_.is_up()) host_.restart();
    if (!server_ || !server_->is_listening()) start_anew();
  }
  void end() { server_.reset(); }
  std::size_t conversations() const { return open_.size(); }

 private:
  enum class mood : std::uint8_t {
    whole,
    last,
    late,
    pieces,
    streamed,
    early,
    broken,
    mute,
    fatal
  };
  struct exchange {
    std::size_t id = 0;
    mood how = mood::whole;
    std::string body;
    std::size_t sent = 0;
  };
  struct conversation : std::enable_shared_from_this<conversation> {
    explicit conversation(http_peer& p) : peer(p) {}
    http_peer& peer;
    std::map<http::request_id, exchange> requests;
  };
  using kept = std::shared_ptr<conversation>;

  duration some(unsigned most_ms) {
    return random_.between({}, std::chrono::milliseconds(most_ms));
  }

  void start_anew() {
    server_.emplace(host_, *this, config_);
    listen();
  }
  void listen() {
    // Without a host there is nothing to listen on; its boot function does it again.
    if (!server_ || server_->is_listening() || !host_.is_up()) return;
    if (auto ok = server_->listen(); !ok) ledger_.blame(0, "listen: " + ok.error().to_string());
  }
  void destroy() {
    server_.reset();
    world_.after(some(600), [this] {
      if (!server_ && host_.is_up()) start_anew();
    });
  }
  template <class F>
  void stop(F next) {
    if (!server_) return;
    ++ledger_.stops;
    server_->stop().then([this, next](result<void>) {
      ++ledger_.stopped;
      next();
    });
  }

  mood draw_mood() {
    if (is_calm_) return mood::whole;
    constexpr std::array weights{12U, 3U, 7U, 8U, 8U, 4U, 4U, 1U, 1U};
    std::uint64_t n = random_.below(48);
    std::uint8_t at = 0;
    while (n >= weights[at]) n -= weights[at++];
    return static_cast<mood>(at);
  }

  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    kept& c = open_[&peer];
    if (!c) c = std::make_shared<conversation>(peer);
    const kept one = c;  // the server may be destroyed inside
    if (const auto* begin = std::get_if<http::request_event>(&event)) {
      begin_request(*one, *begin, now);
    } else if (const auto* body = std::get_if<http::body_event>(&event)) {
      take_body(*one, *body, now);
    } else if (const auto* end = std::get_if<http::request_end>(&event)) {
      end_request(*one, end->id, now);
    } else if (std::holds_alternative<closed>(event)) {
      open_.erase(&peer);
    }
  }

  void begin_request(conversation& c, const http::request_event& r, time_point now) {
    exchange& x = c.requests[r.id];
    // "/12": what else comes is a fault of this test or of the way here.
    x.id = std::strtoull(std::string(r.head->target.substr(1)).c_str(), nullptr, 10);
    if (x.id >= ledger_.calls.size()) return ledger_.blame(x.id, "nobody has asked for that");
    chaos_call& call = ledger_.calls[x.id];
    if (r.head->method_name != call.verb) ledger_.blame(x.id, "another method arrived");
    ledger_.repeated += ++call.begun > 1;
    if (call.begun > (call.verb == "POST" ? 1 : 2)) ledger_.blame(x.id, "sent too often");
    x.how = draw_mood();
    if (x.how == mood::early) {
      (void)respond(c, r.id, 413, "early", now);
    } else if (x.how == mood::streamed) {
      (void)begin(c, r.id, now);
    }
  }

  void take_body(conversation& c, const http::body_event& e, time_point now) {
    exchange& x = c.requests[e.id];
    x.body.append(as_text(e.data));
    if (x.how == mood::streamed && !c.peer.machine().write(e.id, e.data, now)) {
      c.peer.machine().abandon(e.id);
    }
    // A slow reader.
    if (is_calm_ || !random_.one_in(12)) return;
    c.peer.machine().hold();
    later(c, 200, [](conversation& at) { at.peer.machine().go_on(); });
  }

  void end_request(conversation& c, http::request_id id, time_point now) {
    exchange& x = c.requests[id];
    ++ledger_.calls[x.id].executed;
    const std::string& verb = ledger_.calls[x.id].verb;
    const std::string text = ledger_.text_of(x.id);
    if (verb == "GET" || verb == "HEAD") {
      if (!x.body.empty()) ledger_.blame(x.id, "the server got a body from nowhere");
      x.body = text;
      if (x.how == mood::streamed) (void)c.peer.machine().write(id, as_bytes(text), now);
    } else if (x.body != text) {
      ledger_.blame(x.id, "the server got another body");
    }
    switch (x.how) {
      case mood::whole:
      case mood::last:
        return (void)respond(c, id, 200, x.body, now);
      case mood::late:
        // Some of them too late for the client.
        return later(c, random_.one_in(6) ? 6000 : 500, [this, id](conversation& at) {
          (void)respond(at, id, 200, at.requests[id].body, host_.now());
        });
      case mood::pieces:
      case mood::broken:
        if (random_.one_in(3)) (void)c.peer.machine().inform(id, 103, {}, now);
        if (begin(c, id, now)) go_on_with(c, id);
        return;
      case mood::streamed:
        return (void)c.peer.machine().finish(id, {}, now);
      case mood::fatal:
        // A request from before the calm may come late.
        if (!is_calm_) destroy();
        return;
      case mood::early:
        return ledger_.blame(x.id, "an end after its answer");
      case mood::mute:
        return;
    }
  }

  // Piece by piece, each after a while; a broken one ends in one way or another.
  void go_on_with(conversation& c, http::request_id id) {
    later(c, 60, [this, id](conversation& at) {
      exchange& x = at.requests[id];
      http::server& machine = at.peer.machine();
      if (x.how == mood::broken && random_.one_in(3)) {
        return random_.one_in(2) ? machine.abandon(id) : machine.close();
      }
      const std::string_view piece = std::string_view(x.body).substr(x.sent, x.body.size() / 3 + 1);
      x.sent += piece.size();
      if (!piece.empty() && !machine.write(id, as_bytes(piece), host_.now())) {
        return machine.abandon(id);
      }
      if (x.sent < x.body.size()) return go_on_with(at, id);
      (void)machine.finish(id, {}, host_.now());
    });
  }

  // `what` is done unless the connection has ended by then.
  template <class F>
  void later(conversation& c, unsigned most_ms, F what) {
    world_.after(some(most_ms), [weak = c.weak_from_this(), what]() mutable {
      const kept at = weak.lock();
      if (!at) return;
      what(*at);
      at->peer.wake();
    });
  }

  bool respond(conversation& c, http::request_id id, std::uint16_t status, std::string_view body,
               time_point now) {
    const std::string name = std::to_string(c.requests[id].id);
    const http::header field{"X-Id", name};
    const bool close = c.requests[id].how == mood::last;
    const http::response head{
        .status = status, .headers = {&field, 1}, .close = close, .compress = compress_};
    return c.peer.machine().respond(id, head, body, now).has_value();
  }
  bool begin(conversation& c, http::request_id id, time_point now) {
    const exchange& x = c.requests[id];
    const std::string name = std::to_string(x.id);
    const http::header field{"X-Id", name};
    std::optional<std::uint64_t> length;
    if (random_.one_in(2)) length = ledger_.calls[x.id].size;
    const http::response head{.headers = {&field, 1}, .compress = compress_};
    return c.peer.machine().begin(id, head, length, now).has_value();
  }

  sim::world& world_;
  sim::host& host_;
  chaos_ledger& ledger_;
  sim::prng random_;
  http_server_config config_;
  std::map<http_peer*, kept> open_;
  bool compress_ = false;
  bool is_calm_ = false;
  std::optional<http_server> server_;  // tells what is above of its end
};

}  // namespace parley::test
