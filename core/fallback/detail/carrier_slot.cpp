#include <parley/core/fallback/detail/carrier_slot.hpp>
#include <parley/core/fallback/detail/factory_core.hpp>
#include <utility>

namespace parley::detail {

carrier_slot::carrier_slot(factory_core& core, interface_configs::entry config)
    : core_(core), config_(std::move(config)), made_(std::move(config_.own)) {}

result<void> carrier_slot::make() {
  if (made_) return {};
  if (config_.fault) return std::unexpected(*config_.fault);
  auto made = core_.table().make(core_.home(), *config_.place, this);
  if (!made) return std::unexpected(std::move(made).error());
  made_ = *std::move(made);
  return {};
}

void carrier_slot::reach(outcome tell) {
  if (auto ok = make(); !ok) return tell(ok);
  if (refusal_ && !is_up() && core_.home().now() < refused_until_) {
    return tell(std::unexpected(*refusal_));
  }
  waiting_.push_back(std::move(tell));
  // The provider may be away since long, or others may have begun: told to who joins as well.
  stumbled_ = false;
  core_.check_soon();
  if (waiting_.size() > 1) return;
  made_->initialize().then([core = core_.weak_from_this(), this](const result<void>& r) {
    const auto alive = core.lock();  // the core keeps its slots
    if (!alive) return;
    note_refusal(r);
    for (outcome& o : std::exchange(waiting_, {})) o(r);
    alive->check_slots();
  });
}

// A password that is wrong may lock the account.
void carrier_slot::note_refusal(const result<void>& r) {
  refusal_.reset();
  if (r) return;
  const error_class kind = r.error().kind();
  if (kind != error_class::authentication && kind != error_class::configuration) return;
  refusal_ = r.error();
  refused_until_ = core_.home().now() + core_.config().supervision.retry.cap;
}

bool carrier_slot::is_up() const { return made_ && made_->status().state == provider_state::up; }

error carrier_slot::why_not() const {
  if (!made_) return error(errc::not_connected, "it was not made yet");
  const provider_status s = made_->status();
  if (s.last_error) return *s.last_error;
  return {errc::not_connected, std::string(to_string(s.state))};
}

bool carrier_slot::has_changed() {
  const bool now_up = is_up();
  const bool is_new = std::exchange(was_up_, now_up) != now_up;
  const bool stumbles =
      made_ && !waiting_.empty() && made_->status().state == provider_state::waiting;
  return (stumbles && !std::exchange(stumbled_, true)) || is_new;
}

std::optional<operation<void>> carrier_slot::close() {
  waiting_.clear();
  if (!made_) return std::nullopt;
  return made_->close();
}

void carrier_slot::drop() noexcept {
  waiting_.clear();
  made_.reset();
}

// --- what the provider tells ---------------------------------------------------------

void carrier_slot::log(log_level level, std::string_view component, std::string_view text) {
  if (observer* o = core_.watch()) o->log(level, component, text);
}
void carrier_slot::record(const metric& m) {
  if (observer* o = core_.watch()) o->record(m);
}
// Comes from inside of the provider, which may not be touched here: looked at in the next turn.
void carrier_slot::state_changed(std::string_view component, provider_state s, const error* why) {
  core_.check_soon();
  if (observer* o = core_.watch()) o->state_changed(component, s, why);
}
void carrier_slot::resubscribed(std::string_view component, std::size_t n, duration gap) {
  if (observer* o = core_.watch()) o->resubscribed(component, n, gap);
}
void carrier_slot::callback_failed(std::string_view component, const error& why) {
  if (observer* o = core_.watch()) o->callback_failed(component, why);
}

}  // namespace parley::detail
