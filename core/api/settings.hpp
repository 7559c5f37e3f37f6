// What every protocol's configuration needs: faults that are collected, and values read from the
// parameters of a URI.
#pragma once

#include <charconv>
#include <parley/core/api/tables.hpp>
#include <parley/core/error.hpp>
#include <parley/core/net/uri.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>

namespace parley {

// Collects faults, so that a person corrects all of them in one go.
class fault_list {
 public:
  void add(std::string_view text) {
    if (!all_.empty()) all_.append("; ");
    all_.append(text);
  }
  void check(bool good, std::string_view text) {
    if (!good) add(text);
  }
  // errc::bad_configuration with all of them, or success.
  result<void> verdict() &&;

 private:
  std::string all_;
};

// All of the text or nothing: "3x" is a typing error, not the number 3.
template <class N>
bool read_number(std::string_view text, N& to) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), to);
  return fault == std::errc() && end == text.data() + text.size();
}

// Seconds, also with a fraction; positive, and at most a million.
bool read_seconds(std::string_view text, duration& to);
// full, ca_only, none.
bool read_verify(std::string_view text, verify_mode& to);

// A parameter that every server with TLS has: certfile, keyfile, ca_certs, crlfile, clients (none,
// optional, required). False if it is another one; `good` says whether its value is valid.
bool read_tls_server_parameter(tls_settings& tls, const uri_parameter& p, bool& good);
// The same of a client: certfile, keyfile, ca_certs, crlfile, verify (full, ca_only, none).
bool read_tls_client_parameter(tls_settings& tls, const uri_parameter& p, bool& good);

// The faults of a parameter, by name and without its value, which may be a secret.
std::string unknown_parameter(const uri_parameter& p);
std::string bad_parameter(const uri_parameter& p);

}  // namespace parley
