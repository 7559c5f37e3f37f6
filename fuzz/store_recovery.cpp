// Reading a log of session state, whatever is in it, against a reader that has all of it in memory
// and looks at one byte after the other.
//
// Input: one byte of choices, then what follows the head of a log. Choices: 1 sets the checksums
// right where a record seems to begin, so that changed lengths get through; 2 passes over damage;
// the others are the salt.
#include <parley/adapters/files/store/detail/recovery.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace log = parley::files::detail;
using bytes = std::vector<std::byte>;

void require(bool holds) {
  if (!holds) std::abort();
}

struct seen {
  std::uint64_t offset;
  std::string space;
  std::string key;

  friend bool operator==(const seen&, const seen&) = default;
};

struct memory_source final : log::log_source {
  explicit memory_source(const bytes& all) : all_(all) {}
  std::uint64_t size() const noexcept override { return all_.size(); }
  parley::result<void> read(std::uint64_t offset, std::span<std::byte> into) override {
    require(offset <= all_.size() && into.size() <= all_.size() - offset);
    std::copy_n(all_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    return {};
  }
  const bytes& all_;
};

struct collector final : log::log_taker {
  void take(const log::record_sizes& sizes, std::uint64_t offset, std::string_view space,
            std::string_view key) override {
    require(space.size() == sizes.space && key.size() == sizes.key);
    all.push_back({offset, std::string(space), std::string(key)});
  }
  std::vector<seen> all;
};

std::uint32_t crc_at(parley::byte_view at, std::uint64_t total, std::uint32_t salt) {
  log::checksum sum(salt);
  sum.add(at.first(static_cast<std::size_t>(total)).subspan(4));
  return sum.value();
}

// The size of the record or mark at `offset`, or 0.
std::uint64_t sound_at(const bytes& all, std::size_t offset, std::uint32_t salt) {
  const auto rest = parley::byte_view(all).subspan(offset);
  if (rest.size() < log::record_head_size) return 0;
  if (log::is_mark(rest, offset, salt)) return log::record_head_size;
  const auto sizes = log::read_record_head(rest);
  if (!sizes || sizes->total() > rest.size()) return 0;
  return crc_at(rest, sizes->total(), salt) == sizes->crc ? sizes->total() : 0;
}

void mend(bytes& all, std::uint32_t salt) {
  for (std::size_t at = log::file_head_size; all.size() - at >= log::record_head_size;) {
    const auto rest = std::span(all).subspan(at);
    log::record_head head{};
    std::copy_n(rest.begin(), head.size(), head.begin());
    if (const auto sizes = log::read_record_head(head)) {
      if (sizes->total() > rest.size()) return;
      log::seal(head, crc_at(rest, sizes->total(), salt));
      std::ranges::copy(head, rest.begin());
      at += static_cast<std::size_t>(sizes->total());
    } else if (head[4] == std::byte{4}) {
      std::ranges::copy(log::make_mark(at, salt), rest.begin());
      at += head.size();
    } else {
      ++at;
    }
  }
}

struct verdict {
  std::vector<seen> records;
  log::recovered how;
};

verdict read_naively(const bytes& all, std::uint32_t salt, bool pass_over) {
  verdict v;
  v.how.end = log::file_head_size;
  while (v.how.end < all.size()) {
    const auto at = static_cast<std::size_t>(v.how.end);
    const auto rest = parley::byte_view(all).subspan(at);
    if (const std::uint64_t size = sound_at(all, at, salt)) {
      if (!log::is_mark(rest, at, salt)) {
        const auto names = parley::as_text(rest.subspan(log::record_head_size));
        const auto sizes = *log::read_record_head(rest);
        v.records.push_back({at, std::string(names.substr(0, sizes.space)),
                             std::string(names.substr(sizes.space, sizes.key))});
      }
      v.how.end += size;
      continue;
    }
    std::size_t mark = at + 1;
    const auto is_mark = [&] {
      return log::is_mark(parley::byte_view(all).subspan(mark), mark, salt);
    };
    while (all.size() - mark >= log::record_head_size && !is_mark()) ++mark;
    if (all.size() - mark < log::record_head_size) return v;
    if (!v.how.bad) v.how.bad = at;
    if (!pass_over) return v;
    v.how.dropped += mark - at;
    v.how.end = mark;
  }
  return v;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint32_t salt = data[0] >> 2;
  const auto head = log::make_file_head(salt);
  bytes all(head.size() + size - 1);
  const auto behind = std::ranges::copy(head, all.begin()).out;
  std::copy_n(reinterpret_cast<const std::byte*>(data + 1), size - 1, behind);
  if ((data[0] & 1) != 0) mend(all, salt);
  const bool pass_over = (data[0] & 2) != 0;

  memory_source source(all);
  collector taken;
  const auto found = log::recover(source, salt, pass_over, taken);
  require(found.has_value());
  const verdict expected = read_naively(all, salt, pass_over);
  require(taken.all == expected.records);
  require(found->end == expected.how.end && found->bad == expected.how.bad);
  require(found->dropped == expected.how.dropped && found->end <= all.size());
  return 0;
}
