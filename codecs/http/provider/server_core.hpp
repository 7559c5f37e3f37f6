// A rest_provider that is a server: routes, middleware, and the requests that are under way.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <parley/codecs/http/http_server.hpp>
#include <parley/codecs/http/provider/core.hpp>
#include <parley/codecs/http/provider/exchange.hpp>
#include <parley/codecs/http/rest/cors.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class rest_server_channels;

// One connection, and its requests in their order.
struct rest_peer {
  explicit rest_peer(http_peer& p) noexcept : at(p) {}
  http_peer& at;
  std::vector<rest_exchange*> exchanges;
};

class rest_server_core final : public rest_core, private http_handler, private upgrade_target {
 public:
  rest_server_core(loop& home, rest_config config);

  operation<void> initialize() override;
  operation<void> close() override;
  void shut() noexcept override;
  provider_status status() const override;

  operation<speaker> open_speaker(std::string_view name, message_callback on_message,
                                  speaker_options options) override;
  result<rest_route> route(std::string_view method, std::string_view pattern,
                           rest_any_handler handler) override;
  operation<callable> serve(std::string_view name, rest_any_handler handler) override;
  result<void> upgrade(std::string_view pattern, std::shared_ptr<upgrade_target> to) override;
  void use(rest_any_before look) override;
  void use_after(rest_after look) override;
  void log_access_with(rest_access_log log) override { access_log_ = std::move(log); }
  std::optional<address> local_address() const override {
    return server_ ? server_->local_address() : std::nullopt;
  }
  std::size_t connections() const noexcept override { return server_ ? server_->connections() : 0; }

  result<std::shared_ptr<rest_route_state>> add_route(std::string_view method,
                                                      std::string_view pattern,
                                                      rest_any_handler handler);
  void remove_route(rest_route_state& route) noexcept;

  // --- called by exchanges
  bool is_serving() const noexcept { return server_.has_value(); }
  // The next middleware, or the handler.
  void advance(rest_exchange& e);
  // The whole answer. Nothing happens if the request has one.
  void finish(rest_exchange& e, rest_reply what);
  result<void> begin_stream(rest_exchange& e, const rest_reply& head,
                            std::optional<std::uint64_t> length);
  // The answer is complete, or was given up.
  void put_away(rest_exchange& e) noexcept;
  void timed_out(rest_exchange& e);
  void recycle(rest_exchange& e) noexcept;

 private:
  ~rest_server_core() override;

  driver* take(const upgrade_request& asked) override;
  bool is_upgrade_path(std::string_view path) const;
  void on_event(http_peer& peer, http::server::event& event, time_point now) override;
  void receive_head(http_peer& peer, const http::request_event& event, time_point now);
  void receive_body(rest_peer& peer, const http::body_event& event);
  void receive_end(rest_peer& peer, const http::request_end& event);
  void lose(http_peer& peer) noexcept;
  rest_exchange* find(rest_peer& peer, http::request_id id) const noexcept;

  void look_up(rest_exchange& e);
  void start(rest_exchange& e);
  void handle(rest_exchange& e);
  void call(rest_exchange& e, rest_handler& handler);
  void call(rest_exchange& e, rest_task_handler& handler);
  void call(rest_exchange& e, rest_async_handler& handler);
  bool look(rest_exchange& e, rest_before& before);
  bool look(rest_exchange& e, rest_before_async& before);
  rest_reply without_route(const rest_exchange& e) const;
  void review(rest_exchange& e, rest_reply& what);
  void judge(const rest_exchange& e, rest_reply& what) const;
  http::response head_of(const rest_exchange& e, const rest_reply& what);
  std::uint64_t body_limit(const rest_exchange& e) const noexcept;
  rest_exchange& take_exchange();

  buffered_random entropy_;  // for the names of requests
  http::router routes_;
  std::vector<std::shared_ptr<rest_route_state>> by_id_;
  http::router upgrade_routes_;  // apart: requests without an upgrade have routes of their own
  std::vector<std::shared_ptr<upgrade_target>> upgrades_;  // by their numbers
  std::vector<std::shared_ptr<rest_any_before>> before_;
  std::vector<std::shared_ptr<rest_after>> after_;
  rest_access_log access_log_;
  http::cors_policy cors_;
  std::optional<http::cors_answer> cors_answer_;  // of the reply that is being sent
  std::optional<http_server> server_;             // gone once shut
  std::vector<http::header> scratch_;
  std::vector<rest_exchange*> spare_;
  std::unique_ptr<rest_server_channels> channels_;
  std::size_t under_way_ = 0;
  std::uint64_t requests_ = 0;
  std::optional<error> last_error_;
  provider_state state_ = provider_state::idle;
};

// Takes a route away again, unless it is kept: where memory ends in what follows it.
class rest_new_route {
 public:
  rest_new_route(rest_server_core& core, std::shared_ptr<rest_route_state> state) noexcept
      : core_(core), state_(std::move(state)) {}
  rest_new_route(const rest_new_route&) = delete;
  rest_new_route& operator=(const rest_new_route&) = delete;
  ~rest_new_route() {
    if (state_) core_.remove_route(*state_);
  }

  const std::shared_ptr<rest_route_state>& state() const noexcept { return state_; }
  rest_route_state* operator->() const noexcept { return state_.get(); }
  void keep() noexcept { state_.reset(); }

 private:
  rest_server_core& core_;
  std::shared_ptr<rest_route_state> state_;
};

}  // namespace parley::detail
