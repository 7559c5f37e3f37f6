#include <array>
#include <parley/adapters/files/errc.hpp>

namespace parley::files {
namespace {

using enum error_class;

// In the order of `errc`.
constexpr auto infos = std::to_array<error_info>({
    {"files", "missing", configuration, "there is no such file", "check the path"},
    {"files", "forbidden", configuration, "the file may not be read",
     "give this process the right to read it and to pass the folders above"},
    {"files", "wrong_kind", configuration, "not a regular file", "give the path of a file"},
    {"files", "too_large", limit, "the file is too large",
     "check that it is the right file: certificates and keys are small"},
    {"files", "empty", configuration, "nothing is in it",
     "check the path, and that what writes it has finished"},
    {"files", "unreadable", transient, "the file cannot be read", ""},
});

}  // namespace

const error_info& describe(errc code) noexcept { return infos[static_cast<std::size_t>(code)]; }

}  // namespace parley::files
