#include <bit>
#include <cassert>
#include <cstring>
#include <parley/codecs/resp/server/command_index.hpp>

namespace parley::resp {

command_index::command_index() {
  add("string", string_commands());
  add("string", counter_commands());
  add("generic", key_commands());
  add("hash", hash_commands());
  add("list", list_commands());
  add("list", blocking_commands());
  add("set", set_commands());
  add("sorted-set", sorted_set_commands());
  add("connection", connection_commands());
  add("connection", client_commands());
  add("pubsub", pubsub_commands());
  add("server", config_commands());
  add("server", info_commands());
  add("server", command_commands());
  add("server", database_commands());
  build();
}

void command_index::add(std::string_view group, std::span<const data_command> family) {
  for (const data_command& one : family) commands_.push_back({&one, nullptr, group});
}

void command_index::add(std::string_view group, std::span<const engine_command> family) {
  for (const engine_command& one : family) commands_.push_back({&one.about, &one, group});
}

void command_index::build() {
  const std::size_t slots = std::bit_ceil(commands_.size() * 4);
  slots_.resize(slots);
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(slots));
  for (std::uint32_t i = 0; i < commands_.size(); ++i) {
    const std::string_view name = commands_[i].about->name;
    assert(!name.empty() && name.size() <= longest);
    const packed key = pack(name);
    std::size_t at = place_of(key);
    while (slots_[at].size != 0) at = (at + 1) % slots;
    slots_[at] = {key, static_cast<std::uint32_t>(name.size()), i};
  }
}

// Setting one bit makes letters small, and makes no other byte a letter.
command_index::packed command_index::pack(std::string_view name) noexcept {
  constexpr std::uint64_t small = 0x2020202020202020;
  packed key;
  if (name.size() <= 8) {
    std::memcpy(&key.low, name.data(), name.size());
  } else {
    std::memcpy(&key.low, name.data(), 8);
    std::memcpy(&key.high, name.data() + 8, name.size() - 8);
  }
  key.low |= small;
  key.high |= small;
  return key;
}

std::size_t command_index::place_of(const packed& name) const noexcept {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
  return static_cast<std::size_t>(((name.low ^ std::rotl(name.high, 29)) * golden) >> shift_);
}

const indexed_command* command_index::find(std::string_view name) const noexcept {
  if (name.empty() || name.size() > longest) return nullptr;
  const packed key = pack(name);
  for (std::size_t at = place_of(key); slots_[at].size != 0; at = (at + 1) % slots_.size()) {
    const slot& s = slots_[at];
    if (s.name == key && s.size == name.size()) return &commands_[s.command];
  }
  return nullptr;
}

}  // namespace parley::resp
