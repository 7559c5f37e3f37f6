// The five protocols as words, and an order of them (S119 to S121).
//
//   co_await factory.create_speaker("events", prefer(protocol_type::redis, protocol_type::mqtt));
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace parley {

enum class protocol_type : std::uint8_t { redis, mqtt, websocket, rest, grpc };

// As provider::protocol() has it: "redis", "mqtt", "websocket", "rest", "grpc".
std::string_view to_string(protocol_type) noexcept;
std::optional<protocol_type> protocol_of(std::string_view name) noexcept;

// Which protocols, the preferred one first. Trivially copyable and of fixed arity, so that it may
// stand inside a co_await expression (g++ 12). A protocol that is named twice counts once.
class preference {
 public:
  // All that the factory has, in the order of its configuration.
  preference() noexcept {}
  preference(protocol_type a) noexcept { add(a); }
  preference(protocol_type a, protocol_type b) noexcept {
    add(a);
    add(b);
  }
  preference(protocol_type a, protocol_type b, protocol_type c) noexcept : preference(a, b) {
    add(c);
  }
  preference(protocol_type a, protocol_type b, protocol_type c, protocol_type d) noexcept
      : preference(a, b, c) {
    add(d);
  }
  preference(protocol_type a, protocol_type b, protocol_type c, protocol_type d,
             protocol_type e) noexcept
      : preference(a, b, c, d) {
    add(e);
  }

  bool empty() const noexcept { return count_ == 0; }
  std::span<const protocol_type> types() const noexcept { return {types_.data(), count_}; }

 private:
  void add(protocol_type t) noexcept {
    for (const protocol_type there : types()) {
      if (there == t) return;
    }
    types_[count_++] = t;
  }

  std::array<protocol_type, 5> types_{};
  std::size_t count_ = 0;
};

// The same as a word of the sentence.
inline preference prefer(protocol_type a) noexcept { return {a}; }
inline preference prefer(protocol_type a, protocol_type b) noexcept { return {a, b}; }
inline preference prefer(protocol_type a, protocol_type b, protocol_type c) noexcept {
  return {a, b, c};
}
inline preference prefer(protocol_type a, protocol_type b, protocol_type c,
                         protocol_type d) noexcept {
  return {a, b, c, d};
}
inline preference prefer(protocol_type a, protocol_type b, protocol_type c, protocol_type d,
                         protocol_type e) noexcept {
  return {a, b, c, d, e};
}

}  // namespace parley
