// Writes one body into a buffer, framed as its head has said. Internal to the two machines.
#pragma once

#include <cstdint>
#include <parley/codecs/http/field.hpp>
#include <parley/codecs/http/head.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <span>

namespace parley::http::detail {

class body_writer {
 public:
  body_writer() noexcept = default;
  // With framing::none nothing may be written; `silent` lets all be written, or less, and sends
  // none, for the answer to HEAD.
  explicit body_writer(body_info body, bool silent = false) noexcept
      : left_(body.length), how_(body.how), silent_(silent), open_(true) {}

  bool is_open() const noexcept { return open_; }
  framing how() const noexcept { return how_; }

  // errc::misuse if it is not open, errc::invalid_argument beyond the declared length. Either all
  // or nothing is appended.
  result<void> write(send_buffer& out, byte_view bytes);
  result<void> write(send_buffer& out, shared_bytes bytes);
  // errc::invalid_argument if a declared length is not reached, or if there are trailers without
  // chunks, or one that frames. Closes.
  result<void> finish(send_buffer& out, std::span<const header> trailers);
  // For a body that will never be complete.
  void abandon() noexcept { open_ = false; }

 private:
  result<bool> admit(std::size_t size);
  template <class Bytes>
  result<void> write_any(send_buffer& out, std::size_t size, Bytes bytes);

  std::uint64_t left_ = 0;
  framing how_ = framing::none;
  bool silent_ = false;
  bool open_ = false;
};

// Takes back what was appended since it was made, unless it is disarmed.
class undo_append {
 public:
  explicit undo_append(send_buffer& out) noexcept : out_(out), size_(out.size()) {}
  ~undo_append() {
    if (armed_) (void)out_.erase(size_, out_.size() - size_);
  }
  undo_append(const undo_append&) = delete;
  undo_append& operator=(const undo_append&) = delete;
  void disarm() noexcept { armed_ = false; }

 private:
  send_buffer& out_;
  std::size_t size_;
  bool armed_ = true;
};

// errc::invalid_argument if a header is malformed, or one that the machines write themselves
// (Content-Length, Transfer-Encoding, Connection, and Upgrade unless it is allowed).
result<void> check_own_headers(std::span<const header> headers, bool may_upgrade = false);

// One of them has this name, without regard to case.
bool has_header(std::span<const header> headers, std::string_view name) noexcept;

}  // namespace parley::http::detail
