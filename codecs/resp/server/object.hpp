// What a key holds: a string, a hash, a list, a set or a sorted set.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <parley/codecs/resp/server/dense_table.hpp>
#include <parley/codecs/resp/server/keyspace_shared.hpp>
#include <parley/codecs/resp/server/sorted_set.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace parley::resp {

// The order is that of the variant in `object`.
enum class object_type : std::uint8_t { string, hash, list, set, sorted_set };

// As TYPE says it: "string", "zset".
std::string_view type_name(object_type) noexcept;

// What a string costs outside of itself: nothing as long as it is short.
inline std::size_t heap_bytes(const std::string& text) noexcept {
  constexpr std::size_t in_place = 15;
  return text.capacity() <= in_place ? 0 : text.capacity() + 1;
}

// A field of a hash and its value.
struct hash_field {
  std::string name;
  std::string value;

  static std::string_view key(const hash_field& field) noexcept { return field.name; }
  std::size_t bytes() const noexcept {
    return sizeof(hash_field) + 16 + heap_bytes(name) + heap_bytes(value);
  }
};

// A hash: found by name, drawn by position.
class hash_object {
 public:
  explicit hash_object(keyspace_shared& shared) noexcept : memory_(shared), fields_(shared.seed) {
    memory_.add(sizeof(*this));
  }

  std::size_t size() const noexcept { return fields_.size(); }
  const hash_field* find(std::string_view name) const noexcept { return fields_.find(name); }
  const hash_field& operator[](std::size_t position) const noexcept { return fields_[position]; }
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  // True if the field is new.
  bool set(std::string_view name, std::string_view value);
  bool erase(std::string_view name);
  template <class Visit>
  std::size_t walk(std::size_t cursor, std::size_t count, Visit visit) const {
    return fields_.walk(cursor, count, visit);
  }

 private:
  memory_share memory_;
  dense_table<hash_field, &hash_field::key> fields_;
};

// A list: grows and shrinks at both ends.
class list_object {
 public:
  explicit list_object(keyspace_shared& shared) : memory_(shared) {
    // A deque begins with a block of 512 bytes.
    memory_.add(sizeof(*this) + 576);
  }

  std::size_t size() const noexcept { return items_.size(); }
  const std::string& operator[](std::size_t position) const noexcept { return items_[position]; }
  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }
  void push_front(std::string_view item);
  void push_back(std::string_view item);
  std::string pop_front();
  std::string pop_back();
  void assign(std::size_t position, std::string_view item);
  void insert(std::size_t position, std::string_view item);
  void erase(std::size_t position);
  // Drops that many at each end.
  void trim(std::size_t front, std::size_t back);
  // Removes up to `most` items equal to `item`, from the end if `backwards`; the count.
  std::size_t remove(std::string_view item, std::size_t most, bool backwards);

 private:
  static std::size_t bytes(const std::string& item) noexcept {
    return sizeof(std::string) + heap_bytes(item);
  }

  memory_share memory_;
  std::deque<std::string> items_;
};

// A set: found by name, drawn by position.
class set_object {
 public:
  explicit set_object(keyspace_shared& shared) noexcept : memory_(shared), members_(shared.seed) {
    memory_.add(sizeof(*this));
  }

  std::size_t size() const noexcept { return members_.size(); }
  bool contains(std::string_view member) const noexcept {
    return members_.position_of(member) != members_.none;
  }
  const std::string& operator[](std::size_t position) const noexcept { return members_[position]; }
  auto begin() const noexcept { return members_.begin(); }
  auto end() const noexcept { return members_.end(); }
  // True if the member is new.
  bool insert(std::string_view member);
  bool erase(std::string_view member);
  std::string take(std::size_t position);
  template <class Visit>
  std::size_t walk(std::size_t cursor, std::size_t count, Visit visit) const {
    return members_.walk(cursor, count, visit);
  }

 private:
  static std::string_view key(const std::string& member) noexcept { return member; }
  static std::size_t bytes(const std::string& member) noexcept {
    return sizeof(std::string) + 16 + heap_bytes(member);
  }

  memory_share memory_;
  dense_table<std::string, &set_object::key> members_;
};

// A value of any type. A string is a std::string while it is short or being built, and
// shared bytes once it is large: those go into replies without a copy.
class object {
 public:
  // From here on a string is shared: below it, copying costs less than counting.
  static constexpr std::size_t sharing_size = 4096;

  object() noexcept = default;
  explicit object(std::string_view text) { assign(text); }
  explicit object(std::unique_ptr<hash_object> hash) noexcept;
  explicit object(std::unique_ptr<list_object> list) noexcept;
  explicit object(std::unique_ptr<set_object> set) noexcept;
  explicit object(std::unique_ptr<sorted_set> sorted) noexcept;
  object(object&&) noexcept;
  object& operator=(object&&) noexcept;
  ~object();

  // Another one with the same content; large strings are shared.
  object copy(keyspace_shared& shared) const;

  object_type type() const noexcept;
  // As hash_object, list_object, set_object or sorted_set; null if it is of another type.
  template <class T>
  T* as() noexcept {
    auto* const held = std::get_if<std::unique_ptr<T>>(&value_);
    return held == nullptr ? nullptr : held->get();
  }

  // The following are for strings. A view of the text until the object changes.
  std::string_view text() const noexcept;
  // Becomes this string, whatever it was; memory of the old one is used again.
  void assign(std::string_view text);
  // The text to be changed in place; gathers what was shared.
  std::string& edit();
  // The text as shared bytes if it is large, so that it can be sent without a copy.
  const shared_bytes* share();

  // What a string takes outside of the object; the other types count for themselves.
  std::size_t bytes() const noexcept;

 private:
  std::variant<std::string, shared_bytes, std::unique_ptr<hash_object>,
               std::unique_ptr<list_object>, std::unique_ptr<set_object>,
               std::unique_ptr<sorted_set>>
      value_;
};

}  // namespace parley::resp
