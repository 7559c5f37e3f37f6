// The decoder of HTTP/1.1 (RFC 9112), strict: a stream of bytes to heads, pieces of bodies, and
// ends of messages. Nothing is copied or allocated; the only state is where it stands.
//
//   http::decoder d(http::role::request, bounds);
//   std::array<http::field_place, 100> fields;
//   for (;;) {
//     const http::part p = d.next(input, fields);    // input: all bytes that were not consumed
//     switch (p.what) {
//       case http::part_kind::head: use(d.request(p, fields)); break;
//       case http::part_kind::body: use(p.data); break;
//       ...
//     }
//     input = input.subspan(p.consumed);
//   }
//
// The outcome does not depend on how the input was cut. Every rule against smuggling, with our
// answer, is in smuggling.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/http/body_decoder.hpp>
#include <parley/codecs/http/errc.hpp>
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/http/head_decoder.hpp>
#include <parley/codecs/http/limits.hpp>
#include <parley/core/bytes.hpp>
#include <span>

namespace parley::http {

enum class part_kind : std::uint8_t {
  need_data,  // give more bytes behind those that are left
  no_room,    // there are more fields than places: give more, with the first ones unchanged
  head,       // a message begins: request() or response()
  body,       // `data` is a piece of its body
  end,        // it is complete: trailers()
  tunnel,     // what follows is not HTTP, or may not be: take it, or go_on()
  failed,     // `fault`; no call makes progress any more
};

// What a call has found.
struct part {
  part_kind what = part_kind::need_data;
  errc fault{};
  // Bytes of the input that this part takes: the next call gets what follows them. Views of the
  // part show them, so they must be kept as long as it is used.
  std::size_t consumed = 0;
  // The bytes of the head, the piece of the body, or the trailer section.
  byte_view data{};
};

class decoder {
 public:
  // The limits are borrowed. `level` is for tests: how much of the processor is used.
  decoder(role sender, const limits& bounds, leniency tolerance = {},
          scan_level level = scan_level::avx512) noexcept;

  // The next part. Each call for the same head or trailer section gets the same fields, of which
  // the first ones are kept between calls.
  part next(byte_view in, std::span<field_place> fields) noexcept;

  // After the part `head`, while nothing else was decoded, with the same fields.
  request_head request(const part& p, std::span<const field_place> fields) const noexcept {
    request_head h;
    show(p, fields, h);
    return h;
  }
  response_head response(const part& p, std::span<const field_place> fields) const noexcept {
    response_head h;
    show(p, fields, h);
    return h;
  }
  // The same, into a head that is kept: it is not copied.
  void show(const part& p, std::span<const field_place> fields, request_head& to) const noexcept {
    head_.show(p.data, fields, to);
  }
  void show(const part& p, std::span<const field_place> fields, response_head& to) const noexcept {
    head_.show(p.data, fields, to);
    to.body.how = body_info_.how;
    to.keep_alive = keep_alive();
  }
  // After the part `end`; empty without trailers.
  header_list trailers(const part& p, std::span<const field_place> fields) const noexcept;

  // Of the message that is being decoded.
  body_info body() const noexcept { return body_info_; }
  // How many bytes of its body were not decoded yet, if it has a length; 0 if it has none.
  std::uint64_t body_left() const noexcept {
    return body_info_.how == framing::length ? body_.left() : 0;
  }
  bool keep_alive() const noexcept {
    return head_.keep_alive() && body_info_.how != framing::until_close;
  }

  // Others from now on, borrowed as well; not inside a body.
  void set_limits(const limits& bounds) noexcept { limits_ = &bounds; }
  // After `head`: how many bytes this body may have on the wire, instead of limits::body.
  void set_body_limit(std::uint64_t most) noexcept { body_.set_limit(most); }

  // Responses: before a head, the method of the request that it answers, which decides whether
  // there is a body (RFC 9112 section 6.3). Holds for one final response.
  void expect_response_to(method verb) noexcept { asked_ = verb; }

  // After `tunnel`: reads on as HTTP. A server does this when it declines to upgrade.
  void go_on() noexcept;

  // The stream has ended behind the bytes given so far, of which `unread` were not consumed.
  // True if that completes what there was: no message was begun, or it was one that lasts until
  // the end; then next() tells of its end if there was one.
  bool end_of_stream(std::size_t unread) noexcept;

  // No message was begun, or there can be no further one.
  bool is_idle() const noexcept { return state_ == state::idle || state_ == state::closed; }
  // Body or trailers are being decoded.
  bool is_inside() const noexcept { return state_ == state::body || state_ == state::trailers; }

 private:
  enum class state : std::uint8_t { idle, head, body, trailers, ending, tunnel, closed, failed };

  part next_rarely(byte_view in, std::span<field_place> fields) noexcept;
  part decode_head(byte_view in, std::size_t skipped, std::span<field_place> fields) noexcept;
  part next_head(byte_view in, std::span<field_place> fields) noexcept;
  part next_counted(byte_view in) noexcept;
  part next_body(byte_view in, std::span<field_place> fields) noexcept;
  part next_trailers(byte_view in, std::span<field_place> fields) noexcept;
  part begin_body(byte_view in, std::size_t skipped) noexcept;
  std::size_t skip_empty_lines(byte_view in) noexcept;
  part after_the_last(byte_view in) noexcept;
  state after_message() const noexcept;
  part end_message(std::size_t consumed, byte_view data) noexcept;
  part fail(errc fault, std::size_t consumed = 0) noexcept;
  void frame() noexcept;

  head_decoder head_;
  body_decoder body_;
  body_info body_info_;
  const limits* limits_;
  std::uint32_t skipped_ = 0;  // empty lines before a head
  leniency lenient_;
  role role_;
  method asked_ = method::get;
  state state_ = state::idle;
  errc fault_{};
  bool has_trailers_ = false;
  bool switches_ = false;  // after this message the stream may be something else
};

}  // namespace parley::http
