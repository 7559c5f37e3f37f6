// A store in memory: sessions outlive their connections, not the process. The reference for every
// other store, and the default of a provider that was given none.
#pragma once

#include <parley/core/store/record_index.hpp>
#include <parley/core/store/store.hpp>
#include <string>

namespace parley {

// sync() succeeds at once. A record that comes and goes, of up to `kept_capacity` bytes, costs no
// allocation in the steady state.
class memory_store final : public store {
 public:
  // What a node without a use keeps of the room for its value, in bytes: a small message's.
  static constexpr std::size_t kept_capacity = 1024;

  // Give a seed from the loop's random source where peers choose the names of spaces or keys.
  // The default of max_bytes suits a disk; in memory less may be wise.
  explicit memory_store(store_limits bounds = {}, hash_seed seed = {}) noexcept
      : bounds_(bounds), records_(seed) {}

  using store::load;
  using store::load_all;
  using store::put;
  result<void> put(byte_view space, byte_view key, buffer_list value) override;
  result<void> erase(byte_view space, byte_view key) override;
  result<void> erase_space(byte_view space) override;
  result<void> sync() override;
  result<void> load(byte_view space, record_visitor& to) override;
  result<void> load_all(record_visitor& to) override;
  std::size_t size() const noexcept override { return records_.size(); }
  std::size_t bytes() const noexcept override { return bytes_; }
  std::uint64_t staged() const noexcept override { return staged_; }
  std::uint64_t durable() const noexcept override { return durable_; }

 private:
  struct value_bytes {
    std::string bytes{};

    value_bytes() = default;
    value_bytes(value_bytes&&) noexcept = default;
    // Swapped, so that the room of a spare node comes back to whoever fills the next one.
    value_bytes& operator=(value_bytes&& other) noexcept {
      bytes.swap(other.bytes);
      return *this;
    }
    void reset() noexcept {
      bytes.clear();
      if (bytes.capacity() > kept_capacity) bytes = std::string();
    }
  };
  using index = detail::record_index<value_bytes>;

  static std::size_t cost(const index::record_node& r) noexcept;
  static bool show(const index::space_node& home, record_visitor& to);

  store_limits bounds_;
  index records_;
  value_bytes incoming_;  // room for the next value
  std::size_t bytes_ = 0;
  std::uint64_t staged_ = 0;
  std::uint64_t durable_ = 0;
};

}  // namespace parley
