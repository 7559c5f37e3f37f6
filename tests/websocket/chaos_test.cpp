// A client and a server that say anything at any time, over a link that cuts, breaks and stops:
// each seed is another conversation. Every message arrives once, in order and as it was sent, up to
// the end; and each side ends once. A failing seed is printed and replays: PARLEY_SEED=n.
#include <parley/codecs/websocket/shared_message.hpp>

#include "support/pair.hpp"
#include "support/seeds.hpp"
#include "websocket/machine_script.hpp"

namespace parley::test {
namespace {

// What one side has said and heard.
struct ledger {
  std::vector<std::string> sent;   // those that were accepted as a whole
  std::vector<std::string> heard;  // the last one may not be whole
  std::string coming;              // of ours, in pieces
  opcode type = opcode::text;
  bool in_pieces = false;
  bool hears_piece = false;
  bool aborted = false;
  int opened = 0, closes = 0, failures = 0, closed = 0;
  std::string fault;
};

class storm {
 public:
  explicit storm(std::uint64_t seed) : random_(sim::prng::named(seed, "websocket")) {
    draw(server_settings_.connection);
    draw(client_settings_.connection);
    draw(server_settings_.handshake.deflate);
    draw(client_settings_.handshake.deflate);
    server_settings_.ask = random_.one_in(3);
    server_settings_.handshake_timeout = random_.between(1s, 20s);
    pair_options options{.seed = random_.next()};
    if (random_.one_in(4)) options.splitting = sim::split::every_byte;
    if (random_.one_in(4)) options.splitting = sim::split::never;
    if (random_.one_in(3)) options.window = 500 + random_.below(5000);
    most_ = options.splitting == sim::split::every_byte ? 500 : 40'000;
    link_.emplace(
        client_, [this](auto& e) { hear(client_, ours_, e); }, server_,
        [this](auto& e) { hear(server_, theirs_, e); }, options);
  }

  // What went wrong, or nothing.
  std::string run() {
    link_->start();
    if (!random_.one_in(3)) {
      settle();
      decide();
      settle();
    }
    for (std::uint64_t n = 20 + random_.below(100); n > 0; --n) {
      if (random_.one_in(2)) {
        act(client_, ours_);
      } else {
        act(server_, theirs_);
      }
      if (random_.one_in(150)) disturb();
      if (random_.one_in(3)) link_->advance(random_.between({}, random_.one_in(10) ? 40s : 1s));
      if (!random_.one_in(4)) (void)link_->drive_bounded(1 + random_.below(100));
      if (auto wrong = look(); !wrong.empty()) return wrong;
    }
    return end();
  }

  bool is_clean() const { return ours_.closes == 1 && theirs_.closes == 1; }
  std::size_t messages() const { return ours_.heard.size() + theirs_.heard.size(); }
  int failures() const { return ours_.failures + theirs_.failures; }

 private:
  void draw(websocket::connection_limits& l) {
    l.pieces = random_.one_in(2);
    l.high_water = 100 + random_.below(20'000);
    l.max_output = random_.one_in(4) ? 5000 : 200'000;
    if (random_.one_in(3)) l.ping_interval = {};
    l.ping_timeout = random_.between(2s, 20s);
  }
  void draw(websocket::deflate_settings& s) {
    s.enabled = !random_.one_in(4);
    s.own_max_window_bits = static_cast<std::uint8_t>(9 + random_.below(7));
    s.peer_max_window_bits = static_cast<std::uint8_t>(9 + random_.below(7));
    s.own_no_context_takeover = random_.one_in(3);
    s.peer_no_context_takeover = random_.one_in(3);
    s.memory_level = 4;
    s.level = 1;
  }

  std::string draw_text() {
    const std::size_t size = std::min<std::size_t>(most_, std::size_t{1} << random_.below(17));
    return letters(random_.below(size + 1), static_cast<std::uint32_t>(random_.below(20)));
  }
  time_point now() const { return link_->now(); }

  template <class M>
  void act(M& m, ledger& l) {
    switch (random_.below(16)) {
      default:
        say(m, l);
        break;
      case 7:
      case 8:
      case 9:
        say_piece(m, l);
        break;
      case 10:
        (void)m.ping(as_bytes("how are you?"), now());
        break;
      case 11:
        random_.one_in(3) ? m.hold() : m.go_on();
        break;
      case 12:
        m.release();
        break;
      case 13:
        if (random_.one_in(12)) (void)m.close(close_code{4000}, "enough", now());
        break;
      case 14:
        decide();
        break;
      case 15:
        if (random_.one_in(40)) {
          l.aborted = true;
          m.end_now();
        } else if (random_.one_in(40)) {
          m.fail(error(errc::cancelled), now());
        }
        break;
    }
    drain(m);
  }
  void drain(websocket::client&) { link_->first.drain(); }
  void drain(websocket::server&) { link_->second.drain(); }

  template <class M>
  void say(M& m, ledger& l) {
    std::string text = draw_text();
    const opcode type = random_.one_in(2) ? opcode::text : opcode::binary;
    bool ok = false;
    if (random_.one_in(3)) {
      ok = m.send(type, shared_bytes::copy(as_bytes(text)), now()).has_value();
    } else if (std::is_same_v<M, websocket::server> && random_.one_in(2)) {
      const auto shared = websocket::shared_message::make(type, as_bytes(text), &deflater_);
      ok = shared && m.send(*shared, now());
    } else {
      ok = m.send(type, as_bytes(text), now()).has_value();
    }
    if (ok) l.sent.push_back(std::move(text));
  }

  template <class M>
  void say_piece(M& m, ledger& l) {
    const std::string text = draw_text();
    const bool last = random_.one_in(3);
    if (!m.send_piece(opcode::text, as_bytes(text), last, now())) return;
    l.coming += text;
    if (last) l.sent.push_back(std::exchange(l.coming, {}));
  }

  void decide() {
    if (random_.one_in(5)) {
      (void)server_.refuse(403, {}, "no", now());
    } else {
      (void)server_.accept({}, now());
    }
    link_->second.drain();
  }

  void disturb() {
    switch (random_.below(4)) {
      case 0:
        return link_->break_link(error(errc::reset));
      case 1:
        return link_->cut();
      case 2:
        return link_->first.feed_eof();
      default:
        return link_->second.feed_eof();
    }
  }

  template <class M>
  void hear(M& m, ledger& l, websocket::event& e) {
    if (std::holds_alternative<websocket::opened>(e)) ++l.opened;
    if (const auto* got = std::get_if<websocket::message_event>(&e)) {
      l.heard.emplace_back(got->text());
      if (random_.one_in(8)) say(m, l);
      // Whatever was said meanwhile.
      if (l.heard.back() != got->text()) l.fault = "a view has changed";
    }
    if (const auto* p = std::get_if<websocket::piece_event>(&e)) {
      if (p->first == l.hears_piece) l.fault = "pieces in disorder";
      if (p->first) l.heard.emplace_back();
      l.heard.back() += as_text(p->data);
      l.hears_piece = !p->last;
    }
    if (std::holds_alternative<websocket::close_event>(e)) ++l.closes;
    if (const auto* f = std::get_if<failed>(&e)) {
      ++l.failures;
      // Neither side breaks a rule.
      const error_class kind = f->why.kind();
      if (l.opened > 0 && (kind == error_class::protocol || kind == error_class::limit)) {
        l.fault = f->why.to_string();
      }
    }
    if (std::holds_alternative<closed>(e)) l.closed = 1;
  }

  // What `l` has heard of what `from` has said.
  static std::string compare(const ledger& l, const ledger& from, bool whole) {
    if (!l.fault.empty()) return l.fault;
    if (l.closes + l.failures > 1) return "two ends";
    for (std::size_t i = 0; i < l.heard.size(); ++i) {
      const bool is_whole = i + 1 < l.heard.size() || !l.hears_piece;
      const std::string& said = i < from.sent.size() ? from.sent[i] : from.coming;
      if (i > from.sent.size() || (i == from.sent.size() && is_whole)) return "heard too much";
      if (is_whole ? l.heard[i] != said : !said.starts_with(l.heard[i])) return "heard otherwise";
    }
    const std::size_t heard = l.heard.size() - (l.hears_piece ? 1 : 0);
    if (whole && heard != from.sent.size()) return "a message was lost";
    return {};
  }
  std::string look() const {
    if (auto wrong = compare(ours_, theirs_, false); !wrong.empty()) return "client: " + wrong;
    if (auto wrong = compare(theirs_, ours_, false); !wrong.empty()) return "server: " + wrong;
    return {};
  }

  std::string end() {
    client_.go_on();
    server_.go_on();
    decide();
    settle();
    (void)client_.close(close_code::normal, "", now());
    if (random_.one_in(3)) (void)server_.close(close_code::going_away, "", now());
    settle();
    link_->advance(100s);
    // A link that was cut tells nobody, and not every server pings.
    (void)server_.close(close_code::going_away, "", now());
    settle();
    for (int i = 0; i < 3; ++i) link_->advance(100s);
    if (auto wrong = look(); !wrong.empty()) return wrong;
    for (const ledger* l : {&ours_, &theirs_}) {
      if (l->closed != 1) {
        return std::string(l == &ours_ ? "the client" : "the server") + " did not end: opened " +
               std::to_string(l->opened) + ", closes " + std::to_string(l->closes) + ", failures " +
               std::to_string(l->failures);
      }
      if (l->closes + l->failures == 0 && l->opened > 0 && !l->aborted) return "no word of the end";
    }
    // What was with the loop may be left: a loop gives up on who does not take it.
    if (!client_.is_done() || !server_.is_done() || client_.wants_read() || server_.wants_read() ||
        client_.next_deadline() || server_.next_deadline()) {
      return "something goes on";
    }
    if (!is_clean()) return {};
    if (auto wrong = compare(ours_, theirs_, true); !wrong.empty()) return "client: " + wrong;
    return compare(theirs_, ours_, true);
  }
  void settle() {
    for (int i = 0; i < 3; ++i) {
      link_->first.drain();
      link_->second.drain();
      link_->drive();
    }
  }

  sim::prng random_;
  std::size_t most_ = 0;
  websocket::server_settings server_settings_;
  websocket::client_settings client_settings_;
  websocket::shared_deflater deflater_{server_settings_.handshake.deflate};
  counting_source keys_;
  websocket::server server_{server_settings_};
  websocket::client client_{client_settings_, "example.com", "/", keys_};
  ledger ours_, theirs_;  // the client's, the server's
  std::optional<pair<websocket::client, websocket::server>> link_;
};

TEST(websocket_chaos, every_conversation_ends_well) {
  const auto seeds = chaos_seeds(10'000);
  std::size_t clean = 0, messages = 0, failures = 0;
  for (const std::uint64_t seed : seeds) {
    storm s(seed);
    ASSERT_EQ(s.run(), "") << replay(seed);
    ASSERT_FALSE(HasFailure()) << replay(seed);
    clean += s.is_clean() ? 1 : 0;
    messages += s.messages();
    failures += s.failures() > 0 ? 1 : 0;
  }
  if (seeds.size() == 1) return;
  EXPECT_GT(clean, seeds.size() / 4);
  EXPECT_GT(failures, seeds.size() / 10);
  EXPECT_GT(messages, 10 * seeds.size());
}

}  // namespace
}  // namespace parley::test
