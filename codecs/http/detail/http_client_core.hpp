// The state behind an http_client: its calls, one after another, and the link to its origin. On the
// heap, and gone with the client; only the link's session lives longer.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <parley/codecs/http/detail/http_link.hpp>
#include <parley/codecs/http/http_client.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

class http_client_core final : private http_link_owner, private canceller {
 public:
  // The configuration is borrowed.
  http_client_core(loop& home, const http_client_config& config);
  ~http_client_core();

  operation<http_reply> call(http_request request);
  std::size_t pending() const noexcept { return calls_.size(); }
  std::uint64_t connects() const noexcept { return link_.connects(); }

 private:
  class pending_call;

  void link_opened() override;
  void link_head(const http::response_event& e) override;
  void link_body(const http::response_body& e) override;
  void link_end(const http::response_end& e) override;
  void link_unanswered(const http::unanswered& e, bool was_used) override;
  void link_over(const error& why, bool was_open) override;
  void cancel(operation_base& op) override;

  result<void> admit(const http_request& request) const;
  void enrol(completer<http_reply> done, http_request request);
  void advance();
  void send_front();
  void on_deadline(pending_call& c);

  pending_call* current(std::uint64_t tag) noexcept;
  void give_up(const pending_call& c, const error& why);
  void end_front(result<http_reply> outcome);
  void fail_all(const error& why);
  void refuse_body(const pending_call& c, const std::string& what);

  std::string overdue(const pending_call& c);
  std::string name_of(const http_request& r) const;
  error about(const http_request& r, const error& why) const;

  loop& loop_;
  const http_client_config& config_;
  const result<void> valid_;
  http_link link_;
  std::deque<std::unique_ptr<pending_call>> calls_;
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
