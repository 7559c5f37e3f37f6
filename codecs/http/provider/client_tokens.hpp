// The bearer token of a REST client: asked for once, shared by all calls, and renewed once when a
// server refuses it (S149).
#pragma once

#include <cstdint>
#include <parley/codecs/http/provider/core.hpp>
#include <parley/core/loop/work.hpp>
#include <string>
#include <vector>

namespace parley::detail {

// Who waits for a token.
class rest_token_waiter {
 public:
  // It is there, or will not come. Told outside of the drain of a connection.
  virtual void token_ready(const result<void>& ok) = 0;

 protected:
  ~rest_token_waiter() = default;
};

class rest_tokens final : private work {
 public:
  explicit rest_tokens(rest_core& core) noexcept : core_(core) {}

  void set(rest_token_source source);
  bool is_used() const noexcept { return used_; }
  // "Bearer ..."; "" if there is none yet.
  const std::string& authorization() const noexcept { return authorization_; }
  // Which token that is; counted from 1.
  std::uint64_t generation() const noexcept { return generation_; }

  // Tells it once there is a token, and asks for one if nobody has.
  void wait(rest_token_waiter& who);
  void forget(const rest_token_waiter& who) noexcept;
  // A server has said 401 to that one. Nothing, if there is another by now.
  void refused(std::uint64_t generation) noexcept;
  // Forgets tokens and questions under way; whoever waits is told nothing.
  void stop() noexcept;
  // The source as well.
  void shut() noexcept;

 private:
  void run() override;
  void arrived(std::uint64_t question, const result<std::string>& token);

  rest_core& core_;
  rest_token_source source_;
  std::vector<rest_token_waiter*> waiting_;
  std::string authorization_;
  std::uint64_t generation_ = 0;
  std::uint64_t question_ = 0;  // the one whose answer counts
  bool used_ = false;
  bool refresh_ = false;  // the last token was refused
  bool asking_ = false;   // a question is under way
  bool queued_ = false;   // run() will come
};

}  // namespace parley::detail
