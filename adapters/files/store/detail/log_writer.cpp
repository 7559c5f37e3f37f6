#include <array>
#include <cstring>
#include <parley/adapters/files/store/detail/log_writer.hpp>
#include <utility>

namespace parley::files::detail {

log_writer::log_writer(log_file to, std::uint32_t salt)
    : file_(std::move(to)),
      salt_(salt),
      buffer_(new std::byte[capacity]),
      wants_mark_(file_.size() > file_head_size) {}

void log_writer::stage(byte_view bytes) noexcept {
  if (bytes.empty()) return;
  std::memcpy(buffer_.get() + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
}

void log_writer::stage_mark() noexcept {
  stage(make_mark(size(), salt_));
  wants_mark_ = false;
}

result<std::uint64_t> log_writer::add(record_kind kind, byte_view space, byte_view key,
                                      buffer_list value) {
  const std::size_t names = record_head_size + space.size() + key.size();
  const std::size_t size = total_size(value);
  if (capacity - used_ < record_head_size + names ||
      capacity - used_ - record_head_size - names < size) {
    if (auto ok = flush(); !ok) return std::unexpected(ok.error());
  }
  record_head head = make_record_head(kind, space.size(), key.size(), size);
  checksum sum(salt_);
  sum.add(covered(head));
  sum.add(space);
  sum.add(key);
  for (const const_buffer& piece : value) {
    sum.add({static_cast<const std::byte*>(piece.data), piece.size});
  }
  seal(head, sum.value());

  const std::size_t used_before = used_;
  const bool wanted_mark = wants_mark_;
  if (wants_mark_) stage_mark();
  const std::uint64_t offset = this->size();
  stage(head);
  stage(space);
  stage(key);
  if (size <= capacity - used_) {
    for (const const_buffer& piece : value) {
      stage({static_cast<const std::byte*>(piece.data), piece.size});
    }
    return offset;
  }
  // Too large to be copied: behind the names, in the same piece of the file or not at all.
  const const_buffer front{buffer_.get(), used_};
  const std::uint64_t before = file_.size();
  auto ok = file_.append({&front, 1});
  if (ok) {
    ok = file_.append(value);
    if (!ok) {
      if (auto cut = file_.truncate(before); !cut) ok = cut;
    }
  }
  used_ = 0;
  if (ok) {
    is_durable_ = false;
    return offset;
  }
  used_ = used_before;
  wants_mark_ = wanted_mark;
  return std::unexpected(ok.error());
}

result<void> log_writer::flush() {
  if (used_ == 0) return {};
  const const_buffer all{buffer_.get(), used_};
  if (auto ok = file_.append({&all, 1}); !ok) return ok;
  used_ = 0;
  is_durable_ = false;
  return {};
}

result<void> log_writer::sync() {
  if (auto ok = flush(); !ok) return ok;
  if (is_durable_) return {};
  if (auto ok = file_.sync(); !ok) return ok;
  is_durable_ = true;
  wants_mark_ = true;
  return {};
}

result<void> log_writer::read(std::uint64_t offset, std::span<std::byte> into) {
  if (offset < file_.size()) return file_.read(offset, into);
  // Records are not split between file and buffer.
  std::memcpy(into.data(), buffer_.get() + (offset - file_.size()), into.size());
  return {};
}

void log_writer::seal_end() noexcept {
  if (used_ != 0 || !is_durable_ || !wants_mark_) return;
  stage_mark();
  // Nothing depends on it.
  (void)flush();
}

}  // namespace parley::files::detail
