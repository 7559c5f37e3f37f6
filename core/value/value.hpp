// A tree of values as JSON knows them, with two things more that messages need:
// exact integers to 64 bits and bytes that are not text.
//
//   parley::value v = {{"type", "update"}, {"value", 42}};     // an object
//   auto v = parley::fields("type", "update", "value", 42);    // the same
//   auto list = parley::array(1, "two", parley::array(3.0));   // a list
//   if (auto n = v["value"].as_int()) use(*n);
//
// How literals read: a list of two-element lists that start with a string is an
// object, always. Lists are spelled `array(...)`. `{}` is null; the empty object
// is `value::object()`. More than 16 members: `value::object().set(k, v)`.
// There is no initializer_list constructor, because g++ 12 cannot compile one
// inside the operand of co_await.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace parley {

struct member;

// What a value holds.
enum class value_kind : std::uint8_t {
  null,
  boolean,
  integer,           // fits in std::int64_t
  unsigned_integer,  // above the largest std::int64_t; below it, `integer` is used
  real,              // double
  text,              // UTF-8, by agreement: the encoders check it
  bytes,             // anything else
  array,
  object,
};

std::string_view to_string(value_kind) noexcept;

namespace detail {
struct object_rep;
struct field_access;

// Numbers, and not the character types: 'c' is no number that anybody meant.
template <class I>
concept plain_integer =
    std::integral<I> && sizeof(I) <= 8 && !std::same_as<I, bool> && !std::same_as<I, char> &&
    !std::same_as<I, wchar_t> && !std::same_as<I, char8_t> && !std::same_as<I, char16_t> &&
    !std::same_as<I, char32_t>;

template <class S>
concept text_like = std::convertible_to<const S&, std::string_view>;
}  // namespace detail

// The name of a member. Made from text only, so that a list such as {{0, 1}} is
// an error and no object.
class key {
 public:
  template <detail::text_like S>
  key(const S& name) : name_(static_cast<std::string_view>(name)) {}
  template <std::same_as<std::string> S>
  key(S&& name) : name_(std::move(name)) {}

  std::string_view view() const noexcept { return name_; }
  std::string take() && { return std::move(name_); }

 private:
  std::string name_;
};

class [[nodiscard]] value {
  using m = member;

 public:
  // Null.
  constexpr value() noexcept {}
  constexpr value(std::nullptr_t) noexcept {}

  // A boolean, from bool only: a pointer would convert to it silently.
  template <std::same_as<bool> B>
  value(B b) noexcept : kind_(value_kind::boolean) {
    data_.boolean = b;
  }
  template <detail::plain_integer I>
  value(I number) noexcept : kind_(value_kind::integer) {
    data_.integer = static_cast<std::int64_t>(number);
    if constexpr (std::unsigned_integral<I> && sizeof(I) == 8) {
      if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
        kind_ = value_kind::unsigned_integer;
      }
    }
  }
  template <std::floating_point F>
  value(F number) noexcept : kind_(value_kind::real) {
    data_.real = static_cast<double>(number);
  }

  // Text; copied, unless it is a std::string that is moved in. Both are templates
  // so that braces cannot reach a constructor of std::string.
  template <detail::text_like S>
  value(const S& text) : value(text_tag{}, static_cast<std::string_view>(text)) {}
  template <std::same_as<std::string> S>
  value(S&& text) noexcept : value(text_tag{}, std::move(text)) {}

  // An object of 1 to 16 members. When a name occurs twice, the last one wins.
  value(m);
  value(m, m);
  value(m, m, m);
  value(m, m, m, m);
  value(m, m, m, m, m);
  value(m, m, m, m, m, m);
  value(m, m, m, m, m, m, m);
  value(m, m, m, m, m, m, m, m);
  value(m, m, m, m, m, m, m, m, m);
  value(m, m, m, m, m, m, m, m, m, m);
  value(m, m, m, m, m, m, m, m, m, m, m);
  value(m, m, m, m, m, m, m, m, m, m, m, m);
  value(m, m, m, m, m, m, m, m, m, m, m, m, m);
  value(m, m, m, m, m, m, m, m, m, m, m, m, m, m);
  value(m, m, m, m, m, m, m, m, m, m, m, m, m, m, m);
  value(m, m, m, m, m, m, m, m, m, m, m, m, m, m, m, m);

  // What a constructor would make ambiguous has a name. `from_members` keeps the
  // order of the first occurrence and the last value of each name, in n log n.
  static value from_bytes(byte_view);
  static value from_array(std::vector<value>) noexcept;
  static value from_members(std::vector<member>);
  static value object();
  // Empty, with room for so many members.
  static value object(std::size_t room);
  // A null that lives for ever, for functions that return a reference.
  static const value& null() noexcept;

  value(const value&);
  value(value&& other) noexcept : kind_(other.kind_) {
    if (kind_ >= value_kind::text) {
      move_from(other);
    } else {
      data_.integer = other.data_.integer;
    }
  }
  value& operator=(const value&);
  value& operator=(value&&) noexcept;
  // Needs neither stack nor heap in proportion to the depth: a tree of any depth
  // can be dropped.
  ~value() {
    if (kind_ >= value_kind::text) destroy();
  }

  value_kind kind() const noexcept { return kind_; }
  bool is_null() const noexcept { return kind_ == value_kind::null; }
  bool is_bool() const noexcept { return kind_ == value_kind::boolean; }
  // An exact integer, of either kind.
  bool is_integer() const noexcept {
    return kind_ == value_kind::integer || kind_ == value_kind::unsigned_integer;
  }
  bool is_double() const noexcept { return kind_ == value_kind::real; }
  bool is_number() const noexcept { return is_integer() || is_double(); }
  bool is_text() const noexcept { return kind_ == value_kind::text; }
  bool is_bytes() const noexcept { return kind_ == value_kind::bytes; }
  bool is_array() const noexcept { return kind_ == value_kind::array; }
  bool is_object() const noexcept { return kind_ == value_kind::object; }

  // The content, or nothing if it is of another kind. Numbers convert where
  // nothing is lost: as_int() of 3.0 is 3, of 3.5 nothing. as_double() takes any
  // number, and rounds integers above 2^53.
  std::optional<bool> as_bool() const noexcept;
  std::optional<std::int64_t> as_int() const noexcept;
  std::optional<std::uint64_t> as_uint() const noexcept;
  std::optional<double> as_double() const noexcept;
  std::optional<std::string_view> as_text() const noexcept;

  // The text, or an empty one. Views live as long as this value is not changed.
  std::string_view text() const noexcept;
  // The bytes of bytes or of text, or none.
  byte_view bytes() const noexcept;

  // The content as T: bool, an integer, a floating-point type, std::string, or
  // std::string_view (a view into this value). Otherwise errc::bad_value, with a
  // message that says what was expected and what was there.
  template <class T>
  result<T> to() const;

  // Elements of an array, members of an object in the order of insertion; empty
  // for every other kind. Invalidated by every change of this value.
  std::span<const value> items() const noexcept;
  std::span<value> items() noexcept;
  std::span<const member> members() const noexcept;
  // Number of elements or members; 0 for every other kind.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  // The member of that name, or null pointer if this is no object or has none.
  // Takes log n in large objects.
  const value* find(std::string_view name) const noexcept;
  value* find(std::string_view name) noexcept;
  bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }
  // The member or element, or a null value where there is none: chains of
  // look-ups need no test in between.
  const value& operator[](std::string_view name) const noexcept;
  const value& at(std::size_t index) const noexcept;

  // Adds a member, or replaces the one of that name, in place. A value that is no
  // object becomes an empty one first.
  value& set(key name, value content) &;
  value set(key name, value content) &&;
  // Removes a member; false if there was none.
  bool erase(std::string_view name);
  // Appends an element. A value that is no array becomes an empty one first.
  value& push(value element) &;
  value push(value element) &&;

  // The same kind and content. 1 and 1.0 differ; the order of members does not
  // count; NaN differs from itself.
  friend bool operator==(const value& a, const value& b) { return equal(a, b); }

 private:
  friend detail::field_access;
  struct text_tag {};
  value(text_tag, std::string_view);
  value(text_tag, std::string&&) noexcept;

  static bool equal(const value&, const value&);
  template <class... M>
  void take_members(M&...);
  void copy_from(const value&);
  void move_from(value&) noexcept;
  void destroy() noexcept;
  void release() noexcept;
  bool has_children() const noexcept { return kind_ >= value_kind::array && size() != 0; }
  value& child(std::size_t index) noexcept;
  void pop_child() noexcept;
  void destroy_shallow(int levels) noexcept;
  void destroy_deep() noexcept;
  result<std::int64_t> to_int(std::int64_t low, std::int64_t high) const;
  result<std::uint64_t> to_uint(std::uint64_t high) const;
  error mismatch(std::string_view wanted) const;

  // Defined in full only in value.cpp: `member` is not complete here, and clang
  // looks into a variant at this point.
  union storage {
    constexpr storage() noexcept : integer(0) {}
    ~storage() {}
    bool boolean;
    std::int64_t integer;
    double real;
    std::string text;
    std::vector<value> array;
    detail::object_rep* object;
  };
  storage data_;
  value_kind kind_ = value_kind::null;
};

// A member of an object. A constructor on purpose: g++ 12 destroys temporaries
// of aggregates twice inside co_await.
struct member {
  member(key k, value v) : name(std::move(k)), val(std::move(v)) {}
  // With null, the name made in its place.
  template <class Name>
  member(std::in_place_t, Name&& k) : name(std::forward<Name>(k)) {}
  key name;
  value val;
};

// A list: `array(1, "two", array())`.
template <class... T>
  requires(std::convertible_to<T &&, value> && ...)
value array(T&&... items) {
  std::vector<value> list;
  list.reserve(sizeof...(T));
  (list.push_back(value(std::forward<T>(items))), ...);
  return value::from_array(std::move(list));
}

namespace detail {
// Makes members where they are to stay, and moves nothing. Expects an object.
struct field_access {
  // The value of that name, null at first.
  static value& place(value& of, std::string_view name);
  static value& place(value& of, std::string&& name);
};

inline void add_fields(value&) {}
template <class K, class V, class... Rest>
void add_fields(value& into, K&& name, V&& content, Rest&&... rest) {
  value made(std::forward<V>(content));
  if constexpr (std::same_as<K, key>) {
    field_access::place(into, std::move(name).take()) = std::move(made);
  } else if constexpr (std::same_as<K, std::string>) {
    field_access::place(into, std::move(name)) = std::move(made);
  } else if constexpr (text_like<K>) {
    field_access::place(into, static_cast<std::string_view>(name)) = std::move(made);
  } else {
    field_access::place(into, key(std::forward<K>(name)).take()) = std::move(made);
  }
  add_fields(into, std::forward<Rest>(rest)...);
}
}  // namespace detail

// An object of names and values in turn, of any number: `fields("a", 1, "b", 2)`.
template <class... T>
  requires(sizeof...(T) % 2 == 0)
value fields(T&&... names_and_values) {
  value made = value::object(sizeof...(T) / 2);
  detail::add_fields(made, std::forward<T>(names_and_values)...);
  return made;
}

template <class T>
result<T> value::to() const {
  if constexpr (std::same_as<T, value>) {
    return *this;
  } else if constexpr (std::same_as<T, bool>) {
    if (auto b = as_bool()) return *b;
    return std::unexpected(mismatch("a boolean"));
  } else if constexpr (std::unsigned_integral<T>) {
    auto n = to_uint(std::numeric_limits<T>::max());
    if (!n) return std::unexpected(std::move(n).error());
    return static_cast<T>(*n);
  } else if constexpr (std::signed_integral<T>) {
    auto n = to_int(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    if (!n) return std::unexpected(std::move(n).error());
    return static_cast<T>(*n);
  } else if constexpr (std::floating_point<T>) {
    if (auto d = as_double()) return static_cast<T>(*d);
    return std::unexpected(mismatch("a number"));
  } else {
    static_assert(std::same_as<T, std::string> || std::same_as<T, std::string_view>,
                  "value::to<T>() knows bool, numbers, std::string, std::string_view, value");
    if (auto t = as_text()) return T(*t);
    return std::unexpected(mismatch("text"));
  }
}

}  // namespace parley
