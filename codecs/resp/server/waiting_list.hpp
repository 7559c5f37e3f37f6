// Who waits for which list: BLPOP and BRPOP. First come, first served, per key.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <parley/core/time.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::resp {

class peer;

// One blocking command.
struct waiter {
  peer* who = nullptr;
  std::uint32_t database = 0;
  bool front = true;                   // BLPOP; false: BRPOP
  std::vector<std::string> keys;       // in the order of the command
  std::optional<time_point> deadline;  // nothing: for ever
  std::uint64_t number = 0;            // of arrival
};

class waiting_list {
 public:
  waiting_list() = default;
  waiting_list(const waiting_list&) = delete;
  waiting_list& operator=(const waiting_list&) = delete;

  // Puts a client at the end of the queues of all its keys.
  waiter& add(std::unique_ptr<waiter> one);
  // Takes it out of all of them, and frees it.
  void remove(waiter& one) noexcept;

  // Who has waited longest for a key, or null.
  waiter* first(std::uint32_t database, std::string_view key) const noexcept;
  // Who has waited too long, or null; the earliest deadline first.
  waiter* first_expired(time_point now) const noexcept;
  std::optional<time_point> next_deadline() const noexcept;

  bool empty() const noexcept { return waiters_.empty(); }
  std::size_t size() const noexcept { return waiters_.size(); }
  // The keys of a database that somebody waits for.
  std::vector<std::string> keys_of(std::uint32_t database) const;

 private:
  using place = std::pair<std::uint32_t, std::string>;
  using place_view = std::pair<std::uint32_t, std::string_view>;
  struct order {
    using is_transparent = void;
    static place_view view(const place& p) noexcept { return {p.first, p.second}; }
    static place_view view(const place_view& p) noexcept { return p; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return view(a) < view(b);
    }
  };
  // By number of arrival, so that any of them can leave without a search.
  using queue = std::map<std::uint64_t, waiter*>;

  std::map<place, queue, order> queues_;
  std::map<std::uint64_t, std::unique_ptr<waiter>> waiters_;
  std::set<std::pair<time_point, std::uint64_t>> deadlines_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace parley::resp
