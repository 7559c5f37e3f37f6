#include <algorithm>
#include <parley/codecs/http/provider/client_channels.hpp>
#include <parley/codecs/http/provider/client_core.hpp>
#include <parley/codecs/http/provider/client_reply.hpp>
#include <parley/codecs/http/provider/client_speaker.hpp>
#include <parley/codecs/http/rest/media_type.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/core/api/topics.hpp>
#include <parley/core/async/guard.hpp>
#include <parley/core/text/base64.hpp>
#include <utility>

namespace parley::detail {
namespace {

constexpr std::string_view binary_suffix = ";base64";

http::event_limits limits_of(const rest_config& c) {
  // A line with its name, and an event of several lines.
  return {.max_line = c.max_reply, .max_event = c.max_reply};
}

bool is_event_stream(const http::response_head& head) {
  const auto type = http::parse_media_type(head.headers.value_of(http::field::content_type));
  return type && type->is("text", "event-stream");
}

// Nobody but a person can help.
bool is_final(const error& why) {
  if (why == errc::out_of_memory) return false;
  return !is_retried(why) || why == http::rest_errc::no_event_stream;
}

// Of a path: not empty, and no dot segment.
bool is_segment(std::string_view level) noexcept {
  return !level.empty() && level != "." && level != "..";
}

}  // namespace

std::string path_of_channel(std::string_view events_path, std::string_view name) {
  while (events_path.ends_with('/')) events_path.remove_suffix(1);
  bool fits = !has_wildcard(name);
  std::string path(events_path);
  for (std::size_t at = 0; fits && at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view level = name.substr(at, end - at);
    fits = is_segment(level);
    path.push_back('/');
    http::append_percent_encoded(path, level);
    at = end + 1;
  }
  if (fits) return path;
  path.assign(events_path).append("?channel=");
  http::append_percent_encoded(path, name);
  return path;
}

// --- the call ---------------------------------------------------------------------------------

rest_stream_call::rest_stream_call(rest_client_core& core, rest_order order,
                                   std::shared_ptr<rest_channel> to)
    : rest_call(core, std::move(order)), channel_(std::move(to)) {}

void rest_stream_call::drop() {
  channel_.reset();
  fail(error(errc::cancelled));
}

void rest_stream_call::taken(const http::response_head& head) {
  streams_ = head.status == 200 && is_event_stream(head);
  if (!streams_) return rest_call::taken(head);
  forget_deadline();
  channel_->opened();
}

void rest_stream_call::piece(byte_view data) {
  if (!streams_) return rest_call::piece(data);
  // Of its own: the call may be gone before the feeding ends.
  const auto channel = channel_;
  channel->feed(data);
}

void rest_stream_call::ended(result<http_reply>&& outcome) {
  const auto channel = std::exchange(channel_, nullptr);
  if (!channel) return;
  if (!outcome) return channel->closed(outcome.error());
  if (streams_)
    return channel->closed(about(error(errc::closed, "the stream of events has ended")));
  if (outcome->status >= 300) {
    return channel->closed(about(error_of(*outcome, home().wall_now())));
  }
  channel->closed(about(error(http::rest_errc::no_event_stream, std::to_string(outcome->status))));
}

// --- a channel --------------------------------------------------------------------------------

rest_channel::rest_channel(rest_client_core& core, std::string_view filter)
    : core_(core),
      filter_(filter),
      decoder_(limits_of(core.config())),
      back_(core.config().reconnect),
      waiting_(core.home(), *this) {}

void rest_channel::add(rest_client_speaker& who, completer<void> done, bool is_new) {
  if (is_new) speakers_.push_back(&who);
  if (up_) return done.complete({});
  waiting_.add(who, std::move(done), core_.config().timeout);
  if (!call_ && !pause_.is_armed()) connect();
}

void rest_channel::remove(rest_client_speaker& who) noexcept {
  std::erase(speakers_, &who);
  waiting_.remove(who);
}

void rest_channel::keep_speakers() noexcept {
  for (rest_client_speaker* const s : speakers_) s->retain();
}

void rest_channel::stop() noexcept {
  stopped_ = true;
  up_ = false;
  core_.home().set_timer(pause_, std::nullopt);
  if (auto* const call = std::exchange(call_, nullptr)) call->drop();
  waiting_.clear();
  for (rest_client_speaker* const s : std::exchange(speakers_, {})) {
    s->forget();
    s->release();
  }
}

// Where memory ends it is tried again, as after another failure.
void rest_channel::connect() {
  const auto fits = guarded([this] { begin_call(); });
  if (fits) return;
  call_ = nullptr;
  closed(fits.error());
}

void rest_channel::begin_call() {
  rest_order order{
      .site = core_.base(), .method = "GET", .target = core_.target_of_channel(filter_)};
  order.headers.add("Accept", "text/event-stream");
  order.headers.add("Cache-Control", "no-store");
  if (!decoder_.last_event_id().empty()) {
    order.headers.add("Last-Event-ID", std::string(decoder_.last_event_id()));
  }
  auto call = std::make_unique<rest_stream_call>(core_, std::move(order), shared_from_this());
  call_ = call.get();
  core_.begin(std::move(call));
}

void rest_channel::opened() {
  up_ = true;
  const time_point now = core_.home().now();
  back_.succeeded(now);
  last_.reset();
  decoder_.reset();
  waiting_.confirm(filter_);
  if (!lost_since_) return;
  const duration gap = now - *std::exchange(lost_since_, std::nullopt);
  if (core_.config().watch) core_.config().watch->resubscribed("rest", 1, gap);
}

void rest_channel::closed(const error& why) {
  call_ = nullptr;
  if (stopped_) return;
  const time_point now = core_.home().now();
  if (std::exchange(up_, false)) lost_since_ = now;
  last_ = why;
  core_.note_error(why);
  auto wish = why.retry_after();
  if (const auto said = decoder_.retry()) wish = std::max(said, wish);
  back_.failed(now, wish);
  const auto pause = is_final(why) ? std::nullopt : back_.next(core_.random_bits());
  if (core_.config().watch) {
    const std::string text = "events of " + filter_ + (pause ? ": again, after " : ": given up, ");
    core_.config().watch->log(log_level::warning, "rest", text + why.to_string());
    if (!pause) core_.config().watch->state_changed("rest", provider_state::failed, &why);
  }
  if (pause) return core_.home().set_timer(pause_, now + *pause);
  // With the last of them this goes.
  waiting_.refuse_all(error(why));
}

error rest_channel::not_confirmed() const {
  if (last_) return *last_;
  return error(errc::timed_out, "no server has confirmed the channel " + filter_);
}

// --- events -----------------------------------------------------------------------------------

void rest_channel::feed(byte_view data) {
  const auto keep = shared_from_this();
  const rest_core_ref core(core_);
  const rest_stream_call* const from = call_;
  while (!data.empty() && call_ == from) {
    const http::event_result r = decoder_.next(data);
    data = data.subspan(r.consumed);
    if (r.status == http::event_status::need_data) return;
    if (r.status == http::event_status::failed) {
      rest_stream_call* const call = std::exchange(call_, nullptr);
      call->drop();
      const std::string limit = std::to_string(core_.config().max_reply);
      return closed(error(errc::too_large, "an event exceeds max_reply, which is " + limit));
    }
    deliver();
  }
}

void rest_channel::deliver() {
  std::string_view topic = decoder_.type();
  // "message" is what an event without a name is called.
  if (topic == "message" && !has_wildcard(filter_)) topic = filter_;
  if (!topic.ends_with(binary_suffix)) return tell(topic, as_bytes(decoder_.data()));
  topic.remove_suffix(binary_suffix.size());
  const auto bytes = text::base64_decode(decoder_.data());
  // What is none is shown as it came.
  tell(topic, as_bytes(bytes ? std::string_view(*bytes) : decoder_.data()));
}

void rest_channel::tell(std::string_view topic, byte_view payload) {
  core_.record("message_size_bytes", static_cast<double>(payload.size()), {}, "in");
  told_listeners<rest_client_speaker> told(telling_);
  for (rest_client_speaker* const s : speakers_) told.add(*s);
  told.tell([&](rest_client_speaker& s) { s.deliver(topic, payload); });
}

// --- all of them ------------------------------------------------------------------------------

void rest_channels::join(rest_client_speaker& who, completer<void> done, bool is_new) {
  auto found = by_filter_.find(who.name());
  if (found == by_filter_.end()) {
    auto made = std::make_shared<rest_channel>(core_, who.name());
    found = by_filter_.emplace(std::string(who.name()), std::move(made)).first;
  }
  // Of its own: it may fail at once, and go.
  const auto channel = found->second;
  channel->add(who, std::move(done), is_new);
}

void rest_channels::leave(rest_client_speaker& who) noexcept {
  const auto found = by_filter_.find(who.name());
  if (found == by_filter_.end()) return;
  const auto channel = found->second;
  channel->remove(who);
  if (!channel->is_empty()) return;
  by_filter_.erase(found);
  channel->stop();
}

void rest_channels::shut() noexcept {
  const auto gone = std::exchange(by_filter_, {});
  // All are kept before: forgetting one may drop others, of other channels too.
  for (const auto& [filter, channel] : gone) channel->keep_speakers();
  for (const auto& [filter, channel] : gone) channel->stop();
}

std::size_t rest_channels::calls() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      by_filter_.begin(), by_filter_.end(), [](const auto& c) { return c.second->has_call(); }));
}

std::size_t rest_channels::waiting() const noexcept {
  std::size_t all = 0;
  for (const auto& [filter, channel] : by_filter_) all += channel->waiting();
  return all;
}

}  // namespace parley::detail
