#include <parley/core/api/settings.hpp>
#include <parley/core/fallback/detail/factory_core.hpp>
#include <parley/core/fallback/detail/fallback_callable.hpp>
#include <parley/core/fallback/detail/fallback_speaker.hpp>
#include <parley/core/fallback/interface_factory.hpp>
#include <utility>

namespace parley {
namespace {

using detail::factory_core;

template <class T>
operation<T> failed_with(factory_core& core, error why) {
  auto op = operation<T>::finished(core.home(), std::unexpected(std::move(why)));
  op.state()->set_fault_sink(&core);
  return op;
}

// A speaker or callable, or why it cannot be.
template <class Channel>
result<std::shared_ptr<Channel>> make_channel(const std::shared_ptr<factory_core>& core,
                                              std::string_view name, preference order,
                                              const fallback_options& how) {
  if (auto ok = check_channel(name, how.names); !ok) return std::unexpected(std::move(ok).error());
  auto slots = core->slots_of(order);
  if (!slots) return std::unexpected(std::move(slots).error());
  return std::make_shared<Channel>(core, name, *std::move(slots), how);
}

template <class T, class Channel, class... Callback>
operation<T> open_channel(const std::shared_ptr<factory_core>& core, std::string_view name,
                          preference order, const fallback_options& how, Callback&&... told) {
  auto made = make_channel<Channel>(core, name, order, how);
  if (!made) return failed_with<T>(*core, std::move(made).error());
  return (*made)->open(std::forward<Callback>(told)...);
}

// The patterns of one protocol are not those of the others.
result<fallback_options> with_speaker_options(fallback_options how, speaker_options o) {
  if (o.pattern) {
    return std::unexpected(
        error(errc::not_supported, "a pattern is of one protocol alone")
            .with_hint(
                "write '+' for one level of a name and '#' for the rest, without pattern()"));
  }
  how.decode = o.decode;
  how.decode_set = o.decode_set;
  return how;
}

}  // namespace

// --- configuration ---------------------------------------------------------------------

interface_configs& interface_configs::add(std::string_view uri_text) {
  auto place = uri::parse(uri_text);
  if (place) return add(*std::move(place));
  entry e;
  e.where = "a URI that is not valid";
  e.fault = std::move(place).error();
  entries_.push_back(std::move(e));
  return *this;
}

interface_configs& interface_configs::add(uri place) {
  entry e;
  e.protocol = protocols::of_scheme(place.scheme());
  e.where = place.to_string();
  e.place = std::move(place);
  entries_.push_back(std::move(e));
  return *this;
}

interface_configs& interface_configs::add(protocol_type type, std::string_view uri_text) {
  add(uri_text);
  entry& e = entries_.back();
  if (!e.fault && e.protocol != to_string(type)) {
    e.fault =
        error(errc::bad_configuration, "the URI is not one of " + std::string(to_string(type)));
  }
  e.protocol = to_string(type);
  return *this;
}

interface_configs& interface_configs::add(std::unique_ptr<provider> own, std::string where) {
  entry e;
  e.protocol = own->protocol();
  e.where = std::move(where);
  e.own = std::move(own);
  entries_.push_back(std::move(e));
  return *this;
}

result<void> interface_factory_config::validate() const {
  if (auto ok = supervision.validate(); !ok) return ok;
  fault_list found;
  found.check(watch_interval > duration::zero(), "watch_interval is not positive");
  return std::move(found).verdict();
}

// --- the factory --------------------------------------------------------------------------

interface_factory::interface_factory(loop& home, protocols& table, interface_configs where,
                                     interface_factory_config config)
    : core_(std::make_shared<factory_core>(home, table, std::move(where), std::move(config))) {}

interface_factory::~interface_factory() { core_->shut(); }

operation<speaker> interface_factory::create_speaker(std::string_view name, preference order) {
  return create_speaker(name, order, core_->config().options);
}

operation<speaker> interface_factory::create_speaker(std::string_view name, preference order,
                                                     fallback_options how) {
  return open_channel<speaker, detail::fallback_speaker>(core_, name, order, how);
}

operation<speaker> interface_factory::create_speaker(std::string_view name,
                                                     message_callback on_message,
                                                     preference order) {
  return create_speaker(name, std::move(on_message), order, core_->config().options);
}

operation<speaker> interface_factory::create_speaker(std::string_view name,
                                                     message_callback on_message, preference order,
                                                     fallback_options how) {
  return open_channel<speaker, detail::fallback_speaker>(core_, name, order, how,
                                                         std::move(on_message));
}

operation<callable> interface_factory::create_callable(std::string_view name, preference order) {
  return create_callable(name, order, core_->config().options);
}

operation<callable> interface_factory::create_callable(std::string_view name, preference order,
                                                       fallback_options how) {
  return open_channel<callable, detail::fallback_callable>(core_, name, order, how);
}

operation<callable> interface_factory::create_callable(std::string_view name, call_handler handler,
                                                       preference order) {
  return open_channel<callable, detail::fallback_callable>(
      core_, name, order, core_->config().options, std::move(handler));
}

// --- as a provider -----------------------------------------------------------------------------

// A speaker that says nothing finds out.
operation<void> interface_factory::initialize() {
  completer<void> done(core_->home());
  auto op = done.op();
  op.state()->set_fault_sink(core_.get());
  create_speaker("parley", preference())
      .then([done = std::move(done)](const result<speaker>& r) mutable {
        if (!r) return done.complete(std::unexpected(r.error()));
        done.complete({});
      });
  return op;
}

operation<speaker> interface_factory::create_speaker(std::string_view name,
                                                     speaker_options options) {
  const auto how = with_speaker_options(core_->config().options, options);
  if (!how) return failed_with<speaker>(*core_, how.error());
  return create_speaker(name, preference(), *how);
}

operation<speaker> interface_factory::create_speaker(std::string_view name,
                                                     message_callback on_message,
                                                     speaker_options options) {
  const auto how = with_speaker_options(core_->config().options, options);
  if (!how) return failed_with<speaker>(*core_, how.error());
  return create_speaker(name, std::move(on_message), preference(), *how);
}

operation<callable> interface_factory::create_callable(std::string_view name) {
  return create_callable(name, preference());
}

operation<callable> interface_factory::create_callable(std::string_view name,
                                                       call_handler handler) {
  return create_callable(name, std::move(handler), preference());
}

operation<void> interface_factory::close() { return core_->close(); }

provider_status interface_factory::status() const {
  provider_status all;
  if (!core_->is_open()) all.state = provider_state::closed;
  for (const auto& s : core_->slots()) {
    if (!s->get()) continue;
    const provider_status one = s->get()->status();
    all.connects += one.connects;
    all.pending += one.pending;
    all.queued_bytes += one.queued_bytes;
    if (one.last_error) all.last_error = one.last_error;
    if (!core_->is_open() || all.state == provider_state::up) continue;
    const bool says_more = one.state == provider_state::up || all.state == provider_state::idle ||
                           all.state == provider_state::failed;
    if (says_more) all.state = one.state;
  }
  return all;
}

// --- inspection --------------------------------------------------------------------------------

std::vector<channel_status> interface_factory::channels() const {
  std::vector<channel_status> all;
  for (const detail::channel* c : core_->channels()) all.push_back(c->status());
  return all;
}

std::optional<channel_status> interface_factory::channel(std::string_view name) const {
  for (const detail::channel* c : core_->channels()) {
    if (c->channel_name() == name) return c->status();
  }
  return std::nullopt;
}

void interface_factory::retry() { core_->retry(); }

}  // namespace parley
