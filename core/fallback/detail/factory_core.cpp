#include <algorithm>
#include <parley/core/fallback/detail/channel.hpp>
#include <parley/core/fallback/detail/factory_core.hpp>
#include <utility>

namespace parley::detail {

factory_core::factory_core(loop& home, protocols& table, interface_configs where,
                           interface_factory_config config)
    : loop_(home), table_(table), config_(std::move(config)) {
  loop_.attach();
  for (auto& entry : std::move(where).take()) {
    slots_.push_back(std::make_unique<carrier_slot>(*this, std::move(entry)));
  }
}

factory_core::~factory_core() = default;

result<std::vector<carrier_slot*>> factory_core::slots_of(preference order) {
  if (!is_open_) return fail(errc::closed, "the factory was closed");
  if (auto ok = config_.validate(); !ok) return std::unexpected(std::move(ok).error());
  std::vector<carrier_slot*> found;
  if (order.empty()) {
    for (const auto& s : slots_) found.push_back(s.get());
  }
  for (const protocol_type t : order.types()) {
    for (const auto& s : slots_) {
      if (s->protocol() == to_string(t)) found.push_back(s.get());
    }
  }
  if (!found.empty()) return found;
  return fail(errc::invalid_argument, "none of these protocols has a URI in interface_configs");
}

void factory_core::enter(channel& c) {
  channels_.push_back(&c);
  if (!is_armed()) loop_.set_timer(*this, loop_.now() + config_.watch_interval);
}

void factory_core::leave(channel& c) noexcept {
  std::erase(channels_, &c);
  if (channels_.empty() && is_armed()) loop_.set_timer(*this, std::nullopt);
}

// Those that there are now; each may end, and end others.
template <class F>
void factory_core::for_each_channel(F&& f) {
  std::vector<std::weak_ptr<channel>> all;
  all.reserve(channels_.size());
  for (channel* c : channels_) all.push_back(c->weak_from_this());
  for (const auto& weak : all) {
    if (const auto c = weak.lock()) f(*c);
  }
}

void factory_core::check_slots() {
  const auto keep = shared_from_this();
  std::vector<carrier_slot*> changed;
  for (const auto& s : slots_) {
    if (s->has_changed()) changed.push_back(s.get());
  }
  if (changed.empty()) return;
  for_each_channel([&](channel& c) {
    for (carrier_slot* s : changed) c.slot_changed(*s);
  });
}

void factory_core::retry() {
  for (const auto& s : slots_) s->forget_refusal();
  for_each_channel([](channel& c) { c.retry(); });
}

void factory_core::check_soon() {
  if (queued_ || !is_open_) return;
  queued_ = weak_from_this().lock();  // none while it is being destroyed
  if (queued_) loop_.enqueue(*this);
}

void factory_core::run() {
  const auto keep = std::exchange(queued_, nullptr);
  if (is_open_) check_slots();
}

void factory_core::fired(time_point now) {
  const auto keep = shared_from_this();
  loop_.set_timer(*this, now + config_.watch_interval);
  check_slots();
}

void factory_core::end_channels(const error& why) noexcept {
  is_open_ = false;
  (void)guarded([&] { for_each_channel([&](channel& c) { c.shut(why); }); });
  channels_.clear();
  if (is_armed()) loop_.set_timer(*this, std::nullopt);
}

operation<void> factory_core::close() {
  const auto keep = shared_from_this();
  end_channels(error(errc::cancelled, "the factory was closed"));
  completer<void> done(loop_);
  auto op = done.op();
  // Ends with the last of them: each holds it.
  const auto shared = std::make_shared<completer<void>>(std::move(done));
  const auto last = std::shared_ptr<void>(nullptr, [shared](void*) { shared->complete({}); });
  for (const auto& s : slots_) {
    if (auto closing = s->close()) std::move(*closing).then([last](const result<void>&) {});
  }
  return op;
}

void factory_core::shut() noexcept {
  const auto keep = shared_from_this();
  end_channels(error(errc::cancelled, "the factory is gone"));
  for (const auto& s : slots_) s->drop();
  config_.watch = nullptr;
  loop_.detach();
}

void factory_core::callback_failed(const error& why) {
  if (watch()) watch()->callback_failed("fallback", why);
}
void factory_core::retain() noexcept {
  if (references_++ == 0) retained_ = weak_from_this().lock();
}
void factory_core::release() noexcept {
  if (--references_ == 0) {
    const auto last = std::exchange(retained_, nullptr);
  }
}

}  // namespace parley::detail
