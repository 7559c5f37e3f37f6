// One call of a REST client, over all its requests: redirections, retries, a new token. It ends
// once, by its deadline at the latest.
#pragma once

#include <memory>
#include <optional>
#include <parley/codecs/http/http_message.hpp>
#include <parley/codecs/http/provider/client_origin.hpp>
#include <parley/codecs/http/provider/client_target.hpp>
#include <parley/codecs/http/provider/client_tokens.hpp>
#include <parley/core/loop/timer.hpp>
#include <parley/core/net/back_off.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

class rest_client_core;

// What a call asks for.
struct rest_order {
  rest_site_ptr site{};
  std::string method{};
  std::string target{};
  http_headers headers{};           // the user's own
  std::string_view content_type{};  // static; "" for none
  shared_bytes body{};
  duration timeout{};  // zero: the provider's
};

class rest_call : public rest_transfer, public canceller, private rest_token_waiter {
 public:
  rest_call(rest_client_core& core, rest_order order);
  rest_call(const rest_call&) = delete;
  rest_call& operator=(const rest_call&) = delete;
  virtual ~rest_call();

  // May end it, and destroy it.
  void start();
  void abort(const error& why) { fail(why); }
  void cancel(operation_base& op) override;

  std::size_t index = 0;  // in the list of its core

 protected:
  // --- for what becomes of a reply that is no step on the way
  // Its head; without this its fields are kept, and its body collected.
  virtual void taken(const http::response_head& head);
  virtual void piece(byte_view data);
  virtual void complete(const http::header_list& trailers);
  // The reply that was taken is a stream, which ends with broken() if it does so early.
  virtual bool is_stream() const noexcept { return false; }
  virtual void broken(const error& why) { fail(about(why)); }
  // The call has ended: the last thing that it is told.
  virtual void ended(result<http_reply>&& outcome) = 0;
  // A reply of 429, 502, 503 or 504 is a failure that may pass.
  virtual bool repeats_statuses() const noexcept { return false; }

  void keep_fields(const http::response_head& head);
  // Ends it; `this` is gone afterwards.
  void finish(result<http_reply>&& outcome);
  void fail(const error& why);
  // Forgets its deadline: what follows is a stream.
  void forget_deadline() noexcept;
  // The same error, with the request in front of its message.
  error about(const error& why) const;
  // "GET https://host/path", without the values of parameters that are named like secrets.
  std::string name() const;
  rest_client_core& core() noexcept { return core_; }
  loop& home() noexcept;
  rest_order order_;
  http_reply reply_;

 private:
  enum class verdict : std::uint8_t { take, follow, refresh, again };
  template <void (rest_call::*Fired)()>
  struct alarm final : timer {
    explicit alarm(rest_call& c) noexcept : call(c) {}
    void fired(time_point) override { (call.*Fired)(); }  // may destroy this
    rest_call& call;
  };

  // --- a request, in client_request.cpp
  result<void> send(http_link& link, std::uint64_t tag) override;
  void add_fields(std::vector<http::header>& to);
  bool adds_configured(std::string_view name) const noexcept;
  bool is_to_base() const noexcept;
  bool takes_token() const noexcept;
  void attempt();
  void token_ready(const result<void>& ok) override;

  // --- what comes of it
  void on_head(const http::response_head& head) override;
  void on_body(byte_view data) override;
  void on_end(const http::header_list& trailers) override;
  void on_failed(const rest_failure& how) override;
  verdict judge(const http::response_head& head);
  void act();
  void follow();
  result<void> move_to(std::string_view location);
  void rewrite();
  bool is_repeatable() const noexcept;
  bool plan_pause(const error* why, std::optional<std::chrono::milliseconds> wish);
  void pause_is_over() { attempt(); }
  void deadline_passed();
  std::string overdue() const;
  void log(const std::string& text);

  rest_client_core& core_;
  alarm<&rest_call::deadline_passed> deadline_{*this};
  alarm<&rest_call::pause_is_over> pause_{*this};
  std::optional<time_point> until_;
  std::optional<back_off> back_;
  std::optional<error> last_;  // of an attempt that failed
  std::string location_;       // of a redirection
  std::uint64_t token_ = 0;    // the one that was sent
  std::uint64_t dropped_ = 0;  // bytes of a body that nobody wants
  time_point pause_until_{};
  std::uint16_t status_ = 0;  // of the last reply
  std::uint32_t redirects_ = 0;
  std::uint32_t retries_ = 0;
  verdict verdict_ = verdict::take;
  bool has_head_ = false;     // of a reply that is taken
  bool was_stale_ = false;    // once a kept connection had ended
  bool refreshed_ = false;    // the token was
  bool left_origin_ = false;  // by a redirection: credentials stay behind
  bool lost_body_ = false;    // by a redirection that became GET
  bool waits_for_token_ = false;
};

// Fields that are mostly credentials, by their names.
bool is_secret_field(std::string_view name) noexcept;
// What Retry-After says (RFC 9110 section 10.2.3).
std::optional<std::chrono::milliseconds> retry_after_of(std::string_view text,
                                                        wall_time now) noexcept;

}  // namespace parley::detail
