// The commands of a server's connection: heads, bodies, and the order of answers.
#include <algorithm>
#include <array>
#include <cstring>
#include <parley/codecs/http/detail/server_state.hpp>
#include <parley/codecs/http/encoder.hpp>
#include <string>
#include <utility>

namespace parley::http {
namespace {

// Bodies up to this size are copied into the block of their head, and leave in one piece with it.
constexpr std::size_t one_piece = 16 * 1024;

receive_limits input_limits(const limits& l) {
  // One whole head or trailer section, and a read beyond it.
  receive_limits r;
  r.max = std::size_t{l.start_line} + l.header_block + l.trailers + r.step;
  return r;
}

std::size_t size_of(const byte_view& b) noexcept { return b.size(); }
std::size_t size_of(const shared_bytes& b) noexcept { return b.size(); }
byte_view view_of(const byte_view& b) noexcept { return b; }
byte_view view_of(const shared_bytes& b) noexcept { return b.view(); }

}  // namespace

server::working_set::working_set(const server_limits& limits)
    : input(input_limits(limits.message)),
      decoding(role::request, limits.message, limits.tolerance) {}

void server::working_set::pop() noexcept {
  ++first;
  ++first_id;
  if (first == exchanges.size()) {
    exchanges.clear();
    first = 0;
  }
}

server::server(const server_limits& limits, date_text* date) noexcept
    : limits_(&limits), date_(date) {}
server::server(server&&) noexcept = default;
server::~server() = default;

server::working_set& server::make_work() {
  work_ = std::make_unique<working_set>(*limits_);
  work_->first_id = next_id_;
  return *work_;
}

// --- which request ------------------------------------------------------------------------

result<server::exchange*> server::find_unanswered(request_id id) {
  const bool is_known = work_ && (phase_ == phase::open || phase_ == phase::refusing) &&
                        id >= work_->first_id && id - work_->first_id < work_->size();
  if (!is_known) return fail(parley::errc::misuse, "no such request waits for an answer");
  exchange& x = work_->exchanges[work_->first + static_cast<std::size_t>(id - work_->first_id)];
  if (x.is_done) return fail(parley::errc::misuse, "the request was answered already");
  return &x;
}

result<server::exchange*> server::find_begun(request_id id) {
  auto x = find_unanswered(id);
  if (x && !(*x)->is_begun) return fail(parley::errc::misuse, "the answer was not begun");
  return x;
}

// Only the first in line writes to the connection; the others wait in buffers of their own.
send_buffer& server::out_of(exchange& x) {
  if (&x == &work_->front()) return work_->output;
  if (!x.held) x.held = std::make_unique<send_buffer>();
  return *x.held;
}

result<void> server::check_room(std::size_t size) const {
  const std::size_t waits = buffered();
  if (waits == 0 || (waits <= limits_->max_output && size <= limits_->max_output - waits)) {
    return {};
  }
  return fail(parley::errc::queue_full, "max_output bytes wait for the client to read them");
}

std::size_t server::buffered() const noexcept { return work_ ? work_->buffered() : 0; }

std::size_t server::buffered(request_id id) const noexcept {
  if (!work_ || id < work_->first_id || id - work_->first_id >= work_->size()) return 0;
  const exchange& x =
      work_->exchanges[work_->first + static_cast<std::size_t>(id - work_->first_id)];
  if (x.is_done) return 0;
  if (&x == &work_->front()) return work_->output.size();
  return x.held ? x.held->size() : 0;
}

// --- heads ----------------------------------------------------------------------------------

bool server::ends_after(const exchange& x, const response& head, body_info body,
                        bool is_whole) const noexcept {
  if (head.close || !x.keep_alive || body.how == framing::until_close) return true;
  const bool is_latest = &x == &work_->exchanges.back();
  if (is_latest && last_) return true;
  // Who answers in pieces may still read the body.
  if (x.is_complete || !is_whole) return false;
  // A client that waits for 100 may send its body all the same, or not: nobody could tell where
  // the next request begins (RFC 9110 section 10.1.1).
  return x.owes_continue || work_->decoding.body_left() > limits_->max_discarded;
}

// The fields that the machine writes itself.
std::byte* server::put_own_fields(std::byte* to, const exchange& x, const response& head,
                                  body_info body, coding how) const noexcept {
  if (how != coding::identity) to = put_header(to, {"Content-Encoding", to_string(how)});
  // Also where it is not compressed: a cache must know that it could have been.
  if (head.compress && !detail::has_header(head.headers, "Vary")) {
    to = put_text(to, "Vary: Accept-Encoding\r\n");
  }
  if (date_ != nullptr && !detail::has_header(head.headers, "Date")) {
    to = put_header(to, {"Date", date_->at(wall_)});
  }
  if (!limits_->name.empty() && !detail::has_header(head.headers, "Server")) {
    to = put_header(to, {"Server", limits_->name});
  }
  const bool may_have_body = head.status != 204 && head.status != 304;
  if (body.how == framing::chunked) to = put_text(to, "Transfer-Encoding: chunked\r\n");
  if (body.how == framing::length && may_have_body) to = put_content_length(to, body.length);
  if (head.status == 426 && detail::has_header(head.headers, "Upgrade")) {
    to = put_text(to, x.closes ? "Connection: upgrade, close\r\n" : "Connection: upgrade\r\n");
  } else if (x.closes) {
    to = put_text(to, "Connection: close\r\n");
  } else if (x.is_old) {
    to = put_text(to, "Connection: keep-alive\r\n");
  }
  return put_line_end(to);
}

// Writes the head into reserved room that has `more` bytes behind it; commit what was written.
result<std::byte*> server::put_head(exchange& x, const response& head, body_info body, coding how,
                                    bool is_whole, std::size_t more) {
  if (head.status < 200 || head.status > 999) {
    return fail(parley::errc::invalid_argument, "the status of an answer is 200 to 999");
  }
  const bool is_usual = head.reason.empty();
  const std::string_view reason = is_usual ? reason_of(head.status) : head.reason;
  if (!is_usual) {
    if (auto ok = check_reason(reason); !ok) return std::unexpected(std::move(ok).error());
  }
  // What 426 says to be needed is the user's to say (RFC 9110 section 15.5.22).
  if (auto ok = detail::check_own_headers(head.headers, head.status == 426); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  x.closes = ends_after(x, head, body, is_whole);
  // Date, Server, Vary, Content-Encoding, Connection or Transfer-Encoding, with their ends.
  constexpr std::size_t own_fields = 37 + 10 + 23 + 28 + 2 * 28 + content_length_bound + 2;
  const std::size_t bound = status_line_bound(reason) + headers_bound(head.headers) +
                            headers_bound(head.trusted) + own_fields + limits_->name.size() + more;
  std::byte* to = out_of(x).reserve(bound).data();
  to = put_headers(put_status_line(to, head.status, reason), head.headers);
  to = put_headers(to, head.trusted);
  return put_own_fields(to, x, head, body, how);
}

// --- answers ----------------------------------------------------------------------------------

coding server::coding_for(const exchange& x, const response& head) const noexcept {
  const bool is_bare = head.status == 204 || head.status == 206 || head.status == 304;
  if (!head.compress || is_bare || detail::has_header(head.headers, "Content-Encoding")) {
    return coding::identity;
  }
  return x.accepts;
}

template <class Body>
result<std::size_t> server::respond_with(request_id id, const response& head, Body body,
                                         time_point now) {
  auto found = find_unanswered(id);
  if (!found) return std::unexpected(std::move(found).error());
  exchange& x = **found;
  if (x.is_begun) return fail(parley::errc::misuse, "the answer was begun already");
  const std::size_t size = size_of(body);
  if (auto ok = check_room(size); !ok) return std::unexpected(std::move(ok).error());
  const bool is_bare = head.status == 204 || head.status == 304;
  if (is_bare && size > 0) {
    return fail(parley::errc::invalid_argument, "204 and 304 have no body");
  }
  const coding how = size < limits_->compress_above ? coding::identity : coding_for(x, head);
  if (how == coding::identity) return respond_as(x, head, std::move(body), how, now);
  auto coded = compressed(how, view_of(body));
  // What does not become smaller is not worth a client's time; nor a failure of zlib an error.
  if (!coded || coded->size() >= size) {
    return respond_as(x, head, std::move(body), coding::identity, now);
  }
  return respond_as(x, head, *std::move(coded), how, now);
}

template <class Body>
result<std::size_t> server::respond_as(exchange& x, const response& head, Body body, coding how,
                                       time_point now) {
  const std::size_t before = buffered(), size = size_of(body);
  const bool is_copied = size <= one_piece;
  const bool is_silent = x.verb == method::head;
  auto to = put_head(x, head, {framing::length, size}, how, true, is_copied ? size : 0);
  if (!to) return std::unexpected(std::move(to).error());
  send_buffer& out = out_of(x);
  const std::byte* const begin = out.reserve(0).data();
  std::byte* end = *to;
  if (!is_silent && is_copied && size > 0) {
    std::memcpy(end, view_of(body).data(), size);
    end += size;
  }
  detail::undo_append undo(out);
  out.commit(static_cast<std::size_t>(end - begin));
  if (!is_silent && !is_copied) out.append(std::move(body));
  undo.disarm();
  x.is_begun = true;
  hear(now);
  done_with(x);
  return written(before, now);
}

result<std::size_t> server::respond(request_id id, const response& head, byte_view body,
                                    time_point now) {
  return respond_with(id, head, body, now);
}

result<std::size_t> server::respond(request_id id, const response& head, shared_bytes body,
                                    time_point now) {
  return respond_with(id, head, std::move(body), now);
}

result<std::size_t> server::begin(request_id id, const response& head,
                                  std::optional<std::uint64_t> length, time_point now) {
  auto found = find_unanswered(id);
  if (!found) return std::unexpected(std::move(found).error());
  exchange& x = **found;
  if (x.is_begun) return fail(parley::errc::misuse, "the answer was begun already");
  if (auto ok = check_room(0); !ok) return std::unexpected(std::move(ok).error());
  const std::size_t before = buffered();
  const coding how =
      length && *length < limits_->compress_above ? coding::identity : coding_for(x, head);
  // How long it becomes is known when it is written.
  if (how != coding::identity) length.reset();
  body_info body{length ? framing::length : framing::chunked, length.value_or(0)};
  // HTTP/1.0 knows no chunks.
  if (!length && x.is_old) body.how = framing::until_close;
  if (head.status == 204 || head.status == 304) body = {};
  if (how != coding::identity) x.coder = std::make_unique<deflater>(how);
  // It answers before the body has come, so it wants the body.
  if (x.owes_continue && !limits_->ask_before_body) {
    if (auto ok = inform(id, 100, {}, now); !ok) return ok;
  }
  auto to = put_head(x, head, body, how, false, 0);
  if (!to) return std::unexpected(std::move(to).error());
  send_buffer& out = out_of(x);
  out.commit(static_cast<std::size_t>(*to - out.reserve(0).data()));
  x.body = detail::body_writer(body, x.verb == method::head);
  x.is_begun = true;
  return written(before, now);
}

template <class Body>
result<std::size_t> server::write_any(request_id id, Body body, time_point now) {
  auto found = find_begun(id);
  if (!found) return std::unexpected(std::move(found).error());
  if (auto ok = check_room(size_of(body)); !ok) return std::unexpected(std::move(ok).error());
  const std::size_t before = buffered();
  exchange& x = **found;
  auto ok =
      x.coder ? write_coded(x, view_of(body), false) : x.body.write(out_of(x), std::move(body));
  if (!ok) return std::unexpected(std::move(ok).error());
  return written(before, now);
}

// Each piece can be decoded when it arrives: a stream must not wait for what fills a block.
result<void> server::write_coded(exchange& x, byte_view body, bool is_last) {
  std::array<std::byte, 4096> room;
  for (;;) {
    const deflate_result r = x.coder->encode(body, room, is_last ? flush::finish : flush::sync);
    if (auto ok = x.body.write(out_of(x), byte_view(room).first(r.produced)); !ok) return ok;
    body = body.subspan(r.consumed);
    if (r.done) return {};
    if (x.coder->fault()) return fail(parley::errc::out_of_memory, "for compressing");
  }
}

result<std::size_t> server::write(request_id id, byte_view body, time_point now) {
  return write_any(id, body, now);
}

result<std::size_t> server::write(request_id id, shared_bytes body, time_point now) {
  return write_any(id, std::move(body), now);
}

result<std::size_t> server::finish(request_id id, std::span<const header> trailers,
                                   time_point now) {
  auto found = find_begun(id);
  if (!found) return std::unexpected(std::move(found).error());
  const std::size_t before = buffered();
  exchange& x = **found;
  if (x.coder) {
    if (auto ok = write_coded(x, {}, true); !ok) return std::unexpected(std::move(ok).error());
    x.coder.reset();
  }
  if (auto ok = x.body.finish(out_of(x), trailers); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  hear(now);
  done_with(x);
  return written(before, now);
}

result<std::size_t> server::inform(request_id id, std::uint16_t status,
                                   std::span<const header> headers, time_point now) {
  auto found = find_unanswered(id);
  if (!found) return std::unexpected(std::move(found).error());
  exchange& x = **found;
  if (x.is_begun) return fail(parley::errc::misuse, "the answer was begun already");
  if (status < 100 || status > 199 || status == 101) {
    return fail(parley::errc::invalid_argument, "an interim status is 100 or 102 to 199");
  }
  if (auto ok = detail::check_own_headers(headers); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  const std::size_t before = buffered();
  // RFC 9110 section 15.2: not to a client that cannot know it.
  if (x.is_old) return before;
  if (status == 100) x.owes_continue = false;
  send_buffer& out = out_of(x);
  const std::string_view reason = reason_of(status);
  std::byte* const begin =
      out.reserve(status_line_bound(reason) + headers_bound(headers) + line_end_size).data();
  const std::byte* const end =
      put_line_end(put_headers(put_status_line(begin, status, reason), headers));
  out.commit(static_cast<std::size_t>(end - begin));
  return written(before, now);
}

result<std::size_t> server::accept_body(request_id id, time_point now) {
  auto found = find_unanswered(id);
  if (!found) return std::unexpected(std::move(found).error());
  if (!(*found)->owes_continue) return buffered();
  return inform(id, 100, {}, now);
}

void server::abandon(request_id id) noexcept {
  auto found = find_unanswered(id);
  if (!found) return;
  exchange& x = **found;
  x.body.abandon();
  x.closes = true;
  x.is_begun = true;
  x.is_done = true;
  // Earlier answers go out; this one just stops, and the connection with it.
  if (&x == &work_->front()) end_after_output();
}

// --- another protocol
// -----------------------------------------------------------------------------

result<server::exchange*> server::find_switching(request_id id, bool is_tunnel) {
  auto found = find_unanswered(id);
  if (!found) return found;
  const exchange& x = **found;
  const bool asks = is_tunnel ? x.verb == method::connect : x.upgrades;
  if (!asks) return fail(parley::errc::misuse, "the request does not ask for it");
  if (x.is_begun || !x.is_complete || work_->size() != 1 || last_) {
    return fail(parley::errc::misuse, "the request is not complete, or not the only one");
  }
  return found;
}

result<std::size_t> server::upgrade(request_id id, std::string_view protocol,
                                    std::span<const header> headers, time_point now) {
  auto found = find_switching(id, false);
  if (!found) return std::unexpected(std::move(found).error());
  const header upgrade_field{"Upgrade", protocol};
  if (auto ok = check_header(upgrade_field); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = detail::check_own_headers(headers); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  send_buffer& out = work_->output;
  std::byte* const begin =
      out.reserve(64 + header_bound(upgrade_field) + headers_bound(headers)).data();
  std::byte* to = put_status_line(begin, 101, reason_of(101));
  to = put_header(put_text(to, "Connection: Upgrade\r\n"), upgrade_field);
  to = put_line_end(put_headers(to, headers));
  out.commit(static_cast<std::size_t>(to - begin));
  phase_ = phase::upgraded;
  return written(0, now);
}

result<std::size_t> server::accept_tunnel(request_id id, std::span<const header> headers,
                                          time_point now) {
  auto found = find_switching(id, true);
  if (!found) return std::unexpected(std::move(found).error());
  if (auto ok = detail::check_own_headers(headers); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  send_buffer& out = work_->output;
  std::byte* const begin = out.reserve(64 + headers_bound(headers)).data();
  const std::byte* const to =
      put_line_end(put_headers(put_status_line(begin, 200, reason_of(200)), headers));
  out.commit(static_cast<std::size_t>(to - begin));
  phase_ = phase::upgraded;
  return written(0, now);
}

void server::serve_by(const server_limits& limits, date_text* date) noexcept {
  limits_ = &limits;
  date_ = date;
  if (work_) work_->decoding.set_limits(limits.message);
}

receive_buffer server::take_rest() {
  if (!work_ || phase_ != phase::upgraded) return receive_buffer();
  forget_delivered();
  return std::exchange(work_->input, receive_buffer());
}

// --- the order of answers
// ---------------------------------------------------------------------------

// Notes the time at which output began to wait, and whether somebody has to wait for it.
std::size_t server::written(std::size_t before, time_point now) noexcept {
  if (!work_) return 0;
  hear(now);
  if (before == 0) work_->write_since = now_;
  const std::size_t waits = buffered();
  if (waits > limits_->high_water) work_->was_high = true;
  return waits;
}

void server::done_with(exchange& x) {
  x.is_done = true;
  if (&x == &work_->front()) promote();
}

// Lets the next answers follow, as far as they are there.
void server::promote() {
  working_set& w = *work_;
  while (!w.is_empty() && w.front().is_done) {
    if (w.front().closes) return end_after_output();
    // The rest of the request is read and dropped first.
    if (!w.front().is_complete) return;
    w.pop();
    if (w.is_empty()) break;
    exchange& next = w.front();
    if (next.held) {
      w.output.append(std::move(*next.held));
      next.held.reset();
    }
    // Who wrote it may wait already.
    if (w.output.size() > limits_->high_water) w.was_high = true;
  }
  if (w.is_empty() && last_) return end_after_output();
  if (w.is_empty() && awaited_ == awaited::nothing) await(awaited::request);
}

std::size_t server::unanswered() const noexcept {
  if (!work_) return 0;
  return static_cast<std::size_t>(
      std::count_if(work_->exchanges.begin() + static_cast<std::ptrdiff_t>(work_->first),
                    work_->exchanges.end(), [](const exchange& x) { return !x.is_done; }));
}

void server::set_body_limit(std::uint64_t most) noexcept {
  if (work_) work_->decoding.set_body_limit(most);
}

void server::drain(time_point now) noexcept {
  if (phase_ == phase::idle) phase_ = phase::over;
  if (phase_ != phase::open) return;
  hear(now);
  last_ = true;
  // In the middle of a head nothing is owed to anybody.
  if (!work_ || (work_->is_empty() && !work_->decoding.is_inside())) end_after_output();
}

void server::close() noexcept {
  phase_ = phase::over;
  drop_output();
}

}  // namespace parley::http
