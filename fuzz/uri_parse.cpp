// Any bytes: what parses as a URI, an address or an endpoint prints a form that
// parses to the same again, and no password is in it.
#include <cstddef>
#include <cstdint>
#include <parley/core/net/address.hpp>
#include <parley/core/net/endpoint.hpp>
#include <parley/core/net/uri.hpp>
#include <string_view>

namespace {

void demand(bool condition) {
  if (!condition) __builtin_trap();
}

void check_uri(std::string_view text) {
  const auto u = parley::uri::parse(text);
  if (!u) return;
  const std::string printed = u->to_string();
  const auto again = parley::uri::parse(printed);
  demand(again.has_value());
  demand(again->to_string() == printed);
  demand(again->scheme() == u->scheme());
  demand(again->host() == u->host());
  demand(again->user() == u->user());
  demand(again->port() == u->port());
  demand(again->is_local() == u->is_local());
  if (u->has_password()) demand(again->password().reveal() == "***");
  if (const auto where = u->where(1)) demand(!where->to_string().empty());
}

void check_numbers(std::string_view text) {
  if (const auto a = parley::address::parse(text)) {
    const auto again = parley::address::parse(a->to_string());
    demand(again.has_value() && *again == *a);
  }
  if (const auto e = parley::endpoint::parse(text, 7)) {
    const auto again = parley::endpoint::parse(e->to_string());
    demand(again.has_value() && *again == *e);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_uri(text);
  check_numbers(text);
  return 0;
}
