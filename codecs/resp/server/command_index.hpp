// From the first word of a request to its command.
#pragma once

#include <cstdint>
#include <parley/codecs/resp/server/command.hpp>
#include <parley/codecs/resp/server/engine_command.hpp>
#include <string_view>
#include <vector>

namespace parley::resp {

// One command as it is found by its name.
struct indexed_command {
  const data_command* about = nullptr;
  const engine_command* own = nullptr;  // null for commands that only need data
  std::string_view group{};             // "string", "server": as Redis' manual has it
};

// All commands of a server by their names, in any case. A lookup is two words to
// compare, since no name is longer than 16 letters.
class command_index {
 public:
  command_index();

  // Null: no such command.
  const indexed_command* find(std::string_view name) const noexcept;
  // In the order of the families.
  const std::vector<indexed_command>& all() const noexcept { return commands_; }

 private:
  // A name in small letters, as two numbers.
  struct packed {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const packed&) const = default;
  };
  struct slot {
    packed name{};
    std::uint32_t size = 0;     // 0: empty
    std::uint32_t command = 0;  // in commands_
  };
  static constexpr std::size_t longest = 16;
  static packed pack(std::string_view name) noexcept;
  std::size_t place_of(const packed& name) const noexcept;

  void add(std::string_view group, std::span<const data_command> family);
  void add(std::string_view group, std::span<const engine_command> family);
  void build();

  std::vector<indexed_command> commands_;
  std::vector<slot> slots_;  // a power of two, four times as many as commands
  unsigned shift_ = 0;
};

}  // namespace parley::resp
