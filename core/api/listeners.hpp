// Who is told a message. For providers: their listeners are reference counted, and callbacks may
// make any of them go while a message is given out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <parley/core/api/topic_index.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::detail {

// Those that are told one message. A list of their own, as callbacks come and go; each is kept
// until its turn has passed, also where memory ends in between. `Listener` has retain(), release()
// and hears(): false once it has stopped, or nobody but this keeps it.
template <class Listener>
class told_listeners {
 public:
  // Takes the room that the message before has left, and leaves it at the end for the next, so that
  // a message costs no allocation. The owner of `room` outlives this.
  explicit told_listeners(std::vector<Listener*>& room) noexcept
      : room_(room), all_(std::exchange(room, {})) {}
  told_listeners(const told_listeners&) = delete;
  told_listeners& operator=(const told_listeners&) = delete;
  ~told_listeners() {
    while (next_ < all_.size()) all_[next_++]->release();
    all_.clear();
    room_ = std::move(all_);
  }

  // May throw bad_alloc; then it is not told, and those that were added before are let go.
  void add(Listener& who) {
    all_.push_back(&who);
    who.retain();
  }
  // Calls hear(Listener&) for each that hears still, in the order of adding. Once.
  template <class Hear>
  void tell(Hear&& hear) {
    for (; next_ < all_.size(); all_[next_++]->release()) {
      if (all_[next_]->hears()) hear(*all_[next_]);
    }
  }

 private:
  std::vector<Listener*>& room_;
  std::vector<Listener*> all_;
  std::size_t next_ = 0;
};

// The speakers of a provider that listen, each with the filter that is its name, and how many have
// each filter: a peer is asked for it with the first, and told with the last. `Speaker` is what
// told_listeners take, and has name() and forget(); it leaves before it ends.
template <class Speaker>
class listeners {
 public:
  using filter_counts = std::map<std::string, std::size_t, std::less<>>;

  // Give a seed from the loop's random source where peers choose filters.
  explicit listeners(hash_seed seed = {}) noexcept : index_(seed) {}

  // `who` has not been added yet; its name is a sound filter. True if it is the first with this
  // filter. May throw bad_alloc, and then nothing has changed.
  bool add(Speaker& who) {
    const std::string_view filter = who.name();
    filter_counts fresh;
    if (!has_filter(filter)) fresh.emplace(filter, 0);
    if (all_.size() == all_.capacity()) all_.reserve(std::max<std::size_t>(8, 2 * all_.size()));
    index_.add(filter, who);
    // Nothing throws from here on.
    filters_.merge(fresh);
    all_.push_back(&who);
    return ++filters_.find(filter)->second == 1;
  }

  // True if it was the last with its filter. Nothing happens if it was not added.
  bool remove(const Speaker& who) noexcept {
    if (!index_.remove(who.name(), who)) return false;
    std::erase(all_, &who);
    const auto at = filters_.find(who.name());
    if (--at->second > 0) return false;
    filters_.erase(at);
    return true;
  }

  // Takes all away; they forget their callbacks. For the end of a provider.
  void forget_all() noexcept {
    const auto gone = std::exchange(all_, {});
    filters_.clear();
    // All are kept before: forgetting one may drop others.
    for (Speaker* s : gone) {
      index_.remove(s->name(), *s);
      s->retain();
    }
    for (Speaker* s : gone) {
      s->forget();
      s->release();
    }
  }

  bool has_filter(std::string_view filter) const noexcept { return filters_.contains(filter); }
  std::size_t count_with(std::string_view filter) const noexcept {
    const auto at = filters_.find(filter);
    return at == filters_.end() ? 0 : at->second;
  }
  // In their order as text, and how many speakers have each.
  const filter_counts& filters() const noexcept { return filters_; }
  // Those whose filter matches.
  std::int64_t count(std::string_view topic) const {
    std::int64_t n = 0;
    index_.match(topic, [&n](Speaker&, std::string_view) { ++n; });
    return n;
  }

  // Calls hear(Speaker&) for those whose filter matches. Callbacks may make speakers come, stop and
  // go; the caller keeps the owner of this until the end. Allocates nothing in the steady state.
  template <class Hear>
  void tell(std::string_view topic, Hear&& hear) {
    told_listeners<Speaker> told(room_);
    index_.match(topic, [&told](Speaker& s, std::string_view) { told.add(s); });
    told.tell(std::forward<Hear>(hear));
  }
  // The same for all of them, in the order in which they came.
  template <class Hear>
  void tell_all(Hear&& hear) {
    told_listeners<Speaker> told(room_);
    for (Speaker* s : all_) told.add(*s);
    told.tell(std::forward<Hear>(hear));
  }

 private:
  topic_index<Speaker> index_;
  std::vector<Speaker*> all_;
  std::vector<Speaker*> room_;  // of told_listeners
  filter_counts filters_;
};

}  // namespace parley::detail
