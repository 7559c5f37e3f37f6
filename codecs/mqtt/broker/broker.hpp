// mqtt::broker: MQTT without connections. Packets of clients go in, messages come out at the
// machines of others; sessions, subscriptions, retained messages and wills are kept here.
//
//   mqtt::broker b(settings, random, now, wall, store);   // all borrowed; the store may be null
//   b.load(now);                                          // what an earlier process has left
//   b.enter(peer, now);                                   // a connection
//   b.handle(peer, event, now);                           // each event of its machine
//   b.leave(peer, now);                                   // it is gone
//   b.handle_timeout(now);                                // at next_deadline()
//
// With a store nothing is acknowledged, and nothing delivered, before sync(): call it once for all
// packets of a turn, then ask the machines of waits_for_store() for their output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <parley/codecs/mqtt/broker/broker_settings.hpp>
#include <parley/codecs/mqtt/broker/peer.hpp>
#include <parley/codecs/mqtt/broker/session_state.hpp>
#include <parley/core/api/topic_index.hpp>
#include <parley/core/api/topic_names.hpp>
#include <parley/core/random.hpp>
#include <parley/core/store/store.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::mqtt {

// What a broker has done so far, and holds.
struct broker_stats {
  std::uint64_t received = 0;   // publishes of clients
  std::uint64_t delivered = 0;  // messages that were sent to clients, again ones included
  std::uint64_t dropped = 0;  // messages for one client that did not fit, expired or were too large
  std::size_t clients = 0;
  std::size_t sessions = 0;
  std::size_t subscriptions = 0;
  std::size_t retained = 0;
  std::size_t deliveries = 0;  // messages that wait for one client or are in flight
  std::size_t message_bytes = 0;
};

class broker {
 public:
  broker(const broker_settings& settings, random_source& chance, time_point now, wall_time wall,
         store* under = nullptr);
  broker(const broker&) = delete;
  broker& operator=(const broker&) = delete;
  // Peers have left, or never come back.
  ~broker();

  // Once, before all else, with a store: sessions and retained messages of an earlier process. Its
  // connections count as lost now. Errors: those of the store; broker_errc::record_damaged.
  result<void> load(time_point now);

  // False: there are too many clients; the connection is to be closed.
  bool enter(peer& who, time_point now);
  void leave(peer& who, time_point now);
  // Inside the drain of its machine.
  void handle(peer& who, server::event& what, time_point now);

  // The answer of a broker_policy that had none at once. Nothing happens if the client has gone.
  void decide(std::uint64_t ticket, reason_code reason, time_point now);

  // Publishes as the program's own, past all rules. invalid_argument if it is no sound message,
  // quota errors as queue_full, those of the store.
  result<void> publish(const mqtt::publish& p, time_point now);

  // Tells each client that it is to go: DISCONNECT with `server_shutting_down`, say. Sessions stay.
  void end_all(reason_code reason, time_point now);
  // The same with one client. False: there is none with this identifier.
  bool end(std::string_view client_id, reason_code reason, time_point now);

  // When a session expires or a will is due.
  std::optional<time_point> next_deadline() const noexcept;
  void handle_timeout(time_point now);

  // What was staged must be made durable by sync() of the store.
  bool needs_sync() const noexcept {
    return store_ != nullptr && store_->durable() < store_->staged();
  }
  broker_stats stats() const noexcept;
  const broker_settings& settings() const noexcept { return settings_; }

 private:
  using session_state = detail::session_state;
  using subscription_state = detail::subscription_state;
  using subscription_map = detail::subscription_map;
  using share_group = detail::share_group;
  using delivery = detail::delivery;
  using delivery_state = detail::delivery_state;
  class loader;

  struct retained_message {
    message_ptr what;
    std::string publisher;  // for no-local
  };
  // A session that a publish goes to.
  struct target {
    session_state* to = nullptr;
    std::uint32_t first_identifier = 0;  // in identifiers_; 0: none
    mqtt::qos qos{};
    bool retain = false;
  };
  struct identifier_link {
    std::uint32_t identifier = 0;
    std::uint32_t next = 0;
  };
  // Messages of shared subscriptions that a session gives up, and their groups.
  using left_behind = std::vector<std::pair<message_ptr, std::uint32_t>>;
  // How a message comes to a session.
  struct routing {
    mqtt::qos qos{};
    bool retain = false;
    std::uint32_t group = 0;
    std::span<const std::uint32_t> identifiers{};
  };

  // --- connect
  void take_connect(peer& who, const connect& p, time_point now);
  std::unique_ptr<detail::pending_login> read_connect(const connect& p);
  std::optional<reason_code> check_login(peer& who, const connect& p);
  bool is_known_user(const connect& p) const noexcept;
  std::string make_client_id();
  void take_auth(peer& who, const auth& p, time_point now);
  void further(peer& who, byte_view data, time_point now);
  void admit(peer& who, time_point now);
  session_state* open_session(peer& who, bool& present, time_point now);
  void attach(peer& who, session_state& s, time_point now);
  void detach(peer& who, bool with_will, time_point now);
  void take_disconnect(peer& who, const disconnect& p, time_point now);
  void take_over(session_state& s, bool ends_session, time_point now);
  void end_session(session_state& s, time_point now);
  void drop(session_state& s, delivery& d, left_behind& others);
  void share_again(const left_behind& all, time_point now);
  void publish_will(session_state& s, time_point now);
  void note_deadline(session_state& s);
  client_identity identity(const session_state& s) const noexcept {
    return {s.client_id(), s.user};
  }

  // --- publish
  void take_publish(peer& who, const mqtt::publish& p, time_point now);
  void acknowledge(peer& who, const mqtt::publish& p, reason_code reason, time_point now);
  bool may_publish(const session_state& s, std::string_view topic) const;
  bool has_room(const mqtt::publish& p);
  std::size_t publish_message(const message_ptr& m, session_state* from, time_point now);
  void set_retained(const message_ptr& m, const session_state* from, time_point now);
  void sweep_retained(time_point now);
  std::size_t route(const message_ptr& m, const session_state* from, time_point now);
  void match(const message& m, const session_state* from);
  std::span<const std::uint32_t> identifiers_of(const target& t);
  std::size_t share(const message_ptr& m, time_point now);
  bool share_with(share_group& group, const message_ptr& m, time_point now);

  // --- subscribe
  void take_subscribe(peer& who, const subscribe& p, time_point now);
  reason_code add_subscription(session_state& s, const subscription& asked,
                               std::uint32_t identifier, bool& is_new);
  bool may_subscribe(const session_state& s, std::string_view filter) const;
  void enter_index(const std::string& filter, subscription_state& state);
  void leave_index(const std::string& filter, subscription_state& state) noexcept;
  void send_retained(session_state& s, const subscription& asked, std::uint32_t identifier,
                     time_point now);
  void take_unsubscribe(peer& who, const unsubscribe& p, time_point now);
  void remove_subscription(session_state& s, subscription_map::iterator at);
  void drop_forbidden(session_state& s, time_point now);
  bool is_wanted(const session_state& s, const delivery& d);

  // --- deliveries
  bool deliver(session_state& s, const message_ptr& m, const routing& how, time_point now);
  bool send_at_once(session_state& s, const message_ptr& m, const routing& how, time_point now);
  bool make_room(session_state& s, std::size_t cost, mqtt::qos q);
  bool drop_waiting(session_state& s, bool of_qos_0);
  bool has_window(const session_state& s) const noexcept;
  void pump(session_state& s, time_point now);
  bool pump_one(session_state& s, delivery& d, time_point now);
  bool send(session_state& s, delivery& d, time_point now);
  void number(session_state& s, delivery& d);
  delivery* find(session_state& s, std::uint16_t packet_id) const noexcept;
  void finish(session_state& s, delivery& d);
  void drop_message(session_state& s, delivery& d);
  void take_puback(peer& who, const puback& p, time_point now);
  void take_pubrec(peer& who, const pubrec& p, time_point now);
  void take_pubrel(peer& who, const pubrel& p, time_point now);
  void take_pubcomp(peer& who, const pubcomp& p, time_point now);
  delivery* take_node();
  void free_node(delivery* d) noexcept;

  // --- records
  void note(result<void> outcome);
  void put_session(const session_state& s, bool is_connected, time_point now);
  void put_will(const session_state& s);
  void put_subscription(const session_state& s, const std::string& filter,
                        const subscription_state& state);
  void put_delivery(const session_state& s, const delivery& d);
  void put_inbound(const session_state& s, std::uint16_t packet_id, std::uint64_t message);
  void erase_inbound(const session_state& s, std::uint16_t packet_id);
  void put_message(message& m);
  void put_retained(const message& m, std::string_view publisher);
  result<void> put_body(std::string_view space, byte_view key, byte_view front, const message& m,
                        std::string_view publisher);
  std::int64_t to_milliseconds(time_point at) const noexcept;
  time_point to_time(std::uint64_t milliseconds) const noexcept;
  void stir(peer& who) {
    if (&who != current_) who.stirred();
  }
  void erase_record(const session_state& s, std::string_view key);
  void erase_delivery(const session_state& s, delivery& d);
  void drop_stored(message& m);

  const broker_settings& settings_;
  random_source& chance_;
  store* store_;
  hash_seed seed_;
  duration to_wall_;  // added to steady time
  message_pool pool_;
  std::map<std::string, std::unique_ptr<session_state>, std::less<>> sessions_;
  topic_index<subscription_state> index_;
  topic_index<share_group> shared_;
  std::map<std::string, std::unique_ptr<share_group>, std::less<>> groups_;
  std::map<std::uint32_t, share_group*> groups_by_id_;
  topic_names<retained_message> retained_;
  std::size_t retained_bytes_ = 0;
  std::map<std::pair<time_point, std::uint64_t>, session_state*> deadlines_;
  std::map<std::uint64_t, peer*> undecided_;
  parley::detail::intrusive_list<peer> peers_;
  std::size_t peer_count_ = 0;
  std::size_t subscription_count_ = 0;
  std::size_t delivery_count_ = 0;

  // Of the publish that is being routed.
  std::vector<target> targets_;
  std::vector<identifier_link> identifiers_;
  std::vector<std::uint32_t> gathered_;
  std::vector<share_group*> turns_;
  std::uint64_t round_ = 0;
  bool rejected_ = false;

  std::optional<error> store_fault_;  // in this packet
  peer* current_ = nullptr;           // whose packet it is: it needs no stir
  delivery* spare_ = nullptr;
  std::size_t spares_ = 0;
  std::vector<std::byte> scratch_;
  std::uint64_t next_message_ = 1;
  std::uint64_t next_delivery_ = 1;
  std::uint64_t next_serial_ = 1;
  std::uint64_t next_ticket_ = 1;
  std::uint32_t next_group_ = 1;
  broker_stats stats_;
};

}  // namespace parley::mqtt
