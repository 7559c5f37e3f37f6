// Decodes one message's head, or its trailers: lines to places of fields, and what they say about
// the message. Used by `decoder`; on its own for a protocol whose messages have such a head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/http/errc.hpp>
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/http/limits.hpp>
#include <parley/core/bytes.hpp>
#include <span>

namespace parley::http {
namespace detail {

struct scanners;

}  // namespace detail

// How much of an x86 processor is used. The best level that is there is chosen at run time.
enum class scan_level : std::uint8_t { none, ssse3, avx2, avx512 };

// Who sends the messages that are decoded.
enum class role : std::uint8_t { request, response };

enum class head_status : std::uint8_t { need_data, no_room, complete, failed };

class head_decoder {
 public:
  // `level` is for tests; without it the processor decides, once. The limits are borrowed.
  head_decoder(role sender, const limits& bounds, leniency tolerance,
               scan_level level = scan_level::avx512) noexcept;

  // Decodes what there is. `in` begins with the head's first byte, in each call for the same
  // head, and `fields` has the same first elements. no_room: call again with more places.
  head_status decode(byte_view in, std::span<field_place> fields) noexcept;
  // After a body in chunks: decode() reads the trailer section from now on, which has no first
  // line and must not frame. What was learnt of the message stays, but for its fields.
  void begin_trailers() noexcept;

  // After `complete`: the size of the head with its empty line, and how many fields it has.
  std::size_t size() const noexcept { return at_; }
  std::size_t count() const noexcept { return count_; }
  // After `failed`: what is wrong, and near which byte.
  errc fault() const noexcept { return said_.fault; }

  // After `complete`, with the same input and fields: fills in all of the head. Views show the
  // input.
  void show(byte_view in, std::span<const field_place> fields, request_head& to) const noexcept;
  void show(byte_view in, std::span<const field_place> fields, response_head& to) const noexcept;

  // What the head says about the body, and about the connection.
  body_info body() const noexcept { return {framing_, said_.length}; }
  bool keep_alive() const noexcept { return keep_alive_; }
  // In HTTP/1.0 the field is to be ignored (RFC 9110 section 7.8).
  bool upgrades() const noexcept { return says(says_upgrade | has_upgrade) && minor_ == 1; }
  method verb() const noexcept { return verb_; }
  std::uint16_t status() const noexcept { return status_; }
  std::uint8_t minor() const noexcept { return minor_; }

  // Makes ready for the next head.
  void reset() noexcept {
    said_ = {};
    at_ = searched_ = count_ = target_size_ = 0;
    status_ = 0;
    in_trailers_ = failed_ = false;
    keep_alive_ = true;
    framing_ = framing::none;
  }

 private:
  // Faults of fields and what they say, collected while lines go by, judged at the end.
  enum note : std::uint16_t {
    has_length = 1 << 0,
    has_coding = 1 << 1,
    is_chunked = 1 << 2,   // the last coding so far
    was_chunked = 1 << 3,  // another coding came behind it
    other_coding = 1 << 4,
    says_close = 1 << 5,
    says_keep_alive = 1 << 6,
    says_upgrade = 1 << 7,
    has_upgrade = 1 << 8,
    expects_continue = 1 << 9,
    expects_other = 1 << 10,
    has_host = 1 << 11,
  };
  // Given back when the fast way through some lines turns out to be none.
  struct statements {
    std::uint64_t length = 0;      // Content-Length
    std::uint32_t start_size = 0;  // of the first line, with its end
    std::uint32_t host = 0;        // index of the field
    std::uint16_t notes = 0;
    errc fault{};
    bool has_fault = false;
  };
  struct text_line;

  bool knows_half_of(std::size_t size) const noexcept;
  bool has_new_line(byte_view in) noexcept;
  head_status run_carefully(byte_view in, std::span<field_place> fields) noexcept;
  template <class Marks>
  bool take_lines(const char* text, Marks marks, std::size_t lines, std::size_t end, bool head_done,
                  std::span<field_place> fields) noexcept;
  head_status decode_lines(byte_view in, std::span<field_place> fields) noexcept;
  head_status decode_few(const char* text, std::size_t size,
                         std::span<field_place> fields) noexcept;
  bool read_start(const char* text, std::size_t name_end, std::size_t cr) noexcept;
  bool take_start_line(const char* text, std::size_t name_end, std::size_t cr) noexcept;
  bool take_request_line(const char* text, std::size_t name_end, std::size_t cr) noexcept;
  bool take_status_line(const char* text, std::size_t cr) noexcept;
  errc why_bad_start(const char* text, const text_line& l) const noexcept;

  bool next_line(const char* text, std::size_t size, text_line& out) const noexcept;
  head_status take_line(const char* text, const text_line& l,
                        std::span<field_place> fields) noexcept;
  head_status take_first_line(const char* text, const text_line& l) noexcept;
  head_status take_field(const char* text, const text_line& l,
                         std::span<field_place> fields) noexcept;
  head_status continue_field(const char* text, const text_line& l,
                             std::span<field_place> fields) noexcept;
  head_status finish_carefully(const char* text, std::span<field_place> fields) noexcept;
  head_status wait_for_line(std::size_t size) noexcept;

  void note_field(field which, std::string_view value, std::size_t index) noexcept;
  void note_host(std::string_view value, std::size_t index) noexcept;
  void note_length(std::string_view value) noexcept;
  void note_codings(std::string_view value) noexcept;
  void note_connection(std::string_view value) noexcept;
  void note_fault(errc fault) noexcept {
    if (!said_.has_fault) said_.fault = fault;
    said_.has_fault = true;
  }
  bool says(unsigned notes) const noexcept { return (said_.notes & notes) == notes; }
  void note_that(unsigned notes) noexcept {
    said_.notes = static_cast<std::uint16_t>(said_.notes | notes);
  }
  void forget_that(unsigned notes) noexcept {
    said_.notes = static_cast<std::uint16_t>(said_.notes & ~notes);
  }
  void note_quickly(field which, std::string_view value, std::uint32_t index) noexcept;
  head_status finish() noexcept;
  head_status judge() noexcept;
  bool judge_framing() noexcept;
  void frame_request() noexcept;
  void frame_response() noexcept;
  head_status fail(errc fault) noexcept {
    said_.fault = fault;
    failed_ = true;
    return head_status::failed;
  }
  std::uint32_t block_limit() const noexcept {
    return in_trailers_ ? limits_->trailers : limits_->header_block;
  }

  bool waits_for_start() const noexcept { return said_.start_size == 0 && !in_trailers_; }

  const limits* limits_;
  const detail::scanners* scan_;
  statements said_;
  std::uint32_t at_ = 0;           // where the first line begins that was not taken
  std::uint32_t searched_ = 0;     // no line ends before
  std::uint32_t count_ = 0;        // fields that were taken
  std::uint32_t target_size_ = 0;  // or the reason's
  std::uint16_t status_ = 0;
  std::uint16_t method_size_ = 0;
  role role_;
  method verb_ = method::other;
  target_form form_ = target_form::origin;
  std::uint8_t minor_ = 1;
  framing framing_ = framing::none;
  leniency lenient_;
  bool in_trailers_ = false;
  bool keep_alive_ = true;
  bool failed_ = false;
};

static_assert(sizeof(head_decoder) <= 96);

}  // namespace parley::http
