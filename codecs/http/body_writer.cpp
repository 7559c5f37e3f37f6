#include <algorithm>
#include <parley/codecs/http/detail/body_writer.hpp>
#include <parley/codecs/http/detail/target.hpp>
#include <parley/codecs/http/encoder.hpp>
#include <string>
#include <utility>

namespace parley::http::detail {
namespace {

void append(send_buffer& out, byte_view bytes) { out.append(bytes); }
void append(send_buffer& out, shared_bytes bytes) { out.append(std::move(bytes)); }

}  // namespace

// True if the bytes go to the peer.
result<bool> body_writer::admit(std::size_t size) {
  if (!open_) return fail(parley::errc::misuse, "no body is being written");
  if (size == 0) return false;
  if (how_ == framing::none && !silent_) {
    return fail(parley::errc::invalid_argument, "this message has no body");
  }
  if (how_ == framing::length) {
    if (size > left_) {
      return fail(parley::errc::invalid_argument, "the body is longer than was declared");
    }
    left_ -= size;
  }
  return !silent_;
}

template <class Bytes>
result<void> body_writer::write_any(send_buffer& out, std::size_t size, Bytes bytes) {
  auto goes = admit(size);
  if (!goes) return std::unexpected(std::move(goes).error());
  if (!*goes) return {};
  undo_append undo(out);
  if (how_ == framing::chunked) {
    std::byte* const to = out.reserve(chunk_head_bound).data();
    out.commit(static_cast<std::size_t>(put_chunk_head(to, size) - to));
  }
  append(out, std::move(bytes));
  if (how_ == framing::chunked) out.append(std::string_view("\r\n"));
  undo.disarm();
  return {};
}

result<void> body_writer::write(send_buffer& out, byte_view bytes) {
  return write_any(out, bytes.size(), bytes);
}

result<void> body_writer::write(send_buffer& out, shared_bytes bytes) {
  const std::size_t size = bytes.size();
  return write_any(out, size, std::move(bytes));
}

result<void> body_writer::finish(send_buffer& out, std::span<const header> trailers) {
  if (!open_) return fail(parley::errc::misuse, "no body is being written");
  // Nobody has to make a body that HEAD does not want.
  if (how_ == framing::length && left_ > 0 && !silent_) {
    return fail(parley::errc::invalid_argument, "the body is shorter than was declared");
  }
  if (!trailers.empty() && how_ != framing::chunked) {
    return fail(parley::errc::invalid_argument, "only a body in chunks can have trailers");
  }
  if (auto ok = check_own_headers(trailers); !ok) return ok;
  open_ = false;
  if (how_ != framing::chunked || silent_) return {};
  std::byte* to = out.reserve(headers_bound(trailers) + 5).data();
  const std::byte* const begin = to;
  to = put_line_end(put_headers(put_text(to, "0\r\n"), trailers));
  out.commit(static_cast<std::size_t>(to - begin));
  return {};
}

result<void> check_own_headers(std::span<const header> headers, bool may_upgrade) {
  for (const header& h : headers) {
    if (auto ok = check_header(h); !ok) return ok;
    const field which = framing_field_of(h.name);
    // Host is the user's in requests, and means nothing in responses; so is Expect.
    if (which == field::content_length || which == field::transfer_encoding ||
        which == field::connection || (which == field::upgrade && !may_upgrade)) {
      return fail(parley::errc::invalid_argument,
                  "the header " + std::string(h.name) + " is written by the library");
    }
  }
  return {};
}

bool has_header(std::span<const header> headers, std::string_view name) noexcept {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const header& h) { return equals_ignoring_case(h.name, name); });
}

}  // namespace parley::http::detail
