// What all databases of one server share: limits, the count of the memory that they use,
// the secret of their hashes, random numbers, and who wants to hear of lists that grew.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <parley/codecs/resp/server/hash_seed.hpp>
#include <span>
#include <string_view>

namespace parley::resp {

class keyspace;

// What a keyspace may hold; each limit answers with an error.
struct keyspace_limits {
  // Commands that store are refused above it, as with Redis' `maxmemory` and the policy
  // `noeviction`. Approximate: what keys and values take, with their tables. A default
  // that a test machine bears.
  std::size_t max_bytes = std::size_t{256} * 1024 * 1024;
  // Redis' proto-max-bulk-len: one string. APPEND and SETRANGE could make longer ones.
  std::size_t max_string_bytes = std::size_t{512} * 1024 * 1024;
  // SRANDMEMBER and the like with a negative count repeat elements: a request of a few
  // bytes could ask for a reply without end. Redis has no such limit.
  std::size_t max_random_elements = 1'000'000;
};

// Told of every list that got elements, after the command's change is complete.
class key_observer {
 public:
  // `key` is a view that lives during the call. Note it and serve who waits after the
  // command; change no keyspace from here.
  virtual void list_grew(keyspace& where, std::string_view key) = 0;

 protected:
  ~key_observer() = default;
};

// Random numbers that only need to be spread well (xorshift64*): samples and the levels
// of skip lists. Not for secrets.
class random_bits {
 public:
  explicit random_bits(std::uint64_t seed) noexcept
      : state_(seed == 0 ? 0x9e3779b97f4a7c15U : seed) {}

  std::uint64_t next() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dU;
  }
  // A number below `limit`, which is not 0.
  std::size_t below(std::size_t limit) noexcept { return static_cast<std::size_t>(next() % limit); }

 private:
  std::uint64_t state_;
};

// Outlives its keyspaces and does not move. Not thread-safe, as they are not.
struct keyspace_shared {
  explicit keyspace_shared(hash_seed secret, const keyspace_limits& bounds = {}) noexcept
      : limits(bounds), seed(secret), random(secret.first ^ std::rotl(secret.second, 32)) {}
  keyspace_shared(const keyspace_shared&) = delete;
  keyspace_shared& operator=(const keyspace_shared&) = delete;

  bool is_full() const noexcept { return used_bytes >= limits.max_bytes; }
  // False for what one command may not add, however empty the server is.
  bool has_room_for(std::size_t bytes) const noexcept {
    return used_bytes <= limits.max_bytes && bytes <= limits.max_bytes - used_bytes;
  }

  keyspace_limits limits;
  // As `INFO memory` shows it; kept by the keyspaces and their objects.
  std::size_t used_bytes = 0;
  const hash_seed seed;
  random_bits random;
  key_observer* observer = nullptr;
  // All databases, for the commands that name another one (COPY, MOVE). Empty: there is
  // only the one at hand.
  std::span<keyspace> databases;
};

// The bytes that one object has taken from the common count; gives them back at its end.
class memory_share {
 public:
  explicit memory_share(keyspace_shared& from) noexcept : from_(&from) {}
  memory_share(const memory_share&) = delete;
  memory_share& operator=(const memory_share&) = delete;
  ~memory_share() { from_->used_bytes -= bytes_; }

  void add(std::size_t bytes) noexcept {
    bytes_ += bytes;
    from_->used_bytes += bytes;
  }
  void remove(std::size_t bytes) noexcept {
    bytes_ -= bytes;
    from_->used_bytes -= bytes;
  }
  void replace(std::size_t before, std::size_t now) noexcept {
    add(now);
    remove(before);
  }
  std::size_t bytes() const noexcept { return bytes_; }
  keyspace_shared& owner() const noexcept { return *from_; }

 private:
  keyspace_shared* from_;
  std::size_t bytes_ = 0;
};

}  // namespace parley::resp
