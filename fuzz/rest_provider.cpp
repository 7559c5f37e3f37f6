// A whole REST server over simulated links: clients that say anything, in pieces of any size, and
// handlers that answer at once, late, in pieces, or never. Whatever happens: what each client gets
// is valid HTTP in the order of its requests, nothing is 500 but what the handlers did, and nothing
// is left when the provider has gone.
#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <parley/adapters/sim/world.hpp>
#include <parley/codecs/http/decoder.hpp>
#include <parley/codecs/http/rest/multipart.hpp>
#include <parley/codecs/http/rest_auth.hpp>
#include <parley/codecs/http/rest_provider.hpp>
#include <parley/core/net/endpoint.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/raw_peer.hpp"
#include "support/reader.hpp"

namespace {

using namespace parley;
using fuzz::must;
using fuzz::reader;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Requests that get as far as a handler; the input chooses among them.
constexpr auto phrases = std::to_array<std::string_view>({
    "GET /text?say=hello HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /text?say=a%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /text HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", W/\"y\"\r\n\r\n",
    "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"
    "{\"a\":[1,2]}",
    "POST /json HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n{\"a\":\n",
    "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 9\r\n\r\na=1+2&b=%",
    "PUT /items/18446744073709551615 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "GET /items/x/../7 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /later HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /later HTTP/1.1\r\nHost: a\r\nX-Request-Id: me\r\n\r\n",
    "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    "Transfer-Encoding: chunked\r\n\r\n",
    "3f\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\r\n",
    "c\r\n\nabc\r\n--b--\r\r\n1\r\n\n\r\n0\r\n\r\n",
    "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1800\r\nExpect: 100-continue\r\n\r\n",
    "DELETE /throws HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /guarded HTTP/1.1\r\nHost: a\r\nX-API-Key: right\r\n\r\n",
    "GET /guarded HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /task HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
    "OPTIONS /items/7 HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\n"
    "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /events?channel=news%2F%23&channel=%2B HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /events/news/a HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 00000000-1\r\n\r\n",
    "POST /events/news/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
    "GET /added HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET /text HTTP/1.0\r\n\r\n",
    "GET /large HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
});

// One client: what it says and what it hears.
class client {
 public:
  client(sim::host& home, const address& to, const std::uint64_t& own_faults)
      : own_faults_(own_faults), wire_(home, to) {
    wire_.on_data = [this](test::raw_peer& p) {
      hear(p.received);
      p.received.clear();
    };
  }

  void say(std::string_view bytes) {
    listen_to_itself(bytes);
    wire_.send(bytes);
  }
  test::raw_peer& wire() { return wire_; }

 private:
  // Which requests there are, as the server reads them.
  void listen_to_itself(std::string_view bytes) {
    unsent_ += bytes;
    while (!is_odd_) {
      const http::part p = requests_.next(as_bytes(unsent_), fields_);
      is_odd_ = p.what == http::part_kind::failed || p.what == http::part_kind::no_room ||
                p.what == http::part_kind::tunnel;
      if (is_odd_) return;
      if (p.what == http::part_kind::head) {
        verbs_.push_back(requests_.request(p, fields_).verb);
      }
      unsent_.erase(0, p.consumed);
      if (p.what == http::part_kind::need_data) return;
    }
  }
  void hear(std::string_view bytes) {
    unread_ += bytes;
    for (;;) {
      if (replies_.is_idle() && !verbs_.empty()) replies_.expect_response_to(verbs_.front());
      const http::part p = replies_.next(as_bytes(unread_), fields_);
      must(p.what != http::part_kind::failed && p.what != http::part_kind::no_room);
      if (p.what == http::part_kind::head) {
        const auto head = replies_.response(p, fields_);
        is_final_ = head.status >= 200;
        must(head.status != 500 || own_faults_ > 0);
        must(!head.headers.find("X-Evil"));
      } else if (p.what == http::part_kind::end && is_final_ && !verbs_.empty()) {
        verbs_.pop_front();
      }
      unread_.erase(0, p.consumed);
      if (p.what == http::part_kind::need_data || p.what == http::part_kind::tunnel) return;
    }
  }

  const std::uint64_t& own_faults_;
  http::limits asked_;
  http::limits heard_{.body = UINT64_MAX};
  http::decoder requests_{http::role::request, asked_};
  http::decoder replies_{http::role::response, heard_};
  std::array<http::field_place, 100> fields_;
  std::deque<http::method> verbs_;
  std::string unsent_, unread_;
  bool is_final_ = false;
  bool is_odd_ = false;  // what follows is no request any more
  test::raw_peer wire_;
};

// Reads an upload to its end.
struct upload : std::enable_shared_from_this<upload> {
  explicit upload(rest_responder r) : to(std::move(r)) {}
  void go_on() {
    to.read().then([self = shared_from_this()](result<std::string> piece) {
      if (!piece) return self->to.reply(piece.error());
      if (piece->empty()) {
        if (self->parts && !self->parts->finish()) return self->to.reply(error(errc::truncated));
        return self->to.reply(rest_reply::text(std::to_string(self->size)));
      }
      self->take(as_bytes(*piece));
      self->go_on();
    });
  }
  void take(byte_view in) {
    for (; parts;) {
      const auto step = parts->next(in);
      in = in.subspan(step.consumed);
      size += step.body.size();
      if (step.status == http::multipart_status::need_data ||
          step.status == http::multipart_status::failed ||
          step.status == http::multipart_status::end) {
        return;
      }
    }
  }
  rest_responder to;
  std::optional<http::multipart_decoder> parts;
  std::size_t size = 0;
};

class session {
 public:
  explicit session(reader in) : in_(in), world_(in_.byte()), bits_(in_.byte()) { begin(); }

  void run() {
    while (!in_.empty()) step();
    kept_.clear();
    gates_.clear();
    speakers_.clear();
    server_.reset();
    clients_.clear();
    world_.run_for(seconds(60));
    for (const int times : ended_) must(times == 1);
    must(there_.open_connections() == 0 && here_.open_connections() == 0);
  }

 private:
  rest_config config() const {
    rest_config c;
    c.host = endpoint(there_.at(80)).host();
    c.port = 80;
    c.max_body = (bits_ & 1) != 0 ? 8 : 1000;
    if ((bits_ & 2) != 0) c.timeout = seconds(1);
    if ((bits_ & 4) != 0) c.max_clients = 2;
    if ((bits_ & 8) != 0) {
      c.cors_origins = {"https://a.test"};
      c.cors.credentials = true;
      c.cors.headers = {"x-a"};
    }
    if ((bits_ & 16) != 0) c.relay = true;
    if ((bits_ & 32) != 0) {
      c.server_limits.high_water = 300;
      c.write_limit = 500;
      c.write_policy = overflow::close;
    }
    if ((bits_ & 64) != 0) c.history = 200;
    if ((bits_ & 128) != 0) c.slashes = http::trailing_slash::distinct;
    c.close_timeout = seconds(1);
    return c;
  }

  std::size_t open() {
    ended_.push_back(0);
    return ended_.size() - 1;
  }
  template <class T>
  void watch(operation<T> op) {
    const std::size_t entry = open();
    std::move(op).then([this, entry](result<T>) { must(++ended_[entry] == 1); });
  }

  void begin() {
    server_ = std::make_unique<rest_provider>(there_, config());
    watch(server_->initialize());
    add_routes();
  }

  void add_routes() {
    rest_handler text = [this](rest_request& r) -> result<rest_reply> {
      rest_reply reply = rest_reply::text(r.path());
      if (const auto say = r.query("say")) {
        own_faults_ += std::ranges::any_of(*say, [](char c) { return c < ' '; }) ? 1 : 0;
        own_faults_ += say->contains('\x7f') ? 1 : 0;
        reply.headers.add("X-Said", std::string(*say));
      }
      reply.tag = true;
      return reply;
    };
    rest_handler item = [](rest_request& r) -> result<rest_reply> {
      return parley::fields("id", r["parameters"]["id"], "body", r.text().size());
    };
    rest_handler large = [](rest_request&) -> result<rest_reply> {
      return rest_reply::text(std::string(3000, 'l'));
    };
    rest_handler throws = [this](rest_request&) -> result<rest_reply> {
      ++own_faults_;
      throw std::runtime_error("as it likes");
    };
    rest_async_handler later = [this](rest_responder r) { kept_.push_back(std::move(r)); };
    rest_async_handler takes = [](rest_responder r) {
      auto made = http::multipart_decoder::make(r.request().header("Content-Type").value_or(""));
      const auto all = std::make_shared<upload>(std::move(r));
      if (made) all->parts.emplace(*std::move(made));
      all->go_on();
    };
    rest_task_handler waits = [](rest_request& r) -> rest_task {
      co_return rest_reply::text(r.id());
    };
    must(server_->route("GET", "/text", std::move(text)).has_value());
    must(server_->route("PUT", "/items/{id:uint}", std::move(item)).has_value());
    must(server_->route("GET", "/large", std::move(large)).has_value());
    must(server_->route("DELETE", "/throws", std::move(throws)).has_value());
    must(server_->route("GET", "/later", std::move(later)).has_value());
    must(server_->route("POST", "/task", std::move(waits)).has_value());
    auto uploads = server_->route("POST", "/upload", std::move(takes));
    must(uploads.has_value());
    uploads->stream_body(2000);
    add_guarded();
    rest_handler echo = [](rest_request& r) -> result<rest_reply> { return rest_reply(r.body()); };
    watch(server_->create_callable("/json", std::move(echo)));
    server_->log_access_with([](const rest_access& seen) {
      must(seen.status == 0 || (seen.status >= 200 && seen.status < 600));
    });
    rest_after stamp = [](const rest_request&, rest_reply& r) { r.headers.add("X-Seen", "1"); };
    server_->use_after(std::move(stamp));
  }
  void add_guarded() {
    rest_handler inside = [](rest_request& r) -> result<rest_reply> {
      return rest_reply::text(r.user());
    };
    auto guarded = server_->route("GET", "/guarded", std::move(inside));
    must(guarded.has_value());
    guarded->use(require_api_key([](std::string_view key) -> std::optional<std::string> {
      return key == "right" ? std::optional<std::string>("ann") : std::nullopt;
    }));
    guarded->use([this](rest_gate g) { gates_.push_back(std::move(g)); });
  }

  void step() {
    const std::uint8_t what = in_.byte();
    switch (what % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
        return say(phrases[in_.byte() % phrases.size()], what / 16);
      case 4:
        return say(in_.bytes(in_.byte()), what / 16);
      case 5:
      case 6:
        return answer(in_.byte());
      case 7:
        return decide(in_.byte());
      case 8:
        return shout(in_.byte());
      case 9:
      case 10:
        world_.run_for(milliseconds(in_.byte() % 64));
        return;
      case 11:
        world_.run_for(milliseconds(100 * in_.byte()));
        return;
      case 12:
        clients_.push_back(std::make_unique<client>(here_, there_.at(80), own_faults_));
        return;
      case 13:
        return disturb(in_.byte());
      case 14:
        return change_routes(in_.byte());
      default:
        return end(in_.byte());
    }
  }

  client& speaks() {
    if (clients_.empty()) {
      clients_.push_back(std::make_unique<client>(here_, there_.at(80), own_faults_));
    }
    return *clients_[turn_++ / 4 % clients_.size()];
  }
  // Whole, or in pieces that arrive one by one.
  void say(std::string_view bytes, unsigned pieces) {
    client& c = speaks();
    const std::size_t portion = std::max<std::size_t>(1, bytes.size() / (pieces + 1));
    while (!bytes.empty()) {
      c.say(bytes.substr(0, portion));
      bytes.remove_prefix(std::min(portion, bytes.size()));
      if (pieces > 0) world_.run_for(milliseconds(1));
    }
  }
  void answer(std::uint8_t how) {
    if (kept_.empty()) return;
    const auto at = kept_.begin() + how / 8 % static_cast<int>(kept_.size());
    rest_reply head = rest_reply::text("late");
    head.compress = (how & 64) != 0;
    switch (how % 8) {
      case 0:
        at->reply(std::move(head));
        return;
      case 1:
        (void)at->begin(head, (how & 128) != 0 ? std::optional<std::uint64_t>(10) : std::nullopt);
        return;
      case 2:
      case 3:
        (void)at->write(as_bytes(std::string(how, 'w')));
        return;
      case 4:
        (void)at->finish();
        return;
      case 5:
        return watch(at->ready());
      case 6:
        at->on_gone([this] { ++gone_; });
        return at->abandon();
      default:
        ++own_faults_;
        kept_.erase(at);
    }
  }
  void decide(std::uint8_t how) {
    if (gates_.empty()) return;
    rest_gate g = std::move(gates_.back());
    gates_.pop_back();
    if (how % 3 == 0) g.pass();
    if (how % 3 == 1) g.reply(rest_reply::text("no", 403));
    if (how % 3 == 2) ++own_faults_;
  }
  void shout(std::uint8_t how) {
    constexpr std::array<std::string_view, 4> names{"news/a", "news/b", "other", "news/+"};
    const std::size_t entry = open();
    const std::string_view name = names[how % names.size()];
    server_->create_speaker(name, [this](const message&) { ++heard_; })
        .then([this, entry, how](result<speaker> s) {
          must(++ended_[entry] == 1);
          if (!s || !server_) return;
          watch((how & 4) != 0 ? s->shout(std::string(how, 's'))
                               : s->shout_bytes(as_bytes("\xff")));
          if ((how & 8) != 0) speakers_.push_back(*std::move(s));
        });
  }
  void disturb(std::uint8_t how) {
    if (clients_.empty()) return;
    client& c = *clients_[how / 8 % clients_.size()];
    switch (how % 8) {
      case 0:
        return c.wire().end_writing();
      case 1:
        return c.wire().close();
      case 2:
      case 3:
        return c.wire().read(false);
      case 4:
      case 5:
        return c.wire().read(true);
      case 6:
        world_.reset(here_, there_);
        return;
      default:
        clients_.erase(clients_.begin() + how / 8 % static_cast<int>(clients_.size()));
    }
  }
  void change_routes(std::uint8_t how) {
    if (how % 2 == 1 && added_) {
      added_->remove();
      added_.reset();
      return;
    }
    rest_handler added = [this](rest_request&) -> result<rest_reply> {
      // Any call is legal in a handler: the route may go while it runs.
      if (added_) added_->remove();
      added_.reset();
      return rest_reply();
    };
    auto made = server_->route("GET", "/added", std::move(added));
    if (made) added_.emplace(*std::move(made));
  }
  // The end of the server in whatever state, and another one.
  void end(std::uint8_t how) {
    if (how % 4 == 0) return watch(server_->close());
    if (how % 4 != 1) return;
    if ((how & 8) != 0) kept_.clear();
    own_faults_ += 1;
    added_.reset();
    server_.reset();
    world_.run_for(milliseconds(10));
    begin();
  }

  reader in_;
  sim::world world_;
  std::uint8_t bits_;
  std::vector<int> ended_;
  std::uint64_t own_faults_ = 0;
  int gone_ = 0;
  int heard_ = 0;
  unsigned turn_ = 0;
  sim::host& there_ = world_.add_host("server");
  sim::host& here_ = world_.add_host("client");
  std::unique_ptr<rest_provider> server_;
  std::optional<rest_route> added_;
  std::vector<rest_responder> kept_;
  std::vector<rest_gate> gates_;
  std::vector<speaker> speakers_;
  std::vector<std::unique_ptr<client>> clients_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Each step costs simulated time: longer inputs find nothing more.
  if (size > 600) return 0;
  session(reader({reinterpret_cast<const char*>(data), size})).run();
  return 0;
}
