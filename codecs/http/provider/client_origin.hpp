// The connections of a REST client to one origin, and what waits for one of them.
#pragma once

#include <deque>
#include <memory>
#include <parley/codecs/http/detail/http_link.hpp>
#include <parley/codecs/http/http_client.hpp>
#include <vector>

namespace parley::detail {

class rest_connection;
class rest_origin;

// How a request ended that got no answer, or not all of it.
struct rest_failure {
  error why;
  bool may_retry = false;  // it cannot be done twice: http::unanswered has the rule (P52)
  bool was_used = false;   // the connection had answered before, so that it may just have been old
};

// One request, for as long as one origin has it: told from inside a drain. Each call may end it,
// and give it to an origin anew.
class rest_transfer {
 public:
  // Its turn has come. Errors are about the request itself.
  virtual result<void> send(http_link& link, std::uint64_t tag) = 0;
  virtual void on_head(const http::response_head& head) = 0;
  virtual void on_body(byte_view data) = 0;
  // The origin has let go of it.
  virtual void on_end(const http::header_list& trailers) = 0;
  virtual void on_failed(const rest_failure& how) = 0;

  bool is_submitted() const noexcept { return origin_ != nullptr; }
  // It has a connection; else it waits for one.
  bool is_sent() const noexcept { return at_ != nullptr; }
  // It waits, and the origin has no connection that is open.
  bool is_unreached() const noexcept;

 protected:
  ~rest_transfer() = default;
  // Takes it back from its origin, if one has it.
  void withdraw() noexcept;
  // Back-pressure; only while is_sent().
  void hold() noexcept;
  void go_on() noexcept;

 private:
  friend rest_origin;
  friend rest_connection;
  rest_origin* origin_ = nullptr;
  rest_connection* at_ = nullptr;
};

// Who wants to know of connections.
class rest_origin_owner {
 public:
  virtual void connected() = 0;

 protected:
  ~rest_origin_owner() = default;
};

class rest_origin {
 public:
  // Owner is borrowed; connections at a time, and how many more may wait.
  rest_origin(loop& home, rest_origin_owner& owner, http_client_config config,
              std::size_t max_connections, std::size_t max_queue);
  rest_origin(const rest_origin&) = delete;
  rest_origin& operator=(const rest_origin&) = delete;
  ~rest_origin();

  // Sends it over a connection that is free, or lets it wait for one. Errors, after which it is not
  // here: queue_full, those of http_link::connect(), and its own.
  result<void> submit(rest_transfer& t);
  // It wants to hear no more. Its connection ends, unless nothing of it has left.
  void cancel(rest_transfer& t) noexcept;
  // One of them was found to have ended long ago: the others, as old, have too.
  void drop_idle() noexcept;

  bool is_reached() const noexcept { return connections_.size() > connecting_; }
  bool is_empty() const noexcept { return connections_.empty() && waiting_.empty(); }
  std::size_t size() const noexcept { return connections_.size(); }
  std::size_t waiting() const noexcept { return waiting_.size(); }
  std::size_t buffered() const noexcept;
  const http_client_config& config() const noexcept { return config_; }

 private:
  friend rest_connection;

  void opened(rest_connection& c);
  void is_free(rest_connection& c);
  void failed_to_open(rest_connection& c, const error& why);
  void remove(rest_connection& c) noexcept;
  void advance();
  result<void> connect();
  rest_connection* take_idle() noexcept;
  result<void> assign(rest_connection& c, rest_transfer& t);
  void give_front_to(rest_connection& c);

  loop& loop_;
  rest_origin_owner& owner_;
  const http_client_config config_;
  const std::size_t max_connections_, max_queue_;
  std::vector<std::unique_ptr<rest_connection>> connections_;
  std::vector<rest_connection*> idle_;  // the last one was used last
  std::deque<rest_transfer*> waiting_;
  std::size_t connecting_ = 0;
  std::uint64_t attempts_ = 0;
  std::uint64_t last_tag_ = 0;
};

// One connection, and the request that is under way on it.
class rest_connection final : private http_link_owner {
 public:
  rest_connection(loop& home, rest_origin& origin)
      : origin_(origin), link_(home, *this, origin.config()) {}

  http_link& link() noexcept { return link_; }
  // Lets go of the request that is under way, if there is one.
  rest_transfer* take_transfer() noexcept;
  rest_transfer* transfer = nullptr;
  std::uint64_t tag = 0;

 private:
  void link_opened() override { origin_.opened(*this); }
  void link_head(const http::response_event& e) override;
  void link_body(const http::response_body& e) override;
  void link_end(const http::response_end& e) override;
  void link_unanswered(const http::unanswered& e, bool was_used) override;
  void link_over(const error& why, bool was_open) override;

  rest_origin& origin_;
  http_link link_;
};

}  // namespace parley::detail
