// A websocket_provider that is a server: its clients, what they listen to, and broadcast.
#pragma once

#include <map>
#include <memory>
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/codecs/websocket/provider/core.hpp>
#include <parley/codecs/websocket/shared_message.hpp>
#include <parley/codecs/websocket/websocket_server.hpp>
#include <parley/core/api/outbox.hpp>
#include <set>

namespace parley::detail {

class websocket_server_core final : public websocket_core, private websocket_handler {
 public:
  websocket_server_core(loop& home, websocket_config config);

  operation<void> initialize() override;
  operation<void> close() override;
  void shut() noexcept override;
  provider_status status() const override;
  websocket_counts counts() const override;
  std::optional<address> local_address() const override {
    return server_ ? server_->local_address() : std::nullopt;
  }

  std::shared_ptr<upgrade_target> upgrades() override;
  void admit_with(websocket_admission decide) override { admission_ = std::move(decide); }
  // What a visit was answered with; 0: accepted.
  void answer_visit(std::uint64_t id, std::uint16_t status, std::string_view text);

  operation<callable> make_callable(std::string_view name) override;
  operation<callable> serve(std::string_view name, call_handler handler) override;

 private:
  // One client, from `opened` to `closed`.
  struct member {
    member(websocket_peer& at, const websocket_config& c, bool speaks_names)
        : peer(at), box(c.write_limit, c.write_policy), is_named(speaks_names) {}

    websocket_peer& peer;
    outbox<websocket::shared_message> box;
    std::set<std::string, std::less<>> filters;
    std::uint64_t told = 0;  // the last broadcast that it was given
    std::size_t place = 0;   // among all members
    bool is_named;
    bool is_leaving = false;  // it was too slow
    bool is_held = false;     // until inboxes have room
  };
  class broadcast;
  // What others have of the server; leads nowhere before it is there and once it is gone.
  struct door final : upgrade_target {
    driver* take(const upgrade_request& asked) override {
      return server != nullptr ? server->take(asked) : nullptr;
    }
    websocket_server* server = nullptr;
  };

  ~websocket_server_core() override;

  result<delivery> send(std::string_view name, websocket::opcode type, byte_view payload) override;
  // Clients send what they have without being asked.
  // It is who is asked.
  void ask_for(std::string_view filter) override { waiting_.confirm(filter); }
  bool is_asked() const noexcept override { return true; }
  void filter_removed(std::string_view) override {}

  void hold_sender() override;
  void inboxes_full(bool any) override;

  void on_event(websocket_peer& peer, websocket::event& event, time_point now) override;
  void receive_visitor(websocket_peer& peer, const http::request_head& head);
  void enter(websocket_peer& peer, const websocket::opened& how);
  void leave_member(member& m) noexcept;
  void take(member& m, const websocket::message_event& message);
  void take_named(member& m, websocket::opcode type, const websocket::envelope& e);
  void take_filter(member& m, const websocket::envelope& e);
  void answer_call(member& m, const websocket::envelope& e);
  std::int64_t spread(std::string_view name, websocket::opcode type, byte_view payload,
                      const member* except);
  bool push(member& m, const websocket::shared_message& message, std::string_view key);
  void flush(member& m);
  void reply(member& m, const websocket::envelope& e, bool is_text);

  // Output of a machine above which messages wait in the member's box, where they can be dropped.
  const std::size_t machine_mark_;
  std::optional<websocket_server> server_;  // gone once shut
  std::shared_ptr<door> door_;              // made when it is asked for
  websocket_admission admission_;
  std::map<std::uint64_t, websocket_peer*> visitors_;  // that wait to be let in
  std::uint64_t visits_ = 0;
  std::vector<member*> members_;
  member* sender_ = nullptr;  // whose message is being delivered
  topic_index<member> listening_;
  std::optional<websocket::shared_deflater> deflater_;
  std::map<std::string, call_handler, std::less<>> handlers_;
  std::vector<std::byte> scratch_;
  std::uint64_t broadcasts_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t lost_ = 0;  // of members that have left
  std::uint64_t overrun_ = 0;
  std::optional<error> last_error_;
  provider_state state_ = provider_state::idle;
};

}  // namespace parley::detail
