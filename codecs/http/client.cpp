// What the user says: requests to bytes.
#include <cstring>
#include <parley/codecs/http/detail/client_state.hpp>
#include <parley/codecs/http/detail/request_writer.hpp>
#include <utility>

namespace parley::http {
namespace {

// Bodies up to this size go into the block of their head.
constexpr std::size_t joined = 4 * 1024;

receive_limits input_limits(const limits& message) {
  receive_limits r;
  // A head, or trailers, must be there as a whole; bodies need not.
  r.max = std::size_t{message.start_line} + message.header_block + message.trailers + r.step;
  return r;
}

byte_view view_of(byte_view bytes) { return bytes; }
byte_view view_of(const shared_bytes& bytes) { return bytes.view(); }

std::unexpected<error> not_open() {
  return fail(parley::errc::misuse, "the connection takes no requests");
}

}  // namespace

client::working_set::working_set(const client_limits& limits)
    : input(input_limits(limits.message)),
      decoder(role::response, limits.message, limits.tolerance) {}

client::exchange* client::working_set::find(std::uint64_t tag) noexcept {
  if (tag == 0) return nullptr;
  for (exchange& x : in_flight) {
    if (x.tag == tag) return &x;
  }
  return nullptr;
}

client::client(const client_limits& limits, std::string host)
    : limits_(&limits), host_(std::move(host)) {}
client::client(client&&) noexcept = default;
client::~client() = default;

client::working_set& client::make_work() {
  work_ = std::make_unique<working_set>(*limits_);
  return *work_;
}

// --- requests ---------------------------------------------------------------------------------

bool client::has_room(std::size_t bytes) const noexcept {
  // A single request may be larger than the limit, or it could never be sent.
  const std::size_t waits = buffered();
  return waits == 0 || (waits <= limits_->max_output && bytes <= limits_->max_output - waits);
}

// Every refusal comes before the first byte is written.
result<void> client::admit(const detail::request_plan& plan, std::uint64_t tag,
                           std::size_t bytes) const {
  if (tag == 0) return fail(parley::errc::invalid_argument, "the tag is 0");
  if (phase_ != phase::open || last_ || ended_) return not_open();
  if (!work_) return {};
  const working_set& w = *work_;
  const bool alone = w.in_flight.empty();
  if (alone && w.unread() > 0) {
    return fail(parley::errc::misuse, "the server has sent what no request asked for");
  }
  const bool follows = !alone && w.in_flight.size() < limits_->max_pipelined &&
                       w.in_flight.back().may_be_followed && plan.may_be_pipelined();
  if (w.body.is_open() || (!alone && !follows)) {
    return fail(parley::errc::queue_full, "another request is under way");
  }
  if (!has_room(bytes))
    return fail(parley::errc::queue_full, "max_output bytes wait to be written");
  return {};
}

bool client::awaits_leave(const detail::request_plan& plan) const noexcept {
  return plan.expects && limits_->continue_timeout > duration::zero();
}

// Appends the head, and the body if it is small. What may fail comes first.
client::exchange client::put_head(working_set& w, const detail::request_plan& plan, byte_view body,
                                  std::uint64_t tag, time_point now) {
  exchange x;
  x.tag = tag;
  x.begin = w.written_end();
  x.verb = plan.verb;
  x.decodes = plan.asks_coded;
  x.is_last = plan.options->close;
  x.upgrades = !plan.options->upgrade.empty();
  x.may_be_followed = plan.may_be_pipelined();
  const duration timeout = plan.options->timeout;
  if (timeout > duration::zero() && timeout < time_point::max() - now) x.deadline = now + timeout;
  w.in_flight.reserve_one();
  std::byte* const to = w.output.reserve(detail::request_bound(plan) + body.size()).data();
  std::byte* end = detail::put_request(to, plan);
  if (!body.empty()) std::memcpy(end, body.data(), body.size());
  w.output.commit(static_cast<std::size_t>(end - to) + body.size());
  x.end = x.head_end = w.written_end();
  return x;
}

template <class Body>
result<std::size_t> client::send_whole(const request& head, std::size_t size, Body body,
                                       std::uint64_t tag, const request_options& options,
                                       time_point now) {
  const body_info how{size > 0 ? framing::length : framing::none, size};
  const auto plan = detail::plan_request(head, options, host_, how, limits_->decode_bodies);
  if (!plan) return std::unexpected(plan.error());
  const auto bytes = checked_add(detail::request_bound(*plan), size);
  if (auto ok = admit(*plan, tag, bytes.value_or(SIZE_MAX)); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  tick(now);
  working_set& w = work();
  const bool was_empty = w.output.empty();
  const bool waits = awaits_leave(*plan);
  const bool joins = size <= joined && !waits;
  detail::undo_append undo(w.output);
  exchange x = put_head(w, *plan, joins ? view_of(body) : byte_view(), tag, now);
  if (!joins) (waits ? w.waiting : w.output).append(std::move(body));
  undo.disarm();
  x.complete = true;
  x.end = w.written_end();
  w.is_waiting = waits;
  enter(w, x);
  return written(w, tag, was_empty);
}

result<std::size_t> client::send(const request& head, byte_view body, std::uint64_t tag,
                                 const request_options& options, time_point now) {
  return send_whole(head, body.size(), body, tag, options, now);
}

result<std::size_t> client::send(const request& head, shared_bytes body, std::uint64_t tag,
                                 const request_options& options, time_point now) {
  const std::size_t size = body.size();
  return send_whole(head, size, std::move(body), tag, options, now);
}

result<std::size_t> client::begin(const request& head, std::optional<std::uint64_t> length,
                                  std::uint64_t tag, const request_options& options,
                                  time_point now) {
  const body_info how{length ? framing::length : framing::chunked, length.value_or(0)};
  const auto plan = detail::plan_request(head, options, host_, how, limits_->decode_bodies);
  if (!plan) return std::unexpected(plan.error());
  if (auto ok = admit(*plan, tag, detail::request_bound(*plan)); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  tick(now);
  working_set& w = work();
  const bool was_empty = w.output.empty();
  exchange x = put_head(w, *plan, {}, tag, now);
  x.is_stream = true;
  w.body = detail::body_writer(how);
  w.body_tag = tag;
  w.is_waiting = awaits_leave(*plan);
  enter(w, x);
  return written(w, tag, was_empty);
}

// The request counts from now on.
void client::enter(working_set& w, const exchange& x) noexcept {
  // The one in front is waited for since its last byte left; until then this is a guess.
  if (w.in_flight.empty()) w.wait.note(now_);
  w.in_flight.push(x);
  w.may_go = false;
  if (x.is_last) last_ = true;
}

// Output has grown.
std::size_t client::written(working_set& w, std::uint64_t tag, bool was_empty) noexcept {
  if (was_empty) w.write.note(now_);
  if (w.buffered() > limits_->high_water) {
    w.is_full = w.nudge = true;
    w.full_tag = tag;
  }
  return w.buffered();
}

// --- bodies in pieces -------------------------------------------------------------------------

template <class Body>
result<std::size_t> client::write_any(std::uint64_t tag, std::size_t size, Body body,
                                      time_point now) {
  if (!is_live() || !work_ || tag == 0 || tag != work_->body_tag || !work_->body.is_open()) {
    return fail(parley::errc::misuse, "no body with this tag is being written");
  }
  working_set& w = *work_;
  if (!has_room(size)) return fail(parley::errc::queue_full, "max_output bytes wait to be written");
  tick(now);
  const bool was_empty = w.output.empty();
  if (auto ok = w.body.write(w.body_output(), std::move(body)); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  if (exchange* const x = w.find(tag); x && size > 0) x->was_fed = true;
  return written(w, tag, was_empty);
}

result<std::size_t> client::write(std::uint64_t tag, byte_view body, time_point now) {
  return write_any(tag, body.size(), body, now);
}

result<std::size_t> client::write(std::uint64_t tag, shared_bytes body, time_point now) {
  const std::size_t size = body.size();
  return write_any(tag, size, std::move(body), now);
}

result<std::size_t> client::finish(std::uint64_t tag, std::span<const header> trailers,
                                   time_point now) {
  if (!is_live() || !work_ || tag == 0 || tag != work_->body_tag || !work_->body.is_open()) {
    return fail(parley::errc::misuse, "no body with this tag is being written");
  }
  working_set& w = *work_;
  tick(now);
  const bool was_empty = w.output.empty();
  if (auto ok = w.body.finish(w.body_output(), trailers); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  if (exchange* const x = w.find(tag)) {
    x->complete = true;
    x->end = w.written_end();
    if (!w.is_final) w.wait.note(now);
  }
  return written(w, tag, was_empty);
}

// --- the response -----------------------------------------------------------------------------

void client::go_on() noexcept {
  held_ = false;
  // Time that the application took is not the server's.
  if (work_) work_->wait.mark(now_);
}

void client::set_body_limit(std::uint64_t most) noexcept {
  if (work_ && work_->is_final) work_->decoder.set_body_limit(most);
}

bool client::is_reusable() const noexcept {
  if (phase_ != phase::open || last_ || ended_) return false;
  if (!work_) return true;
  const working_set& w = *work_;
  if (w.body.is_open()) return false;
  if (w.in_flight.empty()) return w.unread() == 0;
  return w.in_flight.size() < limits_->max_pipelined && w.in_flight.back().may_be_followed;
}

std::size_t client::in_flight() const noexcept {
  if (!work_) return 0;
  std::size_t count = 0;
  for (const exchange& x : work_->in_flight) count += x.tag != 0 ? 1 : 0;
  return count;
}

std::size_t client::buffered() const noexcept { return work_ ? work_->buffered() : 0; }

}  // namespace parley::http
