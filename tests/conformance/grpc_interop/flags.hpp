// The flags of the interoperability description, for all four programs of this folder.
#pragma once

#include <cstdint>
#include <string>

namespace parley::interop {

struct flags {
  std::string server_host = "localhost";
  std::string server_host_override;  // the name that the certificate is to have
  std::uint16_t server_port = 0;
  std::uint16_t port = 0;  // of a server
  std::string test_case = "all";
  bool use_tls = false;
  std::string ca_file;    // whom to trust; of a server: whose clients, then asked for a certificate
  std::string cert_file;  // our own certificate, and its key
  std::string key_file;
};

// Reads "--name=value" and "--name value". False, with a line on standard error, for anything else.
bool read_flags(int argc, const char* const* argv, flags& to);

// All of a file. Throws std::runtime_error if it cannot be read.
std::string content_of(const std::string& path);

}  // namespace parley::interop
