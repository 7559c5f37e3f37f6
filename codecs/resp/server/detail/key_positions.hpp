// Which words of a request are keys.
#pragma once

#include <cstddef>
#include <parley/codecs/resp/server/command.hpp>
#include <span>
#include <string_view>

namespace parley::resp {

// The keys of one request, as a range: for (std::string_view key : key_positions(...)).
class key_positions {
 public:
  key_positions(const data_command& command, std::span<const std::string_view> words) noexcept
      : words_(words) {
    const auto size = static_cast<std::ptrdiff_t>(words.size());
    if (command.first_key <= 0 || command.first_key >= size || command.key_step <= 0) return;
    const std::ptrdiff_t last =
        command.last_key < 0 ? size + command.last_key : std::ptrdiff_t{command.last_key};
    if (last < command.first_key) return;
    first_ = static_cast<std::size_t>(command.first_key);
    step_ = static_cast<std::size_t>(command.key_step);
    const auto limit = static_cast<std::size_t>(last < size ? last : size - 1);
    count_ = (limit - first_) / step_ + 1;
  }

  // Goes over the places of the keys.
  struct iterator {
    const key_positions* home;
    std::size_t index;
    std::string_view operator*() const noexcept {
      return home->words_[home->first_ + index * home->step_];
    }
    iterator& operator++() noexcept {
      ++index;
      return *this;
    }
    bool operator==(const iterator& other) const noexcept { return index == other.index; }
  };
  iterator begin() const noexcept { return {this, 0}; }
  iterator end() const noexcept { return {this, count_}; }
  std::size_t size() const noexcept { return count_; }

 private:
  std::span<const std::string_view> words_;
  std::size_t first_ = 0;
  std::size_t step_ = 1;
  std::size_t count_ = 0;
};

}  // namespace parley::resp
