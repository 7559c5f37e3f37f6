// Finds the end of a body (RFC 9112 sections 6 and 7): counts a length, takes chunks apart, or
// takes all until the connection ends. Resumable at any byte; the state is a few numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/http/errc.hpp>
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/http/limits.hpp>
#include <parley/core/bytes.hpp>

namespace parley::http {

enum class body_status : std::uint8_t {
  need_data,
  data,      // a piece of the body
  complete,  // the end; the input goes on with another message
  trailers,  // the end of the chunks; a trailer section follows, with its empty line
  failed,
};

// How far a call came.
struct body_step {
  body_status status = body_status::need_data;
  std::size_t consumed = 0;  // bytes of the input that were taken
  byte_view data{};          // views the input; never empty with body_status::data
};

class body_decoder {
 public:
  body_decoder() noexcept = default;

  // For the next body. `bounds` is borrowed until its end.
  void start(const body_info& body, const limits& bounds, leniency tolerance) noexcept;
  // Bytes of this body; before its first byte was decoded.
  void set_limit(std::uint64_t most) noexcept { limit_ = most; }

  // Takes what it can: `in` are all bytes that were not consumed. At most one piece of data.
  body_step next(byte_view in) noexcept;
  errc fault() const noexcept { return fault_; }

  // next() for framing::length, by sizes alone: of `size` bytes, `taken` belong to the body.
  body_status count_length(std::size_t size, std::size_t& taken) noexcept {
    taken = 0;
    if (left_ == 0) return body_status::complete;
    // Known before the first byte of it is taken: so much would only be thrown away.
    if (left_ > limit_ - taken_) {
      fault_ = errc::body_too_large;
      return body_status::failed;
    }
    taken = left_ < size ? static_cast<std::size_t>(left_) : size;
    left_ -= taken;
    taken_ += taken;
    return taken == 0 ? body_status::need_data : body_status::data;
  }

  // Of a body with a length: how many bytes of it were not taken yet.
  std::uint64_t left() const noexcept { return left_; }

  // The stream has ended. True if that completes the body.
  bool may_end() const noexcept { return how_ == framing::until_close; }

 private:
  enum class state : std::uint8_t {
    size_first,  // the first digit of a chunk's size
    size,
    after_size,  // white space, which only leniency allows
    extension,   // behind ';'
    name,
    after_name,
    value_first,  // behind '='
    value,
    quoted,
    escaped,       // behind a backslash in quotes
    after_quoted,  // behind the closing quote
    line_end,      // CR was there
    data,
    data_cr,
    data_lf,
    over,
  };

  body_step take_all(byte_view in) noexcept;
  body_step take_chunks(byte_view in) noexcept;
  bool take_framing(char c) noexcept;
  bool take_size(char c) noexcept;
  bool take_extension(char c) noexcept;
  bool take_quoted(char c) noexcept;
  bool take_data_end(char c) noexcept;
  bool end_of_extension(char c) noexcept;
  bool end_line(char c) noexcept;
  bool begin_data() noexcept;
  bool go(state next) noexcept {
    state_ = next;
    return true;
  }
  bool fail(errc fault) noexcept {
    fault_ = fault;
    return false;
  }

  const limits* limits_ = nullptr;
  std::uint64_t left_ = 0;   // of the length, or of the chunk
  std::uint64_t taken_ = 0;  // of the body, without framing
  std::uint64_t limit_ = 0;
  std::uint32_t spent_ = 0;  // framing beyond what is needed
  errc fault_{};
  framing how_ = framing::none;
  state state_ = state::over;
  bool lenient_space_ = false;
  bool lenient_lf_ = false;
};

static_assert(sizeof(body_decoder) <= 56);

}  // namespace parley::http
