#include <openssl/evp.h>

#include <parley/codecs/websocket/provider/base64.hpp>

namespace parley::detail {

std::string base64(byte_view bytes) {
  // libcrypto writes a zero behind the text.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace parley::detail
