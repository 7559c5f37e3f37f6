#include <zlib.h>

#include <cstring>
#include <parley/adapters/files/store/detail/log_format.hpp>

namespace parley::files::detail {
namespace {

constexpr std::array<char, 8> magic{'P', 'R', 'L', 'Y', 'L', 'O', 'G', '\0'};

template <class T>
void write(std::byte* to, T number) noexcept {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    to[i] = static_cast<std::byte>(static_cast<std::uint64_t>(number) >> (8 * i));
  }
}
template <class T>
T read(const std::byte* from) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    number |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
  }
  return static_cast<T>(number);
}
std::uint32_t crc_of(byte_view bytes, std::uint32_t salt) noexcept {
  checksum sum(salt);
  sum.add(bytes);
  return sum.value();
}

}  // namespace

void checksum::add(byte_view bytes) noexcept {
  // A null pointer would ask zlib for its initial value.
  if (bytes.empty()) return;
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  value_ = static_cast<std::uint32_t>(::crc32_z(value_, data, bytes.size()));
}

file_head make_file_head(std::uint32_t salt) noexcept {
  file_head head{};
  std::memcpy(head.data(), magic.data(), magic.size());
  write(head.data() + 8, log_version);
  write(head.data() + 12, salt);
  write(head.data() + 16, crc_of(byte_view(head).first(16), 0));
  return head;
}

std::optional<file_head_view> read_file_head(byte_view bytes) noexcept {
  if (std::memcmp(bytes.data(), magic.data(), magic.size()) != 0) return std::nullopt;
  if (read<std::uint32_t>(bytes.data() + 16) != crc_of(bytes.first(16), 0)) return std::nullopt;
  return file_head_view{read<std::uint32_t>(bytes.data() + 8),
                        read<std::uint32_t>(bytes.data() + 12)};
}

record_head make_record_head(record_kind kind, std::size_t space, std::size_t key,
                             std::size_t value) noexcept {
  record_head head{};
  head[4] = static_cast<std::byte>(kind);
  write(head.data() + 6, static_cast<std::uint16_t>(space));
  write(head.data() + 8, static_cast<std::uint16_t>(key));
  write(head.data() + 12, static_cast<std::uint32_t>(value));
  return head;
}

void seal(record_head& head, std::uint32_t crc) noexcept { write(head.data(), crc); }

std::optional<record_sizes> read_record_head(byte_view bytes) noexcept {
  const std::byte* at = bytes.data();
  const auto kind = std::to_integer<std::uint8_t>(at[4]);
  if (kind < 1 || kind > 3 || at[5] != std::byte{} || read<std::uint16_t>(at + 10) != 0) {
    return std::nullopt;
  }
  return record_sizes{static_cast<record_kind>(kind), read<std::uint16_t>(at + 6),
                      read<std::uint16_t>(at + 8), read<std::uint32_t>(at + 12),
                      read<std::uint32_t>(at)};
}

record_head make_mark(std::uint64_t offset, std::uint32_t salt) noexcept {
  record_head head{};
  head[4] = static_cast<std::byte>(record_kind::mark);
  head[6] = std::byte{'P'};
  head[7] = std::byte{'M'};
  write(head.data() + 8, offset);
  seal(head, crc_of(covered(head), salt));
  return head;
}

bool is_mark(byte_view bytes, std::uint64_t offset, std::uint32_t salt) noexcept {
  // The offset first: it is what rarely agrees.
  return read<std::uint64_t>(bytes.data() + 8) == offset &&
         bytes[4] == static_cast<std::byte>(record_kind::mark) && bytes[6] == std::byte{'P'} &&
         bytes[7] == std::byte{'M'} &&
         read<std::uint32_t>(bytes.data()) == crc_of(covered(bytes), salt);
}

}  // namespace parley::files::detail
