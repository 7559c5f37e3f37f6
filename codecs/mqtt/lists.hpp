// The lists inside packets: of bytes that were checked, taken apart as they are gone through, or of
// values of the caller's that are to be encoded.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <parley/codecs/mqtt/qos.hpp>
#include <parley/codecs/mqtt/reason_code.hpp>
#include <parley/core/bytes.hpp>
#include <span>
#include <string_view>

namespace parley::mqtt {

// What a SUBSCRIBE asks for (section 3.8.3.1). In 3.1.1 filter and QoS alone.
struct subscription {
  std::string_view filter{};
  mqtt::qos qos = mqtt::qos::at_most_once;  // the highest that messages come with
  bool no_local = false;                    // not what this client publishes itself
  bool retain_as_published = false;         // keep the retain flag of what is sent on
  retain_handling handling = retain_handling::send;

  friend bool operator==(const subscription&, const subscription&) = default;
};

namespace detail {

// How an item stands in a packet: reads one, which was checked, and moves on behind it.
subscription take_item(const std::byte*& at, subscription*) noexcept;
std::string_view take_item(const std::byte*& at, std::string_view*) noexcept;

}  // namespace detail

// A view, which lives as long as the packet's bytes or the caller's values.
template <class Item>
class packet_list {
 public:
  // Gives each element by value.
  class iterator {
   public:
    using value_type = Item;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    // `items` are those of a caller, `at` the bytes of a packet.
    iterator(const Item* items, const std::byte* at, std::size_t left) noexcept
        : items_(items), at_(at), left_(left) {
      read();
    }
    const Item& operator*() const noexcept { return item_; }
    const Item* operator->() const noexcept { return &item_; }
    iterator& operator++() noexcept {
      --left_;
      read();
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator old = *this;
      ++*this;
      return old;
    }
    // Of the same list.
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.left_ == b.left_;
    }

   private:
    void read() noexcept {
      if (left_ == 0) return;
      item_ = items_ != nullptr ? *items_++ : detail::take_item(at_, static_cast<Item*>(nullptr));
    }

    const Item* items_ = nullptr;
    const std::byte* at_ = nullptr;
    std::size_t left_ = 0;
    Item item_{};
  };

  constexpr packet_list() noexcept = default;
  // To be encoded; the encoder checks them. From whatever a span can be made of.
  template <class Items>
    requires(std::constructible_from<std::span<const Item>, const Items&> &&
             !std::same_as<Items, packet_list>)
  constexpr packet_list(const Items& items) noexcept
      : packet_list(std::span<const Item>(items), 0) {}

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  iterator begin() const noexcept { return {items_, bytes_.data(), size_}; }
  iterator end() const noexcept { return {}; }

  // As they stand in the packet they came in; nothing for a caller's values.
  byte_view wire() const noexcept { return bytes_; }

 private:
  friend struct list_access;

  constexpr packet_list(std::span<const Item> items, int) noexcept
      : items_(items.data()), size_(items.size()) {}

  const Item* items_ = nullptr;
  byte_view bytes_{};
  std::size_t size_ = 0;
};

using subscriptions = packet_list<subscription>;
using topic_filters = packet_list<std::string_view>;

// Reason codes are bytes, whoever owns them.
class reason_codes {
 public:
  // Gives each reason code by value.
  class iterator {
   public:
    using value_type = reason_code;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    explicit iterator(const std::byte* at) noexcept : at_(at) {}
    reason_code operator*() const noexcept { return static_cast<reason_code>(*at_); }
    iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    iterator operator++(int) noexcept { return iterator(at_++); }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    const std::byte* at_ = nullptr;
  };

  constexpr reason_codes() noexcept = default;
  template <class Codes>
    requires(std::constructible_from<std::span<const reason_code>, const Codes&> &&
             !std::same_as<Codes, reason_codes>)
  reason_codes(const Codes& codes) noexcept
      : bytes_(std::as_bytes(std::span<const reason_code>(codes))) {}

  std::size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return bytes_.empty(); }
  reason_code operator[](std::size_t i) const noexcept {
    return static_cast<reason_code>(bytes_[i]);
  }
  iterator begin() const noexcept { return iterator(bytes_.data()); }
  iterator end() const noexcept { return iterator(bytes_.data() + bytes_.size()); }
  byte_view wire() const noexcept { return bytes_; }

 private:
  friend struct list_access;

  byte_view bytes_{};
};

// Makes lists of bytes that were checked.
struct list_access {
  template <class Item>
  static packet_list<Item> make(byte_view checked, std::size_t size) noexcept {
    packet_list<Item> list;
    list.bytes_ = checked;
    list.size_ = size;
    return list;
  }
  // Those of a caller; nothing of a packet's.
  template <class Item>
  static std::span<const Item> items(const packet_list<Item>& list) noexcept {
    return {list.items_, list.items_ != nullptr ? list.size_ : 0};
  }
  static reason_codes make(byte_view checked) noexcept {
    reason_codes list;
    list.bytes_ = checked;
    return list;
  }
};

}  // namespace parley::mqtt
