#include <algorithm>
#include <optional>
#include <parley/core/api/confirmations.hpp>
#include <utility>

namespace parley::detail {

void confirmations::add(refusable_speaker& who, completer<void> done, duration patience) {
  const bool is_bounded = patience > duration::zero();
  const time_point until = is_bounded ? loop_.now() + patience : time_point::max();
  all_.emplace(who.name(), waiter{&who, std::move(done), until});
  if (is_bounded && (!is_armed() || until < *armed_at())) loop_.set_timer(*this, until);
}

template <class Which>
confirmations::waiters confirmations::take(waiters::iterator from, waiters::iterator to,
                                           Which&& is_meant) noexcept {
  waiters taken;
  while (from != to) {
    const auto at = from++;
    if (is_meant(at->second)) taken.insert(all_.extract(at));
  }
  if (all_.empty()) loop_.set_timer(*this, std::nullopt);
  return taken;
}

confirmations::waiters confirmations::take_all(std::string_view filter) noexcept {
  const auto [from, to] = all_.equal_range(filter);
  return take(from, to, [](const waiter&) { return true; });
}

void confirmations::remove(const speaker_core& who) noexcept {
  const auto [from, to] = all_.equal_range(who.name());
  // Its completers go with it: cancelled.
  (void)take(from, to, [&](const waiter& w) { return w.who == &who; });
}

void confirmations::confirm(std::string_view filter) {
  auto heard = take_all(filter);
  for (auto& [name, w] : heard) w.done.complete({});
}

void confirmations::refuse(std::string_view filter, const error& why) {
  tell_refused(take_all(filter), error(why));
}

void confirmations::refuse_all(const error& why) {
  tell_refused(std::exchange(all_, {}), error(why));
}

// With what it is given alone: the owner may be gone with the first of them. All are kept before,
// as forgetting one may drop others.
void confirmations::tell_refused(waiters gone, const error& why) {
  for (const auto& [name, w] : gone) w.who->retain();
  for (auto& [name, w] : gone) {
    w.who->refused();
    w.done.complete(std::unexpected(why));
  }
  for (const auto& [name, w] : gone) w.who->release();
}

void confirmations::clear() noexcept {
  loop_.set_timer(*this, std::nullopt);
  all_.clear();
}

void confirmations::fired(time_point now) {
  waiters late = take(all_.begin(), all_.end(), [&](const waiter& w) { return w.until <= now; });
  time_point next = time_point::max();
  for (const auto& [name, w] : all_) next = std::min(next, w.until);
  if (next != time_point::max()) loop_.set_timer(*this, next);
  if (!late.empty()) tell_refused(std::move(late), owner_.not_confirmed());
}

}  // namespace parley::detail
