#include <parley/core/api/settings.hpp>
#include <utility>

namespace parley {
namespace {

bool read_clients(std::string_view text, client_certificates& to) {
  if (text == "none") {
    to = client_certificates::none;
  } else if (text == "optional") {
    to = client_certificates::optional;
  } else if (text == "required") {
    to = client_certificates::required;
  } else {
    return false;
  }
  return true;
}

// What both sides have. False if it is another parameter.
bool read_tls_file(tls_settings& tls, const uri_parameter& p, bool& good) {
  good = !p.value.empty();
  if (p.name == "certfile") {
    tls.certfile = p.value;
  } else if (p.name == "keyfile") {
    tls.keyfile = p.value;
  } else if (p.name == "ca_certs") {
    tls.ca_certs = p.value;
  } else if (p.name == "crlfile") {
    tls.crlfile = p.value;
  } else {
    return false;
  }
  return true;
}

}  // namespace

result<void> fault_list::verdict() && {
  if (all_.empty()) return {};
  return fail(errc::bad_configuration, std::move(all_));
}

bool read_seconds(std::string_view text, duration& to) {
  double seconds = 0;
  // Written so that NaN fails too; the upper bound keeps the conversion from overflowing.
  if (!read_number(text, seconds) || !(seconds > 0) || seconds > 1e6) return false;
  to = std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
  return true;
}

bool read_verify(std::string_view text, verify_mode& to) {
  if (text == "full") {
    to = verify_mode::full;
  } else if (text == "ca_only") {
    to = verify_mode::ca_only;
  } else if (text == "none") {
    to = verify_mode::none;
  } else {
    return false;
  }
  return true;
}

bool read_tls_server_parameter(tls_settings& tls, const uri_parameter& p, bool& good) {
  if (p.name != "clients") return read_tls_file(tls, p, good);
  good = read_clients(p.value, tls.clients);
  return true;
}

bool read_tls_client_parameter(tls_settings& tls, const uri_parameter& p, bool& good) {
  if (p.name != "verify") return read_tls_file(tls, p, good);
  good = read_verify(p.value, tls.verify);
  return true;
}

std::string unknown_parameter(const uri_parameter& p) {
  return "the URI has an unknown parameter \"" + p.name + "\"";
}

std::string bad_parameter(const uri_parameter& p) {
  return "the URI's parameter \"" + p.name + "\" has no valid value";
}

}  // namespace parley
