// Any bytes: parse, and if that works, write and parse again to the same value.
#include <cstddef>
#include <cstdint>
#include <parley/codecs/json/json.hpp>
#include <parley/core/text/utf8.hpp>
#include <span>

namespace {

void demand(bool condition) {
  if (!condition) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto v = parley::json::parse(bytes);
  if (!v) {
    demand(!v.error().message().empty());
    return 0;
  }
  demand(parley::text::valid_utf8(bytes));

  const auto text = parley::json::to_text(*v);
  // Escapes and exponents may make the text longer than what may be written.
  if (!text) {
    demand(text.error() == parley::errc::too_large);
    return 0;
  }
  const auto again = parley::json::parse(*text);
  demand(again.has_value());
  demand(*again == *v);
  demand(*parley::json::to_text(*again) == *text);
  return 0;
}
