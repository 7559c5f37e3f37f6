#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <new>
#include <parley/adapters/files/store/detail/log_writer.hpp>
#include <parley/adapters/files/store/file_store.hpp>
#include <parley/core/store/record_index.hpp>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::files {
namespace {

using clock = std::chrono::steady_clock;
using detail::record_kind;

// Where a record lies.
struct extent {
  std::uint64_t offset = 0;
  std::uint32_t value = 0;
  void reset() noexcept {}
};
using index = parley::detail::record_index<extent>;

std::uint64_t size_in_log(const index::record_node& r) noexcept {
  return detail::record_head_size + r.home->key.size() + r.key.size() + r.payload.value;
}
std::size_t cost(const index::record_node& r) noexcept {
  return r.home->key.size() + r.key.size() + r.payload.value + record_overhead;
}

result<void> write_head(detail::log_file& file, std::uint32_t salt) {
  const auto head = detail::make_file_head(salt);
  const const_buffer piece{head.data(), head.size()};
  return file.append({&piece, 1});
}

result<std::uint32_t> draw_salt() {
  std::uint32_t salt = 0;
  if (::getentropy(&salt, sizeof salt) != 0) return fail(store_errc::failed, "getentropy");
  return salt;
}

// Whether a file of a few bytes is one whose making was cut off: magic and version, or less.
bool is_begun(std::span<const std::byte> bytes) {
  const auto head = detail::make_file_head(0);
  const auto compared = bytes.first(std::min<std::size_t>(bytes.size(), 12));
  return std::ranges::equal(compared, std::span(head).first(compared.size()));
}

// The log's salt. A new file gets its head; one that a crash cut while it was made, again.
result<std::uint32_t> prepare_head(detail::log_file& file) {
  std::array<std::byte, detail::file_head_size> head{};
  const auto there = static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), file.size()));
  if (auto ok = file.read(0, std::span(head).first(there)); !ok) {
    return std::unexpected(ok.error());
  }
  const bool is_blank = file.size() == there &&
                        std::ranges::all_of(head, [](std::byte b) { return b == std::byte{}; });
  if (there == head.size() && !is_blank) {
    const auto read = detail::read_file_head(head);
    if (!read) return fail(store_errc::wrong_format, file.path());
    if (read->version != detail::log_version) {
      return fail(store_errc::wrong_format,
                  file.path() + ": version " + std::to_string(read->version));
    }
    return read->salt;
  }
  if (!is_blank && !is_begun(std::span(head).first(there)))
    return fail(store_errc::wrong_format, file.path());
  const auto salt = draw_salt();
  if (!salt) return salt;
  if (auto ok = file.truncate(0); !ok) return std::unexpected(ok.error());
  if (auto ok = write_head(file, *salt); !ok) return std::unexpected(ok.error());
  if (auto ok = file.sync(); !ok) return std::unexpected(ok.error());
  if (auto ok = file.sync_folder(); !ok) return std::unexpected(ok.error());
  return *salt;
}

}  // namespace

struct file_store::state final : detail::log_taker {
  explicit state(file_store_settings s) : settings(std::move(s)), records(settings.seed) {}

  void take(const detail::record_sizes& sizes, std::uint64_t offset, std::string_view space,
            std::string_view key) override;
  result<void> begin(const detail::disk_calls& calls);
  result<void> check_sticky() const;
  // Notes an error after which nothing is certain any more.
  result<void> fault(error why);
  result<void> flush_policy();
  void forget(index::record_node& r) noexcept;
  void set(index::record_node& r, extent where) noexcept;
  result<bool> show(const index::space_node& home, record_visitor& to);
  result<byte_view> read_record(const index::record_node& r);
  void compact_if_worth();
  result<void> compact();
  result<void> copy_records(detail::log_writer& to, std::vector<std::uint64_t>& offsets);

  file_store_settings settings;
  const detail::disk_calls* disk = nullptr;
  index records;
  std::optional<detail::log_writer> log;
  std::vector<std::byte> scratch;  // one record that is read
  std::optional<error> failed_with;
  std::optional<error> compaction_fault;
  clock::time_point last_sync = clock::now();
  std::size_t bytes = 0;
  std::uint64_t alive = 0;  // bytes of the log that are not out of date
  std::uint64_t compact_at = 0;
  std::uint64_t staged = 0;
  std::uint64_t durable = 0;
  std::uint64_t repaired = 0;
  std::uint64_t torn = 0;
};

// --- opening -------------------------------------------------------------------------------------

void file_store::state::take(const detail::record_sizes& sizes, std::uint64_t offset,
                             std::string_view space, std::string_view key) {
  if (sizes.kind == record_kind::erase_space) {
    index::space_node* home = records.find_space(space);
    if (home == nullptr) return;
    for (auto* each = home->records.first; each != nullptr;)
      forget(*std::exchange(each, each->after));
    return;
  }
  index::record_node* found = records.find(space, key);
  if (sizes.kind == record_kind::erase) {
    if (found != nullptr) forget(*found);
    return;
  }
  if (found == nullptr) {
    found = &records.add(space, key, {});
    bytes += cost(*found);
    alive += size_in_log(*found);
  }
  set(*found, {offset, sizes.value});
}

void file_store::state::set(index::record_node& r, extent where) noexcept {
  bytes -= cost(r);
  alive -= size_in_log(r);
  r.payload = where;
  bytes += cost(r);
  alive += size_in_log(r);
}

void file_store::state::forget(index::record_node& r) noexcept {
  bytes -= cost(r);
  alive -= size_in_log(r);
  records.erase(r);
}

result<void> file_store::state::begin(const detail::disk_calls& calls) {
  disk = &calls;
  auto file = detail::log_file::open(settings.path, calls);
  if (!file) return std::unexpected(file.error());
  // Writing anew must replace what a symbolic link leads to, not the link.
  if (char* resolved = ::realpath(settings.path.c_str(), nullptr)) {
    settings.path = resolved;
    ::free(resolved);
  }
  const auto salt = prepare_head(*file);
  if (!salt) return std::unexpected(salt.error());
  const bool repairs = settings.damage == damage_policy::repair;
  const auto found = detail::recover(*file, *salt, repairs, *this);
  if (!found) return std::unexpected(found.error());
  if (found->bad && !repairs) {
    return fail(store_errc::corrupt, settings.path + ", at byte " + std::to_string(*found->bad));
  }
  torn = file->size() - found->end;
  if (torn > 0 && !found->bad) {
    if (auto ok = file->truncate(found->end); !ok) return ok;
  }
  // What was read may have been in the kernel's memory only.
  if (auto ok = file->sync(); !ok) return ok;
  log.emplace(*std::move(file), *salt);
  compact_at = settings.compact_min;
  if (!found->bad) return {};
  repaired = found->dropped;
  const std::string kept = settings.path + ".damaged";
  ::unlink(kept.c_str());
  if (::link(settings.path.c_str(), kept.c_str()) != 0) {
    return std::unexpected(detail::disk_error(errno, kept, true));
  }
  return compact();
}

result<std::unique_ptr<file_store>> file_store::open(file_store_settings settings) {
  return open(std::move(settings), detail::real_disk);
}

result<std::unique_ptr<file_store>> file_store::open(file_store_settings settings,
                                                     const detail::disk_calls& disk) {
  if (settings.path.empty()) return fail(parley::errc::bad_configuration, "path is empty");
  if (settings.compact_factor < 2) {
    return fail(parley::errc::bad_configuration, "compact_factor is below 2");
  }
  // What the log's numbers can say.
  auto& limits = settings.limits;
  limits.max_space = std::min<std::size_t>(limits.max_space, 65'535);
  limits.max_key = std::min<std::size_t>(limits.max_key, 65'535);
  limits.max_value =
      std::min<std::size_t>(limits.max_value, std::numeric_limits<std::uint32_t>::max());
  try {
    auto made = std::make_unique<state>(std::move(settings));
    if (auto ok = made->begin(disk); !ok) return std::unexpected(ok.error());
    return std::unique_ptr<file_store>(new file_store(std::move(made)));
  } catch (const std::bad_alloc&) {
    return fail(parley::errc::out_of_memory);
  }
}

file_store::file_store(std::unique_ptr<state> all) noexcept : state_(std::move(all)) {}

file_store::~file_store() {
  if (state_->failed_with) return;
  // Errors were told by whoever called sync(); there is nobody to tell here.
  if (state_->log->sync()) state_->log->seal_end();
}

// --- changes -------------------------------------------------------------------------------------

result<void> file_store::state::check_sticky() const {
  if (failed_with) return std::unexpected(*failed_with);
  return {};
}

result<void> file_store::state::fault(error why) {
  if (why == store_errc::failed) failed_with = why;
  return std::unexpected(std::move(why));
}

result<void> file_store::put(byte_view space, byte_view key, buffer_list value) {
  state& s = *state_;
  if (auto ok = s.check_sticky(); !ok) return ok;
  const std::size_t size = total_size(value);
  const store_limits& limits = s.settings.limits;
  if (auto ok = check_record(limits, space, key, size); !ok) return ok;
  index::record_node* found = s.records.find(as_text(space), as_text(key));
  const std::size_t rest = s.bytes - (found == nullptr ? 0 : cost(*found));
  const std::size_t added = space.size() + key.size() + size + record_overhead;
  if (rest > limits.max_bytes || added > limits.max_bytes - rest) {
    return fail(store_errc::full, "max_bytes is " + std::to_string(limits.max_bytes));
  }
  // Memory first: it may run out, and the log cannot be taken back.
  const bool is_new = found == nullptr;
  if (is_new) {
    found = &s.records.add(as_text(space), as_text(key), {});
    s.bytes += cost(*found);
    s.alive += size_in_log(*found);
  }
  const auto offset = s.log->add(record_kind::put, space, key, value);
  if (!offset) {
    if (is_new) s.forget(*found);
    return s.fault(offset.error());
  }
  s.set(*found, {*offset, static_cast<std::uint32_t>(size)});
  ++s.staged;
  return {};
}

result<void> file_store::erase(byte_view space, byte_view key) {
  state& s = *state_;
  if (auto ok = s.check_sticky(); !ok) return ok;
  index::record_node* found = s.records.find(as_text(space), as_text(key));
  if (found == nullptr) return {};
  const auto offset = s.log->add(record_kind::erase, space, key, {});
  if (!offset) return s.fault(offset.error());
  s.forget(*found);
  ++s.staged;
  return {};
}

result<void> file_store::erase_space(byte_view space) {
  state& s = *state_;
  if (auto ok = s.check_sticky(); !ok) return ok;
  index::space_node* home = s.records.find_space(as_text(space));
  if (home == nullptr) return {};
  const auto offset = s.log->add(record_kind::erase_space, space, {}, {});
  if (!offset) return s.fault(offset.error());
  for (auto* each = home->records.first; each != nullptr;)
    s.forget(*std::exchange(each, each->after));
  ++s.staged;
  return {};
}

result<void> file_store::state::flush_policy() {
  const auto how = settings.sync;
  if (how == sync_policy::never) return log->flush();
  if (how == sync_policy::interval && clock::now() - last_sync < settings.sync_interval) {
    return log->flush();
  }
  auto ok = log->sync();
  last_sync = clock::now();
  return ok;
}

result<void> file_store::sync() {
  state& s = *state_;
  if (auto ok = s.check_sticky(); !ok) return ok;
  if (s.staged == s.durable) return {};
  if (auto ok = s.flush_policy(); !ok) return s.fault(ok.error());
  s.durable = s.staged;
  s.compact_if_worth();
  return {};
}

// --- reading -------------------------------------------------------------------------------------

result<byte_view> file_store::state::read_record(const index::record_node& r) {
  const auto size = static_cast<std::size_t>(size_in_log(r));
  // One that was large is not kept for small ones.
  if (scratch.capacity() > detail::log_writer::capacity && size < scratch.capacity() / 4) {
    std::vector<std::byte>().swap(scratch);
  }
  scratch.resize(size);
  if (auto ok = log->read(r.payload.offset, scratch); !ok) return std::unexpected(ok.error());
  const auto sizes = detail::read_record_head(scratch);
  detail::checksum sum(log->salt());
  sum.add(byte_view(scratch).subspan(4));
  if (!sizes || sizes->crc != sum.value() || sizes->total() != size) {
    return fail(store_errc::corrupt,
                settings.path + ", at byte " + std::to_string(r.payload.offset));
  }
  return byte_view(scratch);
}

// True: go on.
result<bool> file_store::state::show(const index::space_node& home, record_visitor& to) {
  for (const auto* each = home.records.first; each != nullptr; each = each->after) {
    const auto bytes_read = read_record(*each);
    if (!bytes_read) return std::unexpected(bytes_read.error());
    const stored_record shown{as_bytes(home.key), as_bytes(each->key),
                              bytes_read->last(each->payload.value)};
    if (!to.visit(shown)) return false;
  }
  return true;
}

result<void> file_store::load(byte_view space, record_visitor& to) {
  if (auto ok = state_->check_sticky(); !ok) return ok;
  const index::space_node* home = state_->records.find_space(as_text(space));
  if (home == nullptr) return {};
  const auto shown = state_->show(*home, to);
  return shown ? result<void>() : std::unexpected(shown.error());
}

result<void> file_store::load_all(record_visitor& to) {
  if (auto ok = state_->check_sticky(); !ok) return ok;
  for (const auto* each = state_->records.first_space(); each != nullptr; each = each->after) {
    const auto shown = state_->show(*each, to);
    if (!shown) return std::unexpected(shown.error());
    if (!*shown) break;
  }
  return {};
}

// --- writing anew --------------------------------------------------------------------------------

// What was committed is safe in the old file: an error here is no error of the commit.
void file_store::state::compact_if_worth() {
  const std::uint64_t size = log->size();
  if (size < compact_at || size / settings.compact_factor < alive) return;
  try {
    if (auto ok = compact(); !ok) {
      compaction_fault = ok.error();
      compact_at = 2 * size;  // not in each turn
    }
  } catch (const std::bad_alloc&) {
    compaction_fault = error(parley::errc::out_of_memory);
    compact_at = 2 * size;
  }
}

result<void> file_store::state::copy_records(detail::log_writer& to,
                                             std::vector<std::uint64_t>& offsets) {
  for (const auto* home = records.first_space(); home != nullptr; home = home->after) {
    for (const auto* each = home->records.first; each != nullptr; each = each->after) {
      const auto whole = read_record(*each);
      if (!whole) return std::unexpected(whole.error());
      const auto value = whole->last(each->payload.value);
      const const_buffer piece{value.data(), value.size()};
      const auto offset =
          to.add(record_kind::put, as_bytes(home->key), as_bytes(each->key), {&piece, 1});
      if (!offset) return std::unexpected(offset.error());
      offsets.push_back(*offset);
    }
  }
  return to.sync();
}

result<void> file_store::state::compact() {
  const auto salt = draw_salt();
  if (!salt) return std::unexpected(salt.error());
  const std::string beside = settings.path + ".new";
  auto file = detail::log_file::create(beside, *disk);
  if (!file) return std::unexpected(file.error());
  std::vector<std::uint64_t> offsets;
  offsets.reserve(records.size());
  auto ok = write_head(*file, *salt);
  std::optional<detail::log_writer> next;
  if (ok) {
    next.emplace(*std::move(file), *salt);
    ok = copy_records(*next, offsets);
  }
  // An empty log is its head alone, which nothing has synced yet.
  if (ok) ok = next->file().sync();
  if (ok) ok = next->file().rename_to(settings.path);
  if (!ok) {
    ::unlink(beside.c_str());
    return ok;
  }
  // From here on the new file is the store.
  std::swap(*log, *next);
  auto offset = offsets.begin();
  for (auto* home = records.first_space(); home != nullptr; home = home->after) {
    for (auto* each = home->records.first; each != nullptr; each = each->after) {
      each->payload.offset = *offset++;
    }
  }
  compact_at = settings.compact_min;
  compaction_fault.reset();
  // Until its name is durable, a cut of power may bring the old file back: nothing can be promised.
  if (auto named = log->file().sync_folder(); !named) return fault(named.error());
  return {};
}

// --- figures -------------------------------------------------------------------------------------

std::size_t file_store::size() const noexcept { return state_->records.size(); }
std::size_t file_store::bytes() const noexcept { return state_->bytes; }
std::uint64_t file_store::staged() const noexcept { return state_->staged; }
std::uint64_t file_store::durable() const noexcept { return state_->durable; }
std::uint64_t file_store::repaired() const noexcept { return state_->repaired; }
std::uint64_t file_store::torn() const noexcept { return state_->torn; }
std::uint64_t file_store::file_size() const noexcept { return state_->log->size(); }
const std::optional<error>& file_store::compaction_fault() const noexcept {
  return state_->compaction_fault;
}

}  // namespace parley::files
