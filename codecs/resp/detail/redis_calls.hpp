// The callables of a redis_provider: calls that wait for their answers, and those that are answered
// here. How they travel: redis_call_words.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <parley/core/api/callable.hpp>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/value/message.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::detail {

class redis_core;
class redis_served;

class redis_calls final : public canceller {
 public:
  explicit redis_calls(redis_core& core) noexcept;
  redis_calls(const redis_calls&) = delete;
  redis_calls& operator=(const redis_calls&) = delete;
  ~redis_calls();

  // Ends when answers can come.
  operation<callable> make(std::string_view name);
  // Ends when requests can come. The handler of the same name before gives way.
  operation<callable> serve(std::string_view name, call_handler handler);
  operation<value> call(std::string_view name, const value& request, duration timeout);
  // Its answer is dropped when it comes.
  void cancel(operation_base& op) override;

  // The connection of the subscriptions broke: answers may be gone with it.
  void lost(const error& why);
  // The end of the provider, or of its connections: all is forgotten.
  void shut() noexcept;

 private:
  struct question;
  struct waiter {
    completer<callable> done;
    callable made;
  };

  void joined(const result<void>& outcome);
  // Publishes the question of this number. May throw without memory.
  void ask(std::uint64_t number, byte_view payload, duration timeout);
  void published(std::uint64_t number, const result<delivery>& outcome);
  void hear(const message& m);
  void end(std::uint64_t number, result<value> outcome);
  bool can_hear() const;

  redis_core& core_;
  std::string reply_channel_;
  std::optional<speaker> ear_;  // for answers
  std::map<std::uint64_t, std::unique_ptr<question>> questions_;
  std::vector<waiter> waiting_;  // for the ear
  std::vector<std::pair<redis_served*, callable>> served_;
  std::uint64_t next_ = 1;
  bool is_granted_ = false;
};

}  // namespace parley::detail
