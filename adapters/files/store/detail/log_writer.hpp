// Adds records to a log through a buffer, with a mark at the beginning of each batch. Not
// installed.
#pragma once

#include <cstdint>
#include <memory>
#include <parley/adapters/files/store/detail/log_file.hpp>

namespace parley::files::detail {

class log_writer {
 public:
  // Holds the head of any record and its names.
  static constexpr std::size_t capacity = 256 * 1024;

  // `to` has a head, and is durable up to its end.
  log_writer(log_file to, std::uint32_t salt);

  // Stages a record; its offset. An error changes nothing. Allocates nothing.
  result<std::uint64_t> add(record_kind kind, byte_view space, byte_view key, buffer_list value);
  // Gives all of it to the kernel.
  result<void> flush();
  // Flushes, and waits for the medium.
  result<void> sync();
  // Reads what was added, also from the buffer.
  result<void> read(std::uint64_t offset, std::span<std::byte> into);
  // A mark at the end, when all is durable: what a clean end leaves.
  void seal_end() noexcept;

  std::uint64_t size() const noexcept { return file_.size() + used_; }
  std::uint32_t salt() const noexcept { return salt_; }
  log_file& file() noexcept { return file_; }

 private:
  void stage(byte_view bytes) noexcept;
  void stage_mark() noexcept;

  log_file file_;
  std::uint32_t salt_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t used_ = 0;
  bool is_durable_ = true;  // all but what is in the buffer
  bool wants_mark_ = false;
};

}  // namespace parley::files::detail
