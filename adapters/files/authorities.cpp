#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <parley/adapters/files/authorities.hpp>
#include <parley/adapters/files/detail/system.hpp>
#include <parley/adapters/files/read.hpp>
#include <parley/codecs/tls/errc.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace parley::files {
namespace {

constexpr auto usual_places = std::to_array<std::string_view>({
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, Red Hat
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // the newer ones of these
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/var/lib/ca-certificates/ca-bundle.pem",             // the newer ones of it
    "/etc/ssl/cert.pem",                                  // macOS, FreeBSD, Alpine
    "/usr/local/share/certs/ca-root-nss.crt",             // FreeBSD, from its ports
    "/etc/ssl/certs",                                     // links by hash alone
});

// Whoever starts a setuid program must not choose whom it trusts.
std::string_view environment(const char* name) {
#ifdef __linux__
  const char* value = ::secure_getenv(name);
#else
  const char* value = ::issetugid() ? nullptr : std::getenv(name);
#endif
  return value ? value : "";
}

error nobody(const detail::store_places& looked, std::optional<error> cause) {
  std::string message = "looked for ";
  for (const std::string& path : looked.paths) {
    if (&path != &looked.paths.front()) message += ", ";
    message += path;
  }
  error why(tls::errc::no_authorities, std::move(message));
  why = std::move(why).with_hint(looked.is_chosen
                                     ? "correct SSL_CERT_FILE and SSL_CERT_DIR, or unset them"
                                     : "install the package ca-certificates, or set ssl_ca_certs");
  return cause ? std::move(why).with_cause(*std::move(cause)) : why;
}

}  // namespace

detail::store_places detail::find_store_places() {
  store_places found;
  if (const auto file = environment("SSL_CERT_FILE"); !file.empty()) found.paths.emplace_back(file);
  std::string_view folders = environment("SSL_CERT_DIR");
  while (!folders.empty()) {
    const std::size_t end = folders.find(':');
    if (const auto one = folders.substr(0, end); !one.empty()) found.paths.emplace_back(one);
    folders.remove_prefix(end == std::string_view::npos ? folders.size() : end + 1);
  }
  found.is_chosen = !found.paths.empty();
  if (!found.is_chosen) found.paths.assign(usual_places.begin(), usual_places.end());
  return found;
}

result<tls::source> system_authorities() {
  const detail::store_places places = detail::find_store_places();
  tls::source found{.name = "the system's store"};
  std::optional<error> first;
  for (const std::string& path : places.paths) {
    auto part = read_pem(path);
    if (!part) {
      // A place that is not there is the rule: the cause is one that is there and not right.
      const bool tells = places.is_chosen || part.error() != errc::missing;
      if (tells && !first) first = std::move(part).error();
      continue;
    }
    found.bytes.append(part->bytes).append("\n");
    found.name.append(" ").append(path);
    if (!places.is_chosen) break;
  }
  if (found.bytes.empty()) return std::unexpected(nobody(places, std::move(first)));
  return found;
}

}  // namespace parley::files
