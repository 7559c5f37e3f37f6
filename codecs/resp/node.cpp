#include <array>

#include <parley/codecs/resp/node.hpp>

namespace parley::resp {

// In the order of `kind`.
static constexpr std::array<std::string_view, 16> names{
    "simple_string", "error",   "integer",   "blob_string", "blob_error", "verbatim",
    "null",          "boolean", "number",    "big_number",  "array",      "map",
    "set",           "push",    "attribute", "stream_end"};

std::string_view to_string(kind k) noexcept { return names[static_cast<std::size_t>(k)]; }

}  // namespace parley::resp
