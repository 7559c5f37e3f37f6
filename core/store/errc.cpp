#include <array>
#include <parley/core/store/errc.hpp>

namespace parley {
namespace {

using enum error_class;

// In the order of `store_errc`.
constexpr auto infos = std::to_array<error_info>({
    {"store", "too_large", limit, "the record is too large to be stored",
     "raise the limit that the message names, or send smaller messages"},
    {"store", "full", limit, "the store is full",
     "raise max_bytes, or let sessions expire sooner: who is away for long keeps its messages "
     "here"},
    {"store", "disk_full", transient, "no room is left on the disk",
     "free some space there; nothing is lost, and the next commit tries again"},
    {"store", "failed", configuration, "the store has failed",
     "check the disk (dmesg, smartctl), then restart: it recovers what was committed"},
    {"store", "corrupt", configuration, "what was stored has been damaged",
     "check the disk, and restore a copy; or open it with `repair`, which drops what is damaged"},
    {"store", "wrong_format", configuration,
     "this is no store of parley, or one of a newer version",
     "check the path; a newer version of parley reads it"},
    {"store", "in_use", configuration, "another process uses this store",
     "stop the other process, or give this one a path of its own"},
    {"store", "inaccessible", configuration, "the store cannot be opened",
     "check the path, and who may read and write there"},
});

}  // namespace

const error_info& describe(store_errc code) noexcept {
  return infos[static_cast<std::size_t>(code)];
}

}  // namespace parley
