// Any command, by its words: what redis_provider and a connection that was lent by it
// have in common.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <parley/codecs/resp/redis_waiter.hpp>
#include <parley/codecs/resp/tree.hpp>
#include <parley/core/async/operation.hpp>
#include <span>
#include <string_view>

namespace parley {
namespace detail {

// One argument of a command: a view, or a number with its digits.
class redis_argument {
 public:
  template <class S>
    requires std::convertible_to<const S&, std::string_view>
  redis_argument(const S& text) noexcept : view_(text) {}
  template <class N>
    requires(std::integral<N> || std::floating_point<N>)
  redis_argument(N number) noexcept {
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr;
    size_ = static_cast<std::size_t>(end - digits_.data());
  }
  redis_argument(const redis_argument&) = delete;
  redis_argument& operator=(const redis_argument&) = delete;

  std::string_view view() const noexcept {
    return size_ > 0 ? std::string_view(digits_.data(), size_) : view_;
  }

 private:
  std::string_view view_;
  std::array<char, 32> digits_;
  std::size_t size_ = 0;
};

// The nodes of a reply look at the input and die with the event: the user gets a copy.
result<resp::reply> to_reply(resp::element reply);

}  // namespace detail

class redis_commands {
 public:
  // `command("HSET", "key", "field", 42)`. Ends with the reply as a tree; an error
  // of the server is the operation's error.
  template <class... A>
  operation<resp::reply> command(const A&... arguments) {
    const std::array<detail::redis_argument, sizeof...(A)> words{
        detail::redis_argument(arguments)...};
    std::array<std::string_view, sizeof...(A)> views;
    for (std::size_t i = 0; i < views.size(); ++i) views[i] = words[i].view();
    return start<resp::reply>(views, detail::to_reply);
  }
  operation<resp::reply> command(std::span<const std::string_view> arguments) {
    return start<resp::reply>(arguments, detail::to_reply);
  }

  // The same, with the reply converted (tree.hpp says to what): std::int64_t,
  // double, bool, std::string, std::optional<T>, std::vector<T>, pairs.
  template <class T, class... A>
  operation<T> command_as(const A&... arguments) {
    const std::array<detail::redis_argument, sizeof...(A)> words{
        detail::redis_argument(arguments)...};
    std::array<std::string_view, sizeof...(A)> views;
    for (std::size_t i = 0; i < views.size(); ++i) views[i] = words[i].view();
    return start<T>(views, [](resp::element reply) { return reply.as<T>(); });
  }

 protected:
  redis_commands() = default;
  ~redis_commands() = default;

 private:
  template <class T, class Convert>
  operation<T> start(std::span<const std::string_view> arguments, Convert convert) {
    auto* w = detail::redis_command_waiter<T, Convert>::make(home(), convert);
    auto op = w->op();
    w->verb = "command";
    give(*w, *w, arguments);
    return op;
  }

  virtual loop& home() noexcept = 0;
  virtual void give(operation_base& op, detail::redis_waiter& waiter,
                    std::span<const std::string_view> arguments) = 0;
};

}  // namespace parley
