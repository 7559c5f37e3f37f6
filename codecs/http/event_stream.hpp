// Server-sent events, the format text/event-stream of the HTML standard (WHATWG,
// section 9.2), as sender and as receiver. Both know nothing of HTTP: the bytes are
// those of a body.
//
//   if (auto ok = http::check_event(event); !ok) return ok;
//   std::byte* to = room_for(http::event_bound(event));
//   std::byte* end = http::put_event(to, event);
//
//   http::event_decoder d;
//   auto r = d.next(in);
//   in = in.subspan(r.consumed);
//   if (r.status == http::event_status::event) handle(d.type(), d.data());
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <string>
#include <string_view>

namespace parley::http {

// One event to send; all text is UTF-8.
struct server_event {
  // Any number of lines, ended by LF, CR or both. The receiver sees LF instead, for
  // the format has no other. An event without data arrives as well.
  std::string_view data;
  std::string_view type{};  // empty: "message" for the receiver
  // What the receiver tells the server when it connects again. Empty: the one of the
  // event before stays.
  std::string_view id{};
  // How long the receiver waits from now on before it connects again.
  std::optional<std::chrono::milliseconds> retry{};
};

// errc::invalid_argument if the type or the id has a CR, LF or NUL in it, which would
// forge other fields or be ignored, or if `retry` is negative. To call for whatever
// comes from a user.
result<void> check_event(const server_event&);

// The encoder: functions that write at a pointer and return the place behind what they
// wrote. They allocate nothing and check no room; the *_bound function beside each
// says how many bytes must be there. A type or an id that check_event() refuses ends
// before its first CR, LF or NUL, so that an event can never forge a second one.
std::size_t event_bound(const server_event&) noexcept;
std::byte* put_event(std::byte* to, const server_event&) noexcept;

// A comment, which receivers ignore: a sign of life for proxies that close silent
// connections, every 15 seconds or so. Between two events only.
std::size_t comment_bound(std::string_view text) noexcept;
std::byte* put_comment(std::byte* to, std::string_view text = {}) noexcept;

// The waiting time without an event.
inline constexpr std::size_t retry_bound = 32;
std::byte* put_retry(std::byte* to, std::chrono::milliseconds) noexcept;

// What a receiver accepts. The decoder keeps no more than both sums.
struct event_limits {
  // Bytes of one line without its end. Of text in JSON, all data is one line.
  std::size_t max_line = std::size_t{1} << 20;
  // Bytes of one event's data, all its lines together.
  std::size_t max_event = std::size_t{4} << 20;
};

// Why a stream of events cannot be read any further.
enum class event_fault : std::uint8_t {
  line_too_long,    // event_limits::max_line
  event_too_large,  // event_limits::max_event
};

enum class event_status : std::uint8_t {
  need_data,  // all input is used up
  event,      // the accessors show one: call again with the rest
  failed,     // for ever; fault() says why
};

// How far a call of next() came.
struct event_result {
  event_status status = event_status::need_data;
  std::size_t consumed = 0;
};

// Decodes one stream of events. Its bytes may be cut anywhere: nothing has to be kept
// by the caller, and no byte is scanned twice.
//
// Lines that the standard does not know are ignored, so that every input is a stream;
// only a limit makes it fail. Text is not judged: it need not be valid UTF-8. What
// stands behind the last blank line of a stream is no event.
//
// Allocates where a line or an event is longer than all before, and may throw
// std::bad_alloc then; after that only reset() and destruction are possible.
class event_decoder {
 public:
  event_decoder() noexcept : event_decoder(event_limits{}) {}
  explicit event_decoder(const event_limits& bounds) noexcept : limits_(bounds) {}

  // Decodes up to the end of one event or of the input.
  event_result next(byte_view in);

  // The event that next() has just returned; views until the next call of it.
  std::string_view data() const noexcept { return data_; }
  std::string_view type() const noexcept {
    return type_.empty() ? std::string_view("message") : type_;
  }

  // The id of the latest event that had one, empty if it was taken back: what the
  // header Last-Event-ID says when connecting again. A view until the next call of next().
  std::string_view last_event_id() const noexcept { return last_id_; }

  // How long the server wants its client to wait before it connects again, if it has said
  // so. More than 2^31 - 1 is cut to that.
  std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

  // Why it failed, or nothing.
  std::optional<event_fault> fault() const noexcept { return fault_; }

  // For the next connection of the same source: forgets what was begun, keeps the limits,
  // last_event_id(), retry() and the memory.
  void reset();

  // Gives the memory back; between two events, where the stream is idle.
  void release();

 private:
  void begin_event() noexcept;
  bool end_line(std::string_view piece);
  bool take_line(std::string_view line);
  void take_field(std::string_view name, std::string_view value);
  void add_data(std::string_view value);
  bool dispatch();
  event_result fail(event_fault why, std::size_t consumed) noexcept;

  event_limits limits_;
  std::string line_;  // the begin of a line whose end has not come
  std::string data_;  // an LF behind each line until it is dispatched
  std::string type_;
  std::string id_;  // becomes last_id_ with the event
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
  std::optional<event_fault> fault_;
  bool at_start_ = true;   // no line has ended: there may be a byte order mark
  bool skips_lf_ = false;  // the last line ended with CR
  bool shown_ = false;     // the accessors show an event
};

}  // namespace parley::http
