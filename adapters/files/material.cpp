#include <parley/adapters/files/detail/renewal.hpp>
#include <parley/adapters/files/detail/system.hpp>
#include <parley/adapters/files/material.hpp>
#include <parley/codecs/tls/errc.hpp>
#include <ranges>
#include <string_view>
#include <utility>

namespace parley::files {
namespace {

// One file, never a folder: in a chain the order counts.
result<tls::source> read_one(const std::string& path) {
  auto bytes = read_file(path, most_bytes);
  if (!bytes) return std::unexpected(std::move(bytes).error());
  if (bytes->empty()) return fail(errc::empty, path);
  return tls::source{*std::move(bytes), path};
}

// "PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY".
bool has_key(const tls::source& in) { return in.bytes.contains("PRIVATE KEY-----"); }

// Not refused: who shares a key with a group may have reasons.
void warn_if_open(const std::string& key, observer* watch) {
  const detail::look at = detail::look_at(key);
  if (!watch || (at.mode & 077) == 0) return;
  watch->log(log_level::warning, "tls",
             key + ": others than its owner have rights to this private key: chmod 600");
}

result<void> load_identity(const tls_settings& s, tls::material& to, observer* watch) {
  if (s.certfile.empty() && s.keyfile.empty()) return {};
  if (s.certfile.empty()) {
    return fail(parley::errc::bad_configuration,
                "certfile is not set, but keyfile is " + s.keyfile);
  }
  auto certificate = read_one(s.certfile);
  if (!certificate) return std::unexpected(std::move(certificate).error());
  // Found out here and not by the context, which cannot know what was not set.
  if (s.keyfile.empty() && !has_key(*certificate)) {
    return fail(parley::errc::bad_configuration,
                "keyfile is not set, and no key is in certfile " + s.certfile);
  }
  auto key = s.keyfile.empty() ? certificate : read_one(s.keyfile);
  if (!key) return std::unexpected(std::move(key).error());
  to.certificate = *std::move(certificate);
  to.key = *std::move(key);
  warn_if_open(to.key.name, watch);
  return {};
}

result<tls::config> config_of(const tls_settings& s, observer* watch) {
  auto bytes = load(s, watch);
  if (!bytes) return std::unexpected(std::move(bytes).error());
  tls::config how;
  how.bytes = *std::move(bytes);
  how.verify = s.verify;
  how.watch = watch;
  for (const auto word : std::views::split(s.alpn, ','))
    how.alpn.emplace_back(word.begin(), word.end());
  // Without one the error says that there is none, instead of calling it wrong.
  if (!s.key_password.empty()) how.key_password = [password = s.key_password] { return password; };
  return how;
}

}  // namespace

tls_settings detail::for_server(tls_settings s) {
  if (s.ca_certs.empty()) s.verify = verify_mode::none;
  return s;
}

result<tls::material> load(const tls_settings& s, observer* watch) {
  tls::material found;
  if (!s.ca_certs.empty() || s.verify != verify_mode::none) {
    auto trusted = s.ca_certs.empty() ? system_authorities() : read_pem(s.ca_certs);
    if (!trusted) return std::unexpected(std::move(trusted).error());
    found.authorities = *std::move(trusted);
  }
  if (!s.crlfile.empty()) {
    auto revoked = read_pem(s.crlfile);
    if (!revoked) return std::unexpected(std::move(revoked).error());
    found.crls = *std::move(revoked);
  }
  if (auto ok = load_identity(s, found, watch); !ok) return std::unexpected(std::move(ok).error());
  return found;
}

result<tls::context> client_context(const tls_settings& s, observer* watch) {
  auto how = config_of(s, watch);
  if (!how) return std::unexpected(std::move(how).error());
  return tls::context::make_client(*std::move(how));
}

result<tls::context> server_context(const tls_settings& s, tls::client_certificates clients,
                                    observer* watch) {
  if (s.ca_certs.empty() && clients != tls::client_certificates::none) {
    return fail(tls::errc::no_authorities, "clients give certificates, and ca_certs is not set");
  }
  // The files are read as for_server() says; the context gets what the user has asked for.
  auto how = config_of(detail::for_server(s), watch);
  if (!how) return std::unexpected(std::move(how).error());
  how->clients = clients;
  how->verify = s.verify;
  return tls::context::make_server(*std::move(how));
}

}  // namespace parley::files
