// One request at a REST server, from its head to the end of its answer: what handlers and
// middleware see, and what they do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/http/provider/core.hpp>
#include <parley/codecs/http/rest/request_id.hpp>
#include <parley/codecs/http/server.hpp>
#include <parley/core/loop/timer.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class rest_server_core;
struct rest_peer;

// What a route is. Lives while the table, a handle or a request that it answers has it.
struct rest_route_state {
  rest_server_core* core = nullptr;  // null once it was removed
  std::string method, pattern;
  http::route_id id = 0;
  rest_any_handler handler;
  std::vector<std::shared_ptr<rest_any_before>> before;
  std::vector<std::shared_ptr<rest_after>> after;
  std::optional<std::uint64_t> stream_limit;  // the handler takes the body as it comes
  std::optional<duration> timeout;
  bool takes_json = false;  // a body that is none is refused before the handler
};

// Reference counted: by the server until the answer is complete or the client gone, and by each
// right to answer. Used again for another request when the last one is dropped.
class rest_exchange final : public rest_request, private timer {
 public:
  explicit rest_exchange(rest_server_core& core) noexcept : core_(core) {}
  ~rest_exchange() = default;

  void retain() noexcept { ++references_; }
  void release() noexcept;

  // The request's head has come; with the reference of the server.
  void begin(rest_peer& peer, http::request_id id, const http::request_head& head, time_point now);
  // Its client is gone, or its answer complete: nothing can be said any more.
  void leave() noexcept;

  // --- the body
  void add_body(byte_view piece) { body_.append(as_text(piece)); }
  void end_body();
  // For a handler that reads: gives what has come to who waits for it.
  void feed_reader();
  void break_body(const error& why);

  // --- the handler's commands, see rest_stream.hpp
  void reply(rest_reply what);
  result<void> begin_stream(const rest_reply& head, std::optional<std::uint64_t> length);
  result<std::size_t> write(byte_view piece);
  result<std::size_t> write(shared_bytes piece);
  result<void> finish();
  operation<void> ready();
  void abandon() noexcept;
  void cut() noexcept;
  operation<std::string> read();
  void on_gone(callback<void()> told);
  void pass();
  // A right to answer was dropped.
  void forsaken() noexcept;
  // Output has drained.
  void writable();

  // --- for the server
  enum class phase : std::uint8_t {
    collecting,  // the body is awaited
    looking,     // middleware
    handling,    // a handler may answer
    streaming,   // an answer in pieces has begun
    over,
  };
  phase at() const noexcept { return phase_; }
  void enter(phase next) noexcept { phase_ = next; }
  // Until then an answer is due.
  void set_deadline(std::optional<time_point> at);
  http::method verb() const noexcept { return verb_; }
  rest_peer* peer() const noexcept { return peer_; }
  const address& from() const noexcept;
  // Takes the client's name for the request, or makes one.
  void name(random_source& entropy);
  http::request_id number() const noexcept { return number_; }
  rest_server_core& core() const noexcept { return core_; }
  void fill_access(rest_access& into) const noexcept;
  // Which middleware is next: first the server's, then the route's.
  std::size_t looked = 0;
  http::route_match match;
  std::shared_ptr<rest_route_state> route_state;
  http::path_parameters values;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint16_t status = 0;

  static rest_responder responder_of(rest_exchange& e) noexcept { return rest_responder(e); }
  static rest_gate gate_of(rest_exchange& e) noexcept { return rest_gate(e); }

 private:
  friend rest_request;
  struct parts {
    std::optional<value> method, path, query, headers, parameters;
  };

  void fired(time_point now) override;
  void copy_head(const http::request_head& head);
  const result<value>& read_json() const;
  result<value> make_json() const;
  const value& part(std::string_view name) const;
  value query_value() const;
  value headers_value() const;
  http::server& machine() const noexcept;
  void wake() const;
  bool is_gone() const noexcept { return peer_ == nullptr; }

  rest_server_core& core_;
  rest_peer* peer_ = nullptr;
  address from_;      // once the connection is gone
  std::string text_;  // of the head: what the views below show
  std::vector<http::header> headers_;
  std::string_view method_, target_, authority_;
  std::string body_;
  mutable std::optional<result<value>> json_;
  mutable parts parts_;
  mutable std::string scratch_;  // of a decoded query
  std::string user_;
  value notes_;
  std::optional<http::request_name> name_;
  callback<void()> told_gone_;
  completer<std::string> reader_;
  completer<void> ready_;
  http::request_id number_ = 0;
  time_point began_{};
  std::uint32_t references_ = 0;
  http::method verb_ = http::method::other;
  phase phase_ = phase::over;
  bool body_ended_ = false;
  bool held_ = false;  // the connection waits for the reader
};

// Keeps a request alive while users are called.
class rest_exchange_ref {
 public:
  explicit rest_exchange_ref(rest_exchange& e) noexcept : e_(&e) { e_->retain(); }
  rest_exchange_ref(rest_exchange_ref&& other) noexcept : e_(std::exchange(other.e_, nullptr)) {}
  rest_exchange_ref& operator=(rest_exchange_ref&&) = delete;
  ~rest_exchange_ref() {
    if (e_) e_->release();
  }
  rest_exchange* operator->() const noexcept { return e_; }
  rest_exchange& operator*() const noexcept { return *e_; }

 private:
  rest_exchange* e_;
};

}  // namespace parley::detail
