// Replies as trees, for those who ask: `reply` owns one, `element` looks at a
// value inside it. The nodes stay flat underneath; nothing here recurses, so
// that no nesting can exhaust the stack.
//
//   resp::reply_builder b;
//   for (const resp::node& n : nodes) if (b.add(n)) use(b.take());
//
//   auto count = reply.root().as<std::int64_t>();
//   for (resp::element e : reply.root()) print(e.text());
//   auto pairs = reply.root().as<std::vector<std::pair<std::string, double>>>();
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parley/codecs/resp/errc.hpp>
#include <parley/codecs/resp/node.hpp>
#include <parley/core/error.hpp>

namespace parley::resp {

// A look at one value: its node and those of its elements. Cheap to copy. Lives
// as long as the nodes and the bytes that they view.
//
// Works on the nodes of a `reply` and on the decoder's own nodes of one whole
// reply; there, attributes are skipped and strings in parts show their first
// part only (a reply joins them).
class element {
 public:
  class iterator;

  element() noexcept = default;
  explicit element(std::span<const node> nodes) noexcept : nodes_(nodes) {}

  // False for what find() did not find and for an element without nodes. All
  // other calls on such an element see a null.
  explicit operator bool() const noexcept { return !nodes_.empty(); }

  kind type() const noexcept { return head().type; }
  bool is_null() const noexcept { return type() == kind::null; }
  bool is_error() const noexcept { return resp::is_error(type()); }
  bool is_aggregate() const noexcept { return resp::is_aggregate(type()); }

  // The first node of the value, and all of them.
  const node& head() const noexcept;
  std::span<const node> nodes() const noexcept { return nodes_; }

  // As of node: text of strings and errors, value of numbers.
  std::string_view text() const noexcept { return head().text(); }
  std::int64_t integer() const noexcept { return head().integer(); }
  double number() const noexcept { return head().number(); }
  bool boolean() const noexcept { return head().boolean(); }

  // The elements of an aggregate, in order; a map yields key, value, key, ...
  // Scalars have none.
  iterator begin() const noexcept;
  iterator end() const noexcept;
  // How many there are, two per pair.
  std::size_t size() const noexcept;
  // The element at `index`, in time proportional to it; false-like if there is none.
  element at(std::size_t index) const noexcept;
  // The value of a key of a map, or of an array of alternating keys and values as
  // RESP2 has them. Compares the text of string keys.
  element find(std::string_view key) const noexcept;

  // Converts to T: std::int64_t, double, bool, std::string, std::string_view (a
  // view as above), std::optional<T> (null: nothing), std::vector<T>,
  // std::pair<A, B> (an array of two), std::vector<std::pair<A, B>> (also from a
  // map or a flat array), element itself. Numbers are also read from text.
  // Errors: what the server answered, as classify() sees it, if the value is an
  // error; parley::errc::bad_value if it is something else than T can hold.
  template <class T>
  result<T> as() const {
    T value{};
    if (auto ok = convert(value); !ok) return std::unexpected(std::move(ok.error()));
    return value;
  }

 private:
  std::span<const node> children() const noexcept;

  result<> convert(std::int64_t&) const;
  result<> convert(double&) const;
  result<> convert(bool&) const;
  result<> convert(std::string&) const;
  result<> convert(std::string_view&) const;
  result<> convert(element&) const;
  template <class T>
  result<> convert(std::optional<T>&) const;
  template <class A, class B>
  result<> convert(std::pair<A, B>&) const;
  template <class T>
  result<> convert(std::vector<T>&) const;
  template <class A, class B>
  result<> convert(std::vector<std::pair<A, B>>&) const;

  // The error of a conversion that cannot be: what it is, what was wanted.
  std::unexpected<parley::error> mismatch(std::string_view wanted) const;

  std::span<const node> nodes_;
};

// Walks the elements of one aggregate.
class element::iterator {
 public:
  using value_type = element;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;

  iterator() noexcept = default;
  explicit iterator(std::span<const node> rest) noexcept;

  element operator*() const noexcept { return element(rest_.first(extent_)); }
  iterator& operator++() noexcept;
  iterator operator++(int) noexcept {
    iterator old = *this;
    ++*this;
    return old;
  }
  friend bool operator==(const iterator& a, const iterator& b) noexcept {
    return a.rest_.size() == b.rest_.size();
  }

 private:
  void settle() noexcept;

  std::span<const node> rest_;
  std::size_t extent_ = 0;
};

// One whole reply with the bytes of its strings. Strings in parts are joined,
// stream ends are gone, counts are known, attributes are dropped.
class reply {
 public:
  reply() = default;
  reply(const reply&);
  reply(reply&&) noexcept = default;
  reply& operator=(const reply&);
  reply& operator=(reply&&) noexcept = default;
  ~reply() = default;

  // The reply's value; a null if there is none. What it shows is valid until
  // this reply is assigned to or destroyed; moving the reply keeps it valid.
  element root() const noexcept { return element(nodes_); }

  // As element::as() of the root.
  template <class T>
  result<T> as() const {
    return root().as<T>();
  }

 private:
  friend class reply_builder;
  void rebase(const char* old) noexcept;

  std::vector<node> nodes_;
  std::vector<char> bytes_;  // a vector: moving it does not move what it holds
};

// Makes replies from nodes, copying their bytes.
class reply_builder {
 public:
  // Adds the next node of the decoder. True if it completed a reply: take() it
  // before the next add(). The node's bytes are not needed afterwards.
  bool add(const node&);

  // The reply that add() completed. The builder is ready for the next one.
  reply take() noexcept;

  // Forgets what was added. The memory is kept.
  void clear() noexcept;

 private:
  bool is_dropped(const node&) noexcept;
  void keep(const node&);
  void append(std::string_view);
  void count_in_parent(std::size_t depth) noexcept;
  void close() noexcept;
  void finish() noexcept;

  std::vector<node> nodes_;
  std::vector<char> bytes_;
  std::vector<std::size_t> offsets_;  // where in bytes_ each node's text begins
  std::vector<std::size_t> open_;     // the aggregates that are open, outermost first
  bool joining_ = false;              // the last node has more to come
  bool in_attribute_ = false;         // an attribute is being dropped
  std::size_t attribute_depth_ = 0;
};

template <class T>
result<> element::convert(std::optional<T>& to) const {
  if (is_null()) {
    to.reset();
    return {};
  }
  return convert(to.emplace());
}

template <class A, class B>
result<> element::convert(std::pair<A, B>& to) const {
  if (!is_aggregate() || size() != 2) return mismatch("an array of two");
  auto it = begin();
  if (auto ok = (*it).convert(to.first); !ok) return ok;
  return (*++it).convert(to.second);
}

template <class T>
result<> element::convert(std::vector<T>& to) const {
  if (!is_aggregate()) return mismatch("an array");
  to.clear();
  for (element e : *this) {
    if (auto ok = e.convert(to.emplace_back()); !ok) return ok;
  }
  return {};
}

template <class A, class B>
result<> element::convert(std::vector<std::pair<A, B>>& to) const {
  if (!is_aggregate()) return mismatch("a map");
  to.clear();
  // RESP3 may send pairs as arrays of two (ZRANGE WITHSCORES), RESP2 flat.
  if (type() != kind::map && begin() != end() && (*begin()).is_aggregate()) {
    for (element e : *this) {
      if (auto ok = e.convert(to.emplace_back()); !ok) return ok;
    }
    return {};
  }
  if (size() % 2 != 0) return mismatch("a map");
  for (auto it = begin(); it != end(); ++it) {
    auto& pair = to.emplace_back();
    if (auto ok = (*it).convert(pair.first); !ok) return ok;
    if (auto ok = (*++it).convert(pair.second); !ok) return ok;
  }
  return {};
}

}  // namespace parley::resp
