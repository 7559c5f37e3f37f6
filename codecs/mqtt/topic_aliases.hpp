// Topic aliases (MQTT 5 section 3.3.2.3.4). They are a matter of one connection (P9).
//
// Internal to codecs/mqtt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <parley/core/hash_seed.hpp>
#include <parley/core/intrusive.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::mqtt::detail {

// Those that we give: to the topics that were used last.
class given_aliases {
 public:
  struct use {
    std::uint16_t alias = 0;  // 0: none
    bool is_new = false;      // the topic must be sent beside it
  };

  void open(std::uint16_t maximum) { entries_.reserve(maximum_ = maximum); }

  use take(std::string_view topic) {
    if (maximum_ == 0 || topic.size() < worth) return {};
    const std::uint64_t hash = hash_of(topic, {});
    entry* e = by_topic_.find(hash, [&](const entry& o) { return o.topic == topic; });
    const bool is_new = e == nullptr;
    if (is_new) {
      e = make_entry(topic);
      e->hash = hash;
      by_topic_.insert(*e);
    } else {
      used_.erase(*e);
    }
    used_.push_back(*e);
    return {static_cast<std::uint16_t>(e - entries_.data() + 1), is_new};
  }
  // The last take() was in vain: what it gave was not sent.
  void take_back(std::string_view topic) noexcept {
    entry* const e = used_.last;
    if (e == nullptr || e->topic != topic) return;
    by_topic_.erase(*e);
    used_.erase(*e);
    e->topic.clear();
    // First in the order: the next new topic gets it.
    spare_ = e;
  }

 private:
  // An alias itself takes three bytes.
  static constexpr std::size_t worth = 4;

  struct entry {
    std::string topic{};
    entry* before = nullptr;
    entry* after = nullptr;
    entry* chain = nullptr;
    std::uint64_t hash = 0;
  };

  // In no list, with the topic.
  entry* make_entry(std::string_view topic) {
    by_topic_.reserve(maximum_);
    std::string name(topic);
    entry* e = std::exchange(spare_, nullptr);
    if (e == nullptr && entries_.size() < maximum_) e = &entries_.emplace_back();
    if (e == nullptr) {
      e = used_.first;
      by_topic_.erase(*e);
      used_.erase(*e);
    }
    e->topic = std::move(name);
    return e;
  }

  std::vector<entry> entries_;  // never moves: room was reserved
  parley::detail::chained_table<entry> by_topic_;
  parley::detail::intrusive_list<entry> used_;  // the last one at the end
  entry* spare_ = nullptr;
  std::uint16_t maximum_ = 0;
};

// Those that the server gives.
class taken_aliases {
 public:
  // The topic that is meant, or null: a fault of the server.
  const std::string* resolve(std::uint32_t alias, std::string_view topic, std::uint16_t maximum) {
    if (alias == 0 || alias > maximum) return nullptr;
    if (alias > topics_.size()) {
      if (topic.empty()) return nullptr;
      topics_.resize(alias);
    }
    std::string& known = topics_[alias - 1];
    if (!topic.empty()) known.assign(topic);
    return known.empty() ? nullptr : &known;
  }

 private:
  std::vector<std::string> topics_;
};

}  // namespace parley::mqtt::detail
