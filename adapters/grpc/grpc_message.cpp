#include <parley/adapters/grpc/grpc_message.hpp>

namespace parley {

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
