#include <algorithm>
#include <parley/adapters/grpc/grpc_message.hpp>

namespace parley {
namespace {

bool is_metadata_name(std::string_view name) {
  return !name.empty() && !name.starts_with("grpc-") && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

result<void> check_metadata(std::string_view name, std::string_view text) {
  const auto quoted = [&] { return "metadata \"" + std::string(name) + "\""; };
  if (!is_metadata_name(name)) return fail(errc::invalid_argument, quoted() + " has no such name");
  if (name.ends_with("-bin") || is_printable(text)) return {};
  return std::unexpected(error(errc::invalid_argument, quoted() + " is not printable ASCII")
                             .with_hint("bytes go under a name that ends in -bin"));
}

result<void> check_metadata(const grpc_metadata& all) {
  for (const auto& [name, text] : all) {
    if (auto ok = check_metadata(name, text); !ok) return ok;
  }
  return {};
}

std::string_view find(const grpc_metadata& in, std::string_view name) noexcept {
  for (const auto& [key, text] : in) {
    if (key == name) return text;
  }
  return {};
}

grpc_message grpc_message::from_bytes(std::string bytes) noexcept {
  grpc_message m;
  m.raw_ = std::move(bytes);
  m.is_raw_ = true;
  return m;
}

grpc_message grpc_message::from_bytes(byte_view bytes) {
  return from_bytes(std::string(as_text(bytes)));
}

}  // namespace parley
