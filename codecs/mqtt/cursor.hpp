// Reads the fields of one packet, and never beyond its end. The first fault stays.
//
// Internal to codecs/mqtt.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <parley/codecs/mqtt/errc.hpp>
#include <parley/codecs/mqtt/text.hpp>
#include <parley/core/bytes.hpp>
#include <string_view>

namespace parley::mqtt::detail {

// An integer of one to four bytes, and how many those are; 0: the fault.
struct long_integer {
  std::uint32_t value;
  std::uint8_t size;
  errc fault;
};
long_integer long_variable(const std::uint8_t* at, const std::uint8_t* end) noexcept;

// Of text that is not plain; with what is wrong.
bool is_rare_topic_name(std::string_view value, errc& fault) noexcept;

// Each read returns false if the packet has not so many bytes, or the wrong ones: fault() has why.
// All of it is in line, and hardly a function outside gets a reference to one, so that a compiler
// keeps it in registers.
class cursor {
 public:
  cursor(const std::byte* at, const std::byte* end) noexcept
      : at_(reinterpret_cast<const std::uint8_t*>(at)),
        end_(reinterpret_cast<const std::uint8_t*>(end)) {}
  explicit cursor(byte_view bytes) noexcept : cursor(bytes.data(), bytes.data() + bytes.size()) {}

  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  bool at_end() const noexcept { return at_ == end_; }
  const std::byte* at() const noexcept { return reinterpret_cast<const std::byte*>(at_); }
  byte_view rest() const noexcept { return {at(), left()}; }

  errc fault() const noexcept { return fault_; }
  [[gnu::always_inline]] bool fail(errc fault) noexcept {
    fault_ = fault;
    return false;
  }

  [[gnu::always_inline]] bool byte(std::uint8_t& value) noexcept {
    if (at_ == end_) [[unlikely]]
      return fail(errc::short_packet);
    value = *at_++;
    return true;
  }
  // Two and four bytes, the highest first (section 1.5.2).
  [[gnu::always_inline]] bool number(std::uint16_t& value) noexcept {
    if (left() < 2) [[unlikely]]
      return fail(errc::short_packet);
    value = static_cast<std::uint16_t>(at_[0] << 8 | at_[1]);
    at_ += 2;
    return true;
  }
  [[gnu::always_inline]] bool number(std::uint32_t& value) noexcept {
    if (left() < 4) [[unlikely]]
      return fail(errc::short_packet);
    value = std::uint32_t{at_[0]} << 24 | std::uint32_t{at_[1]} << 16 | std::uint32_t{at_[2]} << 8 |
            at_[3];
    at_ += 4;
    return true;
  }
  // One to four bytes, the lowest seven bits first, as few as hold it [MQTT-1.5.5-1].
  [[gnu::always_inline]] bool variable(std::uint32_t& value) noexcept {
    if (at_ != end_ && *at_ < 0x80) [[likely]] {
      value = *at_++;
      return true;
    }
    const long_integer found = long_variable(at_, end_);
    value = found.value;
    at_ += found.size;
    return found.size != 0 || fail(found.fault);
  }
  // A length in two bytes, and as many bytes (section 1.5.6).
  [[gnu::always_inline]] bool binary(byte_view& value) noexcept {
    std::uint16_t size = 0;
    if (!number(size)) return false;
    if (left() < size) [[unlikely]]
      return fail(errc::short_packet);
    value = {at(), size};
    at_ += size;
    return true;
  }
  // The same, of what is still to be checked.
  [[gnu::always_inline]] bool raw_text(std::string_view& value) noexcept {
    byte_view bytes;
    if (!binary(bytes)) return false;
    value = as_text(bytes);
    return true;
  }
  // Checked to be text (section 1.5.4).
  [[gnu::always_inline]] bool text(std::string_view& value) noexcept {
    if (!raw_text(value)) return false;
    return is_plain(value, left()) || is_rare_text(value) || fail(errc::bad_text);
  }
  // A topic name (section 4.7): text without wildcards; may be empty.
  [[gnu::always_inline]] bool topic_name(std::string_view& value) noexcept {
    if (!raw_text(value)) return false;
    if (is_plain_name(value, left())) [[likely]]
      return true;
    errc fault{};
    return is_rare_topic_name(value, fault) || fail(fault);
  }
  // A topic filter, without a look at $share (section 4.8.2).
  [[gnu::always_inline]] bool topic_filter(std::string_view& value) noexcept {
    if (!raw_text(value)) return false;
    const text_marks found = marks_of(value, left());
    if (has_mark(found.odd) && !is_rare_text(value)) return fail(errc::bad_text);
    const bool is_name = !has_mark(found.odd | found.wild) && !value.empty();
    return is_name || is_topic_filter(value) || fail(errc::bad_topic_filter);
  }
  // The next bytes as a packet of their own.
  [[gnu::always_inline]] bool part(std::size_t size, cursor& inner) noexcept {
    if (left() < size) [[unlikely]]
      return fail(errc::short_packet);
    inner = cursor(at(), at() + size);
    at_ += size;
    return true;
  }
  void skip(std::size_t size) noexcept { at_ += size; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  errc fault_{};
};

}  // namespace parley::mqtt::detail
