// A body with a content coding, decoded piece by piece as it arrives. Internal to the machines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/http/field.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>

namespace parley::http::detail {

class coded_body {
 public:
  coded_body(coding how, std::uint64_t most, unsigned max_ratio) noexcept;

  // The next piece from the wire. It must stay where it is while has_more().
  void give(byte_view piece) noexcept {
    pending_ = piece;
    has_more_ = true;
  }
  // next() may have something without another piece.
  bool has_more() const noexcept { return has_more_; }
  // Decoded bytes, valid until the next call; none: give another piece. Errors: bad_coding,
  // inflates_too_far, body_too_large, unknown_coding, parley::errc::out_of_memory.
  result<byte_view> next();
  // The body has ended on the wire; errc::bad_coding if that is too early.
  result<void> finish();
  // Nobody wants the rest.
  void drop() noexcept {
    pending_ = {};
    has_more_ = false;
  }

 private:
  error why() const;

  inflater inflater_;
  byte_view pending_;
  bool has_more_ = false;
  // What one event shows; zlib's own window is larger.
  std::array<std::byte, std::size_t{16} * 1024> out_;
};

// The one coding of a message that we can take off; nothing without Content-Encoding, with several
// codings or one that this build does not know: then the body is delivered as it is.
std::optional<coding> coding_of(const header_list& headers) noexcept;

}  // namespace parley::http::detail
