#include <algorithm>
#include <cstring>
#include <parley/adapters/files/store/detail/recovery.hpp>

namespace parley::files::detail {
namespace {

constexpr std::size_t piece_size = 64 * 1024;

class reader {
 public:
  reader(log_source& from, std::uint32_t salt)
      : from_(from), size_(from.size()), salt_(salt), piece_(piece_size) {}

  std::uint64_t size() const noexcept { return size_; }

  // `count` bytes at `offset`; views of one piece, valid until the next call. Within the file, and
  // at most a piece.
  result<byte_view> view(std::uint64_t offset, std::size_t count) {
    if (offset < begin_ || offset + count > begin_ + filled_) {
      filled_ = 0;
      const auto wanted = std::min<std::uint64_t>(piece_size, size_ - offset);
      const auto into = std::span(piece_).first(static_cast<std::size_t>(wanted));
      if (auto ok = from_.read(offset, into); !ok) return std::unexpected(ok.error());
      begin_ = offset;
      filled_ = into.size();
    }
    return byte_view(piece_).subspan(static_cast<std::size_t>(offset - begin_), count);
  }

  // Whether a sound record is at `offset`; its names are in `names` then.
  result<std::optional<record_sizes>> record_at(std::uint64_t offset, std::vector<char>& names) {
    if (size_ - offset < record_head_size) return std::nullopt;
    auto head = view(offset, record_head_size);
    if (!head) return std::unexpected(head.error());
    const auto sizes = read_record_head(*head);
    if (!sizes || sizes->total() > size_ - offset) return std::nullopt;
    checksum sum(salt_);
    sum.add(covered(*head));
    names.clear();
    const std::size_t wanted = std::size_t{sizes->space} + sizes->key;
    for (std::uint64_t at = record_head_size; at < sizes->total();) {
      const auto count = std::min<std::uint64_t>(piece_size / 2, sizes->total() - at);
      auto body = view(offset + at, static_cast<std::size_t>(count));
      if (!body) return std::unexpected(body.error());
      sum.add(*body);
      const std::string_view text =
          as_text(body->first(std::min(wanted - names.size(), body->size())));
      names.insert(names.end(), text.begin(), text.end());
      at += count;
    }
    if (sum.value() != sizes->crc) return std::nullopt;
    return sizes;
  }

  result<bool> mark_at(std::uint64_t offset) {
    if (size_ - offset < record_head_size) return false;
    auto head = view(offset, record_head_size);
    if (!head) return std::unexpected(head.error());
    return is_mark(*head, offset, salt_);
  }

  // The next mark from `offset` on; without one the end of the file.
  result<std::uint64_t> next_mark(std::uint64_t offset) {
    for (; size_ - offset >= record_head_size; ++offset) {
      auto found = mark_at(offset);
      if (!found) return std::unexpected(found.error());
      if (*found) return offset;
    }
    return size_;
  }

 private:
  log_source& from_;
  const std::uint64_t size_;
  const std::uint32_t salt_;
  std::vector<std::byte> piece_;
  std::uint64_t begin_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace

result<recovered> recover(log_source& from, std::uint32_t salt, bool pass_over, log_taker& to) {
  reader log(from, salt);
  recovered all;
  all.end = file_head_size;
  std::vector<char> names;
  while (all.end < log.size()) {
    const auto marked = log.mark_at(all.end);
    if (!marked) return std::unexpected(marked.error());
    if (*marked) {
      all.end += record_head_size;
      continue;
    }
    const auto found = log.record_at(all.end, names);
    if (!found) return std::unexpected(found.error());
    if (*found) {
      const std::string_view both(names.data(), names.size());
      to.take(**found, all.end, both.substr(0, (*found)->space), both.substr((*found)->space));
      all.end += (*found)->total();
      continue;
    }
    const auto mark = log.next_mark(all.end + 1);
    if (!mark) return std::unexpected(mark.error());
    if (*mark == log.size()) break;  // a torn end
    if (!all.bad) all.bad = all.end;
    if (!pass_over) break;
    all.dropped += *mark - all.end;
    all.end = *mark;
  }
  return all;
}

}  // namespace parley::files::detail
