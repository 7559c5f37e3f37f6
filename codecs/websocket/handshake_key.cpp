#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstring>
#include <parley/codecs/websocket/handshake.hpp>

namespace parley::websocket {
namespace {

// RFC 6455 section 1.3.
constexpr std::string_view fixed_text = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// A key is 24 characters; of longer ones, which only a wrong caller has, the beginning counts.
constexpr std::size_t most = 64;

// libcrypto writes a zero behind the text.
template <std::size_t size>
std::array<char, size> in_base64(const void* bytes, std::size_t count) noexcept {
  std::array<unsigned char, size + 1> text;
  EVP_EncodeBlock(text.data(), static_cast<const unsigned char*>(bytes), static_cast<int>(count));
  std::array<char, size> out;
  std::memcpy(out.data(), text.data(), size);
  return out;
}

}  // namespace

std::array<char, 28> accept_of(std::string_view key) noexcept {
  key = key.substr(0, most);
  std::array<unsigned char, most + fixed_text.size()> text;
  std::memcpy(text.data(), key.data(), key.size());
  std::memcpy(text.data() + key.size(), fixed_text.data(), fixed_text.size());
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  if (SHA1(text.data(), key.size() + fixed_text.size(), digest.data()) == nullptr) return {};
  return in_base64<28>(digest.data(), digest.size());
}

std::array<char, 24> make_key(std::span<const std::byte, 16> random) noexcept {
  return in_base64<24>(random.data(), random.size());
}

}  // namespace parley::websocket
