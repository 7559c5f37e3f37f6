// What a certificate says, for logs, error texts and access decisions.
#pragma once

#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::tls {

// Copied out of the certificate. Names are printable: nothing in them can steer a terminal.
struct certificate {
  std::string subject;             // "CN=redis.example, O=Example"
  std::string issuer;              // the same of who signed it
  std::string serial;              // hexadecimal
  std::vector<std::string> names;  // subjectAltName: host names and addresses, as text
  wall_time not_before{};
  wall_time not_after{};
  std::string fingerprint;  // SHA-256 of the DER form, hexadecimal

  // "CN=redis.example, O=Example (issued by CN=Root, valid 2026-01-01 to 2027-01-01, for
  // redis.example)"
  std::string to_string() const;
};

}  // namespace parley::tls
