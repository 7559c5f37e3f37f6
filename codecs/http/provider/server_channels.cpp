#include <algorithm>
#include <array>
#include <charconv>
#include <parley/codecs/http/event_stream.hpp>
#include <parley/codecs/http/provider/server_channels.hpp>
#include <parley/codecs/http/provider/server_core.hpp>
#include <parley/codecs/http/provider/server_speaker.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/codecs/json/payload.hpp>
#include <parley/core/async/guard.hpp>
#include <parley/core/text/base64.hpp>
#include <parley/core/text/utf8.hpp>
#include <utility>

namespace parley::detail {
namespace {

// How many filters one listener may have: each is looked at for each message.
constexpr std::size_t most_filters = 100;
// What marks an event whose data are bytes, in Base64: the format has text alone.
constexpr std::string_view bytes_mark = ";base64";

std::string hex_of(loop& home) {
  std::array<std::byte, 4> bytes{};
  home.random(bytes);
  std::string text;
  for (const std::byte b : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

}  // namespace

// One client that listens.
struct rest_server_channels::listener : std::enable_shared_from_this<listener> {
  listener(rest_responder r, const rest_config& c)
      : to(std::move(r)), box(c.write_limit, c.write_policy) {}

  rest_responder to;
  outbox<shared_bytes> box;
  std::vector<std::string> filters;
  std::uint64_t told = 0;  // the last event that it was given
  std::uint64_t seen = 0;  // the last of the history that it was given
  bool replays = false;    // it is not at the end of the history yet
  bool waits = false;      // for room
};

rest_server_channels::rest_server_channels(rest_server_core& core)
    : core_(core), listening_(draw_seed(core.home())), hearing_(draw_seed(core.home())) {}
rest_server_channels::~rest_server_channels() = default;

result<void> rest_server_channels::add_routes() {
  const std::string_view path = core_.config().events_path;
  if (path.empty() || has_routes_) return {};
  epoch_ = hex_of(core_.home());
  const std::string named = std::string(path) + "/{channel...}";
  rest_async_handler listens = [this](rest_responder r) { listen(std::move(r)); };
  rest_async_handler also = [this](rest_responder r) { listen(std::move(r)); };
  rest_async_handler speaks = [this](rest_responder r) { speak(std::move(r)); };
  std::array<std::optional<rest_new_route>, 3> all;
  std::size_t n = 0;
  for (auto& [method, pattern, handler] :
       {std::tuple<std::string_view, std::string_view, rest_async_handler*>{"GET", path, &listens},
        {"GET", named, &also},
        {"POST", named, &speaks}}) {
    auto made = core_.add_route(method, pattern, std::move(*handler));
    if (!made) return std::unexpected(std::move(made).error());
    all[n++].emplace(core_, *std::move(made));
  }
  for (auto& each : all) each->keep();
  has_routes_ = true;
  return {};
}

void rest_server_channels::end_streams() {
  if (is_armed()) core_.home().set_timer(*this, std::nullopt);
  // A list of its own: each takes itself away.
  std::vector<listener*> all;
  all.reserve(listeners_.size());
  for (const auto& l : listeners_) all.push_back(l.get());
  for (listener* l : all) {
    (void)l->to.finish();
    drop(*l);
  }
}

void rest_server_channels::shut() noexcept {
  if (is_armed()) core_.home().set_timer(*this, std::nullopt);
  while (!listeners_.empty()) drop(*listeners_.back());
  hearing_.forget_all();
}

// --- publishing -------------------------------------------------------------------------------

operation<delivery> rest_server_channels::shout(std::string_view name, const value& v) {
  auto payload = json::payload::of(v);
  if (!payload) return ended<delivery>(core_, std::unexpected(std::move(payload).error()));
  auto sent = publish(name, payload->bytes(), payload->is_text());
  if (!sent) return ended<delivery>(core_, std::unexpected(std::move(sent).error()));
  return ended<delivery>(core_, delivery(*sent));
}

operation<delivery> rest_server_channels::shout_bytes(std::string_view name, byte_view payload) {
  auto sent = publish(name, payload, false);
  if (!sent) return ended<delivery>(core_, std::unexpected(std::move(sent).error()));
  return ended<delivery>(core_, delivery(*sent));
}

// Encoded once. How many have got it, or will.
result<std::int64_t> rest_server_channels::publish(std::string_view name, byte_view payload,
                                                   bool is_text) {
  if (!core_.is_ready()) return std::unexpected(core_.not_ready());
  if (!is_topic_name(name)) {
    return fail(errc::invalid_argument, "a name with wildcards can only be listened to");
  }
  if (payload.size() > core_.config().max_body) {
    return fail(errc::too_large, std::to_string(payload.size()) + " bytes, and max_body is " +
                                     std::to_string(core_.config().max_body));
  }
  std::string type(name), data;
  const std::string id = epoch_ + "-" + std::to_string(last_ + 1);
  std::string_view shown = as_text(payload);
  if (!is_text && !text::valid_utf8(payload)) {
    type += bytes_mark;
    data = text::base64_encode(payload);
    shown = data;
  }
  const http::server_event event{.data = shown, .type = type, .id = id};
  if (auto ok = http::check_event(event); !ok) return std::unexpected(std::move(ok).error());
  std::span<std::byte> room;
  shared_bytes text = shared_bytes::allocate(http::event_bound(event), room);
  const std::byte* const end = http::put_event(room.data(), event);
  kept made{++last_, std::string(name), text.slice(0, static_cast<std::size_t>(end - room.data()))};
  std::int64_t count = 0;
  spread(made, count);
  keep(std::move(made));
  core_.record("calls_total", 1, "shout", "ok");
  return count;
}

void rest_server_channels::spread(const kept& event, std::int64_t& count) {
  // A list of its own: one that is too slow goes.
  std::vector<listener*> told;
  listening_.match(event.channel, [&](listener& l, std::string_view) {
    if (std::exchange(l.told, event.number) != event.number) told.push_back(&l);
  });
  for (listener* l : told) count += push(*l, event) ? 1 : 0;
}

// True if it will get it.
bool rest_server_channels::push(listener& l, const kept& event) {
  if (l.to.is_gone()) return false;
  if (l.replays) return true;  // it comes to it
  if (l.box.empty() && !l.waits) {
    const auto waiting = l.to.write(event.text);
    if (!waiting) return false;
    if (*waiting > core_.config().server_limits.high_water) flush(l);
    return true;
  }
  switch (l.box.push(event.text, event.channel, 0)) {
    case outbox_fate::queued:
      return true;
    case outbox_fate::overrun:
      l.to.cut();
      drop(l);
      break;
    case outbox_fate::rejected:
    case outbox_fate::dropped:
      break;
  }
  ++lost_;
  return false;
}

// Waits until there is room, then writes what waits.
void rest_server_channels::flush(listener& l) {
  if (std::exchange(l.waits, true)) return;
  // It may go before it is told, and all of this with it.
  l.to.ready().then([this, weak = l.weak_from_this()](result<void> r) {
    const auto alive = weak.lock();
    if (!r || !alive) return;
    alive->waits = false;
    if (alive->replays) return catch_up(*alive);
    while (!alive->box.empty()) {
      const auto waiting = alive->to.write(*alive->box.pop());
      if (!waiting) return;
      if (*waiting > core_.config().server_limits.high_water) return flush(*alive);
    }
  });
}

void rest_server_channels::keep(kept event) {
  const std::size_t most = core_.config().history;
  history_bytes_ += event.text.size() + event.channel.size();
  history_.push_back(std::move(event));
  while (!history_.empty() && history_bytes_ > most) {
    history_bytes_ -= history_.front().text.size() + history_.front().channel.size();
    history_.pop_front();
  }
}

// --- listeners --------------------------------------------------------------------------------

void rest_server_channels::listen(rest_responder r) {
  const rest_core_ref keep(core_);
  std::vector<std::string> filters;
  const std::string_view target = r.request().target();
  if (const auto name = r.request().parameter("channel"); !name.empty()) {
    filters.emplace_back(name);
  } else if (const std::size_t at = target.find('?'); at != std::string_view::npos) {
    std::string scratch;
    http::form_reader pairs(target.substr(at + 1), scratch);
    while (const auto f = pairs.next()) {
      if (f->name == "channel") filters.emplace_back(f->value);
    }
  }
  if (filters.empty() || filters.size() > most_filters ||
      !std::ranges::all_of(filters, [](const auto& f) { return is_topic_filter(f); })) {
    return r.reply(rest_reply::problem(
        http::problem(400, "channel is to name one channel or filter, or up to 100")));
  }
  const auto made = std::make_shared<listener>(std::move(r), core_.config());
  listener& l = *made;
  // Where memory ends on the way it goes again: its client must not wait for events in vain.
  struct attempt {
    ~attempt() {
      if (who) channels.drop(*who);
    }
    rest_server_channels& channels;
    listener* who;
  } to_listen{*this, &l};
  l.filters = std::move(filters);
  listeners_.push_back(made);
  for (const std::string& f : l.filters) listening_.add(f, l);
  rest_reply head = rest_reply::empty(200);
  head.content_type = "text/event-stream";
  head.headers.add("Cache-Control", "no-store");
  head.compress = false;
  if (!l.to.begin(head)) return;
  l.to.on_gone([this, &l] { drop(l); });
  if (!is_armed()) {
    core_.home().set_timer(*this, core_.home().now() + core_.config().stream_ping);
  }
  replay(l, l.to.request().header("Last-Event-ID").value_or(""));
  to_listen.who = nullptr;
}

// What it has missed, as far as it is kept. Of an earlier run of the server nothing is known: then
// all of it.
void rest_server_channels::replay(listener& l, std::string_view last_id) {
  if (last_id.empty()) {
    std::array<std::byte, 16> hello{};
    const std::byte* const end = http::put_comment(hello.data());
    (void)l.to.write(byte_view(hello.data(), end));
    return;
  }
  std::uint64_t last = 0;
  if (last_id.starts_with(epoch_ + "-")) {
    const std::string_view digits = last_id.substr(epoch_.size() + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), last);
  }
  l.seen = last;
  l.replays = true;
  catch_up(l);
}

// At the listener's own pace: what it has missed waits in the history and not in its box, so that
// no policy for slow listeners is asked.
void rest_server_channels::catch_up(listener& l) {
  const auto is_wanted = [&](const kept& event) {
    return std::ranges::any_of(
        l.filters, [&](const std::string& f) { return topic_matches(f, event.channel); });
  };
  while (!history_.empty() && l.seen < history_.back().number) {
    const std::uint64_t first = history_.front().number;
    l.seen = std::max(l.seen + 1, first);
    const kept& next = history_[static_cast<std::size_t>(l.seen - first)];
    if (!is_wanted(next)) continue;
    const auto waiting = l.to.write(next.text);
    if (!waiting) return;
    if (*waiting > core_.config().server_limits.high_water) return flush(l);
  }
  l.replays = false;
}

void rest_server_channels::drop(listener& l) noexcept {
  for (const std::string& f : l.filters) listening_.remove(f, l);
  const auto at =
      std::ranges::find_if(listeners_, [&](const auto& own) { return own.get() == &l; });
  if (at == listeners_.end()) return;
  const auto last = std::move(*at);
  listeners_.erase(at);
}

void rest_server_channels::fired(time_point now) {
  std::array<std::byte, 16> sign{};
  const std::byte* const end = http::put_comment(sign.data());
  for (const auto& l : listeners_) {
    if (!l->waits) (void)l->to.write(byte_view(sign.data(), end));
  }
  if (!listeners_.empty()) core_.home().set_timer(*this, now + core_.config().stream_ping);
}

// --- those who speak ----------------------------------------------------------------------------

void rest_server_channels::speak(rest_responder r) {
  const rest_core_ref keep(core_);
  const std::string name(r.request().parameter("channel"));
  if (!is_topic_name(name)) {
    return r.reply(rest_reply::problem(http::problem(400, "a channel's name has no wildcards")));
  }
  const byte_view payload = r.request().bytes();
  if (core_.config().relay) (void)publish(name, payload, text::valid_utf8(payload));
  deliver(name, payload);
  r.reply(rest_reply::empty(202));
}

void rest_server_channels::deliver(std::string_view name, byte_view payload) {
  hearing_.tell(name, [&](rest_server_speaker& s) { s.deliver(name, payload); });
}

operation<speaker> rest_server_channels::open_speaker(std::string_view name,
                                                      message_callback on_message,
                                                      speaker_options options) {
  if (!is_topic_filter(name)) {
    return ended<speaker>(
        core_, fail(errc::invalid_argument, "this is neither a name nor a sound filter"));
  }
  auto* const made = new rest_server_speaker(*this, name, options);
  // Held until the operation has a handle of its own.
  speaker held(made);
  if (!on_message) return ended<speaker>(core_, std::move(held));
  return made->listen_first(std::move(on_message));
}

void rest_server_channels::join(rest_server_speaker& who) { hearing_.add(who); }
void rest_server_channels::leave(rest_server_speaker& who) noexcept { hearing_.remove(who); }

}  // namespace parley::detail
