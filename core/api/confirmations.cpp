#include <algorithm>
#include <optional>
#include <parley/core/api/confirmations.hpp>
#include <utility>

namespace parley::detail {

void confirmations::add(refusable_speaker& who, completer<void> done, duration patience) {
  const bool is_bounded = patience > duration::zero();
  const time_point until = is_bounded ? loop_.now() + patience : time_point::max();
  all_.push_back({&who, std::move(done), until});
  arm();
}

template <class Which>
confirmations::waiters confirmations::take(Which&& is_meant) noexcept {
  waiters taken;
  for (auto i = all_.begin(); i != all_.end();) {
    const auto at = i++;
    if (is_meant(*at)) taken.splice(taken.end(), all_, at);
  }
  if (all_.empty()) loop_.set_timer(*this, std::nullopt);
  return taken;
}

void confirmations::remove(const speaker_core& who) noexcept {
  // Its completers go with it: cancelled.
  (void)take([&](const waiter& w) { return w.who == &who; });
}

bool confirmations::has(std::string_view filter) const noexcept {
  return std::ranges::any_of(all_, [&](const waiter& w) { return w.who->name() == filter; });
}

void confirmations::confirm(std::string_view filter) {
  auto heard = take([&](const waiter& w) { return w.who->name() == filter; });
  for (waiter& w : heard) w.done.complete({});
}

void confirmations::refuse(std::string_view filter, const error& why) {
  tell_refused(take([&](const waiter& w) { return w.who->name() == filter; }), error(why));
}

void confirmations::refuse_all(const error& why) {
  tell_refused(take([](const waiter&) { return true; }), error(why));
}

// With what it is given alone: the owner may be gone with the first of them. All are kept before,
// as forgetting one may drop others.
void confirmations::tell_refused(waiters gone, const error& why) {
  for (const waiter& w : gone) w.who->retain();
  for (waiter& w : gone) {
    w.who->refused();
    w.done.complete(std::unexpected(why));
    w.who->release();
  }
}

void confirmations::clear() noexcept {
  loop_.set_timer(*this, std::nullopt);
  all_.clear();
}

void confirmations::arm() {
  time_point first = time_point::max();
  for (const waiter& w : all_) first = std::min(first, w.until);
  loop_.set_timer(*this, first == time_point::max() ? std::nullopt : std::optional(first));
}

void confirmations::fired(time_point now) {
  waiters late = take([&](const waiter& w) { return w.until <= now; });
  arm();
  if (!late.empty()) tell_refused(std::move(late), owner_.not_confirmed());
}

}  // namespace parley::detail
