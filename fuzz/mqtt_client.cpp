// mqtt::client and mqtt::session against a server that says anything, and a user who does anything.
// The input is a list of actions: commands, time, bytes of the server in pieces of any size, ends,
// new connections with the same session. Whatever they are: each publish ends at most once,
// `failed` comes once and then nothing but `closed`, what is shown stays readable, the client's
// packets are right, and the bookkeeping adds up.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <parley/codecs/mqtt/client.hpp>
#include <parley/core/store/memory_store.hpp>
#include <string>
#include <string_view>

#include "support/reader.hpp"

namespace {

using namespace parley;
using namespace std::string_view_literals;
using fuzz::must;
using fuzz::reader;

// Packets that get past the first checks; the input chooses among them, and may change a byte.
constexpr std::array phrases{
    "\x20\x03\x00\x00\x00"sv,                          // CONNACK
    "\x20\x03\x01\x00\x00"sv,                          // with the session
    "\x20\x09\x00\x00\x06\x21\x00\x02\x22\x00\x03"sv,  // two at once, three aliases
    "\x20\x02\x00\x00"sv,                              // of 3.1.1
    "\x30\x04\x00\x01t\x00"sv,                         // PUBLISH
    "\x32\x06\x00\x01t\x00\x01\x00"sv,                 // QoS 1
    "\x34\x06\x00\x01t\x00\x02\x00"sv,                 // QoS 2
    "\x3c\x06\x00\x01t\x00\x02\x00"sv,                 // again
    "\x30\x07\x00\x01t\x03\x23\x00\x01"sv,             // with an alias
    "\x40\x02\x00\x01"sv,                              // PUBACK
    "\x40\x02\x00\x02"sv,
    "\x50\x02\x00\x01"sv,  // PUBREC
    "\x50\x02\x00\x02"sv,
    "\x50\x03\x00\x01\x97"sv,  // quota exceeded
    "\x62\x02\x00\x02"sv,      // PUBREL
    "\x70\x02\x00\x01"sv,      // PUBCOMP
    "\x70\x02\x00\x02"sv,
    "\x90\x04\x00\x01\x00\x01"sv,  // SUBACK
    "\xb0\x04\x00\x01\x00\x00"sv,  // UNSUBACK
    "\xd0\x00"sv,                  // PINGRESP
    "\xe0\x01\x8b"sv,              // DISCONNECT
    "\xe0\x00"sv,
    "\xf0\x06\x18\x04\x15\x00\x01m"sv,  // AUTH
    "\x20\x03\x00\x84\x00"sv,
};

class conversation {
 public:
  conversation(std::uint8_t bits, reader& in) : in_(in) {
    settings_.version = (bits & 1) != 0 ? mqtt::version::v3_1_1 : mqtt::version::v5;
    settings_.client_id = "c";
    settings_.clean_start = (bits & 2) != 0;
    settings_.manual_acknowledgement = (bits & 4) != 0;
    settings_.limits.maximum_packet = 2000;
    if ((bits & 8) != 0) settings_.authentication_method = "m";
    if ((bits & 16) != 0) settings_.limits.high_water = 20;
    if ((bits & 32) != 0) settings_.limits.receive_maximum = 2;
    mqtt::session_limits l;
    if ((bits & 64) != 0) {
      l.max_bytes = 2000;
      l.overflow = overflow::drop_oldest;
    }
    if ((bits & 128) != 0) {
      session_ = std::make_unique<mqtt::session>(l, store_, "c");
    } else {
      session_ = std::make_unique<mqtt::session>(l);
    }
    connect();
  }

  void act() {
    const std::uint8_t action = in_.byte();
    switch (action % 16) {
      default:
        return receive(std::string(phrases[in_.byte() % phrases.size()]));
      case 4: {
        std::string changed(phrases[in_.byte() % phrases.size()]);
        const std::size_t at = in_.byte() % changed.size();
        changed[at] = static_cast<char>(in_.byte());
        return receive(changed);
      }
      case 5:
        return receive(std::string(in_.bytes(in_.byte())));
      case 6:
      case 7:
      case 8:
        return publish();
      case 9:
        return request();
      case 10:
        now_ += std::chrono::milliseconds(in_.byte() * 200);
        client_->handle_timeout(now_);
        return drain();
      case 11:
        return write(in_.byte());
      case 12:
        (void)store_.sync();
        return drain();
      case 13:
        if (client_->is_done()) connect();
        return;
      case 14:
        return rare(in_.byte());
    }
  }

  void finish() {
    client_->commit_eof(now_);
    client_->go_on();
    drain();
    must(client_->is_done() && !client_->next_deadline());
    while (const auto done = session_->next_completion()) end(done->id);
    must(session_->in_flight() <= session_->size());
    if (session_->size() == 0) must(session_->bytes() == 0);
  }

 private:
  void connect() {
    client_.emplace(settings_, *session_);
    server_.emplace(mqtt::role::server, settings_.version);
    written_.clear();
    failed_ = closed_ = false;
    client_->start(now_);
    drain();
  }

  void receive(const std::string& text) {
    std::string_view bytes = text;
    while (!bytes.empty()) {
      const auto room = client_->prepare(bytes.size());
      must(room.empty() || client_->wants_read());
      if (room.empty()) return;
      const std::size_t n = std::min({room.size(), bytes.size(), std::size_t{1} + in_.byte()});
      std::ranges::copy(as_bytes(bytes.substr(0, n)), room.begin());
      client_->commit(n, now_);
      bytes.remove_prefix(n);
      drain();
    }
  }

  void publish() {
    const std::uint8_t how = in_.byte();
    const auto q = static_cast<mqtt::qos>(how % 3);
    const std::string topic = "topic/" + std::to_string(how % 5);
    const std::string body(how % 8 == 0 ? 700U : 3U, 'x');
    const mqtt::outgoing_message m{topic, as_bytes(body), q};
    result<mqtt::publish_receipt> r;
    if (how % 16 == 1) {
      r = session_->publish(m, now_);
    } else if (how % 16 == 2) {
      r = client_->publish(m, shared_bytes::copy(as_bytes(body)), now_);
    } else {
      r = client_->publish(m, now_);
    }
    if (r && r->id != 0) must(ends_.emplace(r->id, 0).second);
    drain();
  }

  void request() {
    const std::uint8_t how = in_.byte();
    const std::array filters{mqtt::subscription{.filter = how % 4 == 0 ? "#/a" : "a/#"}};
    const std::array names{"a/#"sv};
    const auto id = how % 2 == 0 ? client_->subscribe(filters, {}, now_)
                                 : client_->unsubscribe(names, {}, now_);
    if (id) must(ends_.emplace(*id, 0).second);
    drain();
  }

  void rare(std::uint8_t which) {
    if (which == 0) client_->commit_eof(now_);
    if (which == 1) client_->commit_error(error(errc::reset), now_);
    if (which == 2) (void)client_->disconnect({}, now_);
    if (which == 3) client_->end_now();
    if (which == 4) client_->fail(error(errc::cancelled), now_);
    if (which == 5) client_->hold();
    if (which == 6) client_->go_on();
    if (which == 7) (void)client_->ping(now_);
    if (which == 8) (void)client_->authenticate(as_bytes("x"sv), now_);
    if (which == 9) (void)client_->reauthenticate(as_bytes("x"sv), now_);
    if (which == 10) client_->release();
    if (which == 11) session_->release();
    if (which >= 12 && which < 40) (void)client_->acknowledge(handle_ - (which - 12U), now_);
    if (which >= 40) (void)session_->cancel(which - 40U);
    drain();
  }

  // What we write is right, whatever we were told.
  void write(std::size_t n) {
    const buffer_list list = client_->output();
    n = std::min(n, total_size(list));
    std::size_t left = n;
    for (const const_buffer& piece : list) {
      const std::size_t some = std::min(left, piece.size);
      written_.append(static_cast<const char*>(piece.data), some);
      left -= some;
    }
    client_->consume_output(n);
    for (;;) {
      mqtt::packet p;
      const auto r = server_->decode(as_bytes(written_), p);
      must(r.status != mqtt::decode_status::failed);
      if (r.status != mqtt::decode_status::ok) return;
      written_.erase(0, r.consumed);
    }
  }

  void end(std::uint64_t id) {
    const auto at = ends_.find(id);
    must(at != ends_.end() && ++at->second == 1);
  }
  // Every view that an event shows is read: a stale one shows itself under ASan.
  void read(byte_view bytes) {
    for (const std::byte b : bytes) sum_ = sum_ * 31 + static_cast<unsigned>(b);
  }

  void drain() {
    for (;;) {
      const auto event = client_->next_event();
      if (is_drained(event)) return must(!closed_);
      if (std::holds_alternative<closed>(event)) break;
      must(!closed_);
      if (std::holds_alternative<failed>(event)) must(!std::exchange(failed_, true));
      if (const auto* p = std::get_if<mqtt::publish_event>(&event)) end(p->id);
      if (const auto* s = std::get_if<mqtt::subscribe_event>(&event)) end(s->id);
      if (const auto* s = std::get_if<mqtt::unsubscribe_event>(&event)) end(s->id);
      if (const auto* m = std::get_if<mqtt::message_event>(&event)) {
        must(!failed_ && !m->topic.empty());
        if (m->handle != 0) handle_ = m->handle;
        read(as_bytes(m->topic));
        read(m->payload);
        read(m->props.block());
      }
    }
    closed_ = true;
    must(client_->is_done() && !client_->wants_read() && !client_->next_deadline());
    must(!client_->is_open() && client_->prepare(10).empty());
  }

  reader& in_;
  memory_store store_;
  mqtt::client_settings settings_;
  std::unique_ptr<mqtt::session> session_;
  std::optional<mqtt::client> client_;
  std::optional<mqtt::decoder> server_;
  std::string written_;
  std::map<std::uint64_t, int> ends_;
  std::uint64_t handle_ = 0;
  time_point now_ = time_point(std::chrono::hours(1));
  unsigned sum_ = 0;
  bool failed_ = false;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reader in({reinterpret_cast<const char*>(data), size});
  conversation c(in.byte(), in);
  while (!in.empty()) c.act();
  c.finish();
  return 0;
}
