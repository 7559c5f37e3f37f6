// The bytes of a log. All numbers are little-endian.
//
//   file    magic "PRLYLOG" 0, version u32 = 1, salt u32, crc u32 of what is before it
//   record  crc u32, kind u8, 0 u8, space size u16, key size u16, 0 u16, value size u32,
//           then space, key and value
//   mark    crc u32, kind u8 = 4, 0 u8, "PM", its own offset u64: all before it was synced
//
// A checksum (CRC-32 of zlib) covers what follows it and begins with the salt, which differs from
// file to file: bytes of an older file, or of a message that imitates a record, are not taken for
// one. A mark tells damage from a torn end: before one, what cannot be read was durable once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/core/bytes.hpp>

namespace parley::files::detail {

inline constexpr std::uint32_t log_version = 1;
inline constexpr std::size_t file_head_size = 20;
inline constexpr std::size_t record_head_size = 16;

enum class record_kind : std::uint8_t { put = 1, erase = 2, erase_space = 3, mark = 4 };

using file_head = std::array<std::byte, file_head_size>;
using record_head = std::array<std::byte, record_head_size>;

file_head make_file_head(std::uint32_t salt) noexcept;

struct file_head_view {
  std::uint32_t version;
  std::uint32_t salt;
};
// Nothing if it is not the head of a log, or damaged. `bytes` are file_head_size.
std::optional<file_head_view> read_file_head(byte_view bytes) noexcept;

// Of the bytes behind the checksum; feed it with the pieces of a record in turn.
class checksum {
 public:
  explicit checksum(std::uint32_t salt) noexcept : value_(salt) {}
  void add(byte_view bytes) noexcept;
  std::uint32_t value() const noexcept { return value_; }

 private:
  std::uint32_t value_;
};

struct record_sizes {
  record_kind kind;
  std::uint16_t space;
  std::uint16_t key;
  std::uint32_t value;
  std::uint32_t crc;

  std::uint64_t total() const noexcept {
    return record_head_size + std::uint64_t{space} + key + value;
  }
};

// The crc is set by seal().
record_head make_record_head(record_kind kind, std::size_t space, std::size_t key,
                             std::size_t value) noexcept;
void seal(record_head& head, std::uint32_t crc) noexcept;
// Nothing if it is no head of a put, erase or erase_space.
std::optional<record_sizes> read_record_head(byte_view bytes) noexcept;
// What the checksum covers of a head.
inline byte_view covered(byte_view head) noexcept { return head.subspan(4, record_head_size - 4); }

record_head make_mark(std::uint64_t offset, std::uint32_t salt) noexcept;
bool is_mark(byte_view bytes, std::uint64_t offset, std::uint32_t salt) noexcept;

}  // namespace parley::files::detail
