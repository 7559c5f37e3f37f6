// The state behind an http_client: its calls, one after another, and its connection. On the heap,
// and gone with the client; only the session lives longer.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <parley/codecs/http/detail/http_client_session.hpp>
#include <parley/codecs/http/http_client.hpp>
#include <parley/core/loop/connector.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

class http_client_core final : private connector_owner, private canceller, private timer {
 public:
  // The configuration is borrowed.
  http_client_core(loop& home, const http_client_config& config);
  ~http_client_core();

  operation<http_reply> call(http_request request);
  std::size_t pending() const noexcept { return calls_.size(); }
  std::uint64_t connects() const noexcept { return connects_; }

  // --- for the session
  void on_opened();
  void on_head(const http::response_event& e);
  void on_body(const http::response_body& e);
  void on_end(const http::response_end& e);
  void on_unanswered(const http::unanswered& e);
  // It is over: `why`, or by the server, between two calls.
  void on_over(const error* why);

 private:
  class pending_call;

  void connected(connection& c, time_point now) override;
  void connect_failed(const error& why) override;
  void cancel(operation_base& op) override;
  void fired(time_point now) override;  // the handshake has taken too long

  result<void> admit(const http_request& request) const;
  void enrol(completer<http_reply> done, http_request request);
  void advance();
  void connect();
  result<layer_ptr> make_tls();
  void send_front();
  void on_deadline(pending_call& c);
  void let_go_of_session() noexcept;

  pending_call* current(std::uint64_t tag) noexcept;
  void give_up(const pending_call& c, const error& why);
  void end_front(result<http_reply> outcome);
  void fail_all(const error& why);
  void refuse_body(const pending_call& c, const std::string& what);

  static std::string seconds(duration d);
  std::string overdue(const pending_call& c);
  std::string name_of(const http_request& r) const;
  error about(const http_request& r, const error& why) const;

  loop& loop_;
  const http_client_config& config_;
  const result<void> valid_;
  const std::string host_;  // for the field Host
  connector connector_;
  std::deque<std::unique_ptr<pending_call>> calls_;
  http_client_session* session_ = nullptr;
  layer_ptr tls_;  // made before the connection, used with it
  time_point connecting_until_{};
  std::uint64_t connects_ = 0;
  std::uint64_t attempts_ = 0;
  std::uint64_t last_tag_ = 0;
  bool under_way_ = false;  // the first of calls_ has been sent
};

// A call that has not ended: it ends by its timer at the latest.
class http_client_core::pending_call final : public timer {
 public:
  pending_call(http_client_core& home, completer<http_reply> to, http_request what)
      : done(std::move(to)), request(std::move(what)), home_(home) {}

  void fired(time_point) override { home_.on_deadline(*this); }  // destroys this

  completer<http_reply> done;
  http_request request;
  http_reply reply;
  std::uint64_t tag = 0;  // once it is sent
  bool has_head = false;  // of the reply
  bool again = false;     // it was sent before

 private:
  http_client_core& home_;
};

}  // namespace parley::detail
