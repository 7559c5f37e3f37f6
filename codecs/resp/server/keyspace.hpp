// One database: keys with their objects and the time at which they end. The engine owns
// one for each number that SELECT takes; commands get the selected one.
//
//   keyspace_shared shared(seed);
//   keyspace keys(shared);
//   if (entry* found = keys.find("key", now)) ... found->value() ...
//
// Expiry happens in two ways: `find` drops what it meets too late, and a timer at
// `next_expiry` calls `expire_some`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/resp/server/dense_table.hpp>
#include <parley/codecs/resp/server/keyspace_shared.hpp>
#include <parley/codecs/resp/server/object.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::resp {

// Milliseconds of steady time, as expiry is kept: 64 bits of them hold every time that
// EXPIREAT can name.
using milliseconds_at = std::int64_t;

inline milliseconds_at in_milliseconds(time_point now) noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
}

// A key and what it holds.
class entry {
 public:
  std::string_view key() const noexcept { return key_; }
  object& value() noexcept { return value_; }
  const object& value() const noexcept { return value_; }

 private:
  friend class keyspace;
  static constexpr std::uint32_t never = UINT32_MAX;
  static std::string_view key_of(const entry& one) noexcept { return one.key_; }

  entry(std::string_view key, object&& value) : key_(key), value_(std::move(value)) {}

  std::string key_;
  object value_;
  std::uint32_t timer_ = never;  // its place in the heap
};

// Pointers to entries are valid until the next insertion, removal or `find` of another
// key (which may drop an expired one). May throw bad_alloc.
class keyspace {
 public:
  explicit keyspace(keyspace_shared& shared) noexcept : shared_(&shared), entries_(shared.seed) {}
  keyspace(keyspace&&) noexcept = default;
  // Only to be moved into where nothing is.
  keyspace& operator=(keyspace&&) = delete;
  ~keyspace() { clear(); }

  keyspace_shared& shared() const noexcept { return *shared_; }
  // Expired keys that nobody has met count as well, as in Redis.
  std::size_t size() const noexcept { return entries_.size(); }
  // How many of them have an expiry.
  std::size_t expiring() const noexcept { return timers_.size(); }

  // The entry of a key that has not expired, or null.
  entry* find(std::string_view key, time_point now);
  bool contains(std::string_view key, time_point now) { return find(key, now) != nullptr; }
  // Makes the key a string, whatever it was. Its expiry stays, unless it is over.
  entry& set(std::string_view key, std::string_view text, time_point now);
  // Puts a value in the place of any other, and drops its expiry.
  entry& put(std::string_view key, object&& value);
  // True if it was there and had not expired.
  bool erase(std::string_view key, time_point now);
  void erase(entry& which);
  // The value, and the key is gone: for RENAME and MOVE.
  object take(entry& which);
  void clear() noexcept;
  // SWAPDB: both must be of one server.
  void swap(keyspace& other) noexcept;

  // Strings are changed through these, so that their memory is counted.
  void assign(entry& which, std::string_view text);
  template <class Change>
  auto edit(entry& which, Change change) {
    const recount counted{*this, which.value_, which.value_.bytes()};
    return change(which.value_.edit());
  }
  // See object::share().
  const shared_bytes* share(entry& which);

  std::optional<milliseconds_at> expiry(const entry& which) const noexcept;
  void set_expiry(entry& which, milliseconds_at when);
  // True if there was one.
  bool clear_expiry(entry& which) noexcept;

  // When the first key has expired, for a timer. O(1).
  std::optional<time_point> next_expiry() const noexcept;
  // Drops expired keys, at most `most` of them; how many. Call again while it returns
  // `most`, with other work in between.
  std::size_t expire_some(time_point now, std::size_t most);

  // A key by chance, or null if there is none.
  entry* random(time_point now);
  // See dense_table::walk; expired keys are skipped.
  template <class Visit>
  std::size_t walk(std::size_t cursor, std::size_t count, time_point now, Visit visit) const {
    return entries_.walk(cursor, count, [&](const entry& one) {
      if (!is_expired(one, now)) visit(one);
    });
  }

  // To be called by commands when a list has got elements and is as it will stay.
  void list_grew(std::string_view key) {
    if (shared_->observer != nullptr) shared_->observer->list_grew(*this, key);
  }

  // For BLPOP and its like: pops one element at the front or the back of a list, and
  // drops the key with the last. `wrong_type` if the key is not a list.
  enum class pop_status : std::uint8_t { popped, missing, wrong_type };
  pop_status pop_list(std::string_view key, bool front, time_point now, std::string& out);

 private:
  struct timer {
    milliseconds_at when;
    std::uint32_t position;  // of the entry
  };
  // Counts what a string takes after it was changed.
  struct recount {
    keyspace& where;
    object& value;
    std::size_t before;
    ~recount() {
      where.shared_->used_bytes += value.bytes();
      where.shared_->used_bytes -= before;
    }
  };

  static std::size_t bytes(const entry& one) noexcept;
  bool is_expired(const entry& one, time_point now) const noexcept;
  std::uint32_t position_of(const entry& one) const noexcept;
  void erase_at(std::size_t position);
  void place_timer(std::size_t at, timer what) noexcept;
  void sift_up(std::size_t at) noexcept;
  void sift_down(std::size_t at) noexcept;
  void drop_timer(std::size_t at) noexcept;

  keyspace_shared* shared_;
  dense_table<entry, &entry::key_of> entries_;
  std::vector<timer> timers_;  // a binary heap, the earliest first
};

}  // namespace parley::resp
