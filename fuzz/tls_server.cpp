// tls::server against a peer whose bytes are changed: fuzz/support/tls_session.hpp.
#include "support/tls_session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parley::fuzz::tls_session(parley::fuzz::reader(text), false).run();
  return 0;
}
