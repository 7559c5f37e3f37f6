#include "tls/refusals.hpp"

namespace parley::test {
namespace {

using tls::errc;

certificate_options server_options() { return {.name = "bad", .dns = {"server.test"}}; }

tls_setup with_crl(tls_setup s, std::string crl) {
  s.client.bytes.crls = {std::move(crl), "list.crl"};
  return s;
}

identity named(std::vector<std::string> dns, std::vector<std::string> ips = {}) {
  return good_authority().issue({.name = "server.test", .dns = std::move(dns), .ips = ips});
}

identity meant_for(purpose use) {
  certificate_options o = server_options();
  o.use = use;
  return good_authority().issue(o);
}

std::vector<refusal> bad_times() {
  const auto row = [](const char* name, const authority& root, int from, int to, int today,
                      errc code, std::string hint) {
    certificate_options o = server_options();
    o.not_before = days_from_now(from);
    o.not_after = days_from_now(to);
    const identity who = root.issue(o);
    const auto make = [=, &root] {
      tls_setup s = shows(who, root);
      s.wall = days_from_now(today);
      return s;
    };
    const std::string dates = "valid " + date_text(o.not_before) + " to " + date_text(o.not_after);
    return refusal{name, make, code, {"CN=bad", "for server.test", dates, std::move(hint)}};
  };
  constexpr errc late = errc::certificate_expired;
  constexpr errc early = errc::certificate_not_yet_valid;
  return {
      row("expired", good_authority(), -30, -2, 0, late, "check the clock of this machine"),
      row("not yet valid", good_authority(), 2, 30, 0, early, "clocks of both machines"),
      // The time that counts is the one that is passed in.
      row("expired in two years", long_root(), -30, 400, 730, late, "renew the certificate"),
      row("not yet valid two months ago", long_root(), -30, 400, -60, early, "clocks of both"),
  };
}

std::vector<refusal> bad_names() {
  const auto row = [](const char* name, std::vector<std::string> dns, const std::string& host,
                      std::vector<std::string> ips = {}) {
    std::vector<std::string> said{"CN=server.test", "asked for " + host, "subjectAltName"};
    if (!dns.empty()) said.push_back("for " + dns[0]);
    if (host.find_first_not_of("0123456789.:") == host.npos) {
      said.push_back("has to be in it as IP, not as DNS");
    }
    const identity who = named(std::move(dns), std::move(ips));
    return refusal{name, [=] { return shows(who, host); }, errc::wrong_host, std::move(said)};
  };
  std::vector<refusal> rows{
      row("wrong host", {"server.test", "www.server.test"}, "other.test"),
      row("a label more", {"server.test"}, "a.server.test"),
      row("wildcard for two labels", {"*.one.test"}, "a.b.one.test"),
      row("wildcard for the bare domain", {"*.one.test"}, "one.test"),
      row("wildcard for a whole top level", {"*.test"}, "one.test"),
      row("partial wildcard", {"f*.one.test"}, "foo.one.test"),
      row("wildcard in the middle", {"a.*.test"}, "a.b.test"),
      row("common name without SAN", {}, "server.test"),
      row("name for an address", {"127.0.0.1"}, "127.0.0.1"),
      row("address for a name", {}, "localhost", {"127.0.0.1", "::1"}),
      row("another address", {}, "127.0.0.2", {"127.0.0.1"}),
      row("another IPv6 address", {}, "::2", {"::1"}),
  };
  rows.push_back(
      row("zero byte in a name", {std::string("server.test\0.evil", 17)}, "server.test"));
  rows.back().said.back() = "for server.test?.evil";
  return rows;
}

std::vector<refusal> bad_authorities() {
  static const authority other("Other root");
  static const authority other_middle = other.intermediate("Other middle");
  static const authority namesake("Parley test root");
  static const authority namesake_middle = namesake.intermediate("Namesake middle");
  static const authority middle = good_authority().intermediate("Good middle");
  static const authority old_middle = good_authority().intermediate(
      "Old middle", {.not_before = days_from_now(-9), .not_after = days_from_now(-2)});
  static const authority impostor = authority::impostor(meant_for(purpose::server));
  const auto alone = [](identity who) {
    who.chain = who.certificate;
    return shows(who);
  };
  const auto beside = [](identity who, const std::string& sent) {
    who.chain += sent;
    return shows(who);
  };
  const certificate_options o = server_options();
  const std::string other_key = "an authority of that name is trusted, but it has another key";
  return {
      {"self-signed",
       [o] { return shows(authority::self_signed(o)); },
       errc::self_signed,
       {"CN=bad", "issued by CN=bad", "add this certificate to ssl_ca_certs"}},
      {"unknown authority",
       [o] { return shows(other_middle.issue(o)); },
       errc::unknown_authority,
       {"CN=Other middle", "issued by CN=Other root", "above CN=bad", "ssl_ca_certs"}},
      {"unknown authority that is sent",
       [=] { return beside(other_middle.issue(o), other.pem()); },
       errc::unknown_authority,
       {"CN=Other root", "above CN=bad", "ssl_ca_certs"}},
      {"namesake of a trusted one",
       [o] { return shows(namesake.issue(o)); },
       errc::unknown_authority,
       {"CN=bad", "issued by CN=Parley test root", other_key}},
      {"below a namesake",
       [o] { return shows(namesake_middle.issue(o)); },
       errc::unknown_authority,
       {"CN=Namesake middle", "above CN=bad", other_key}},
      {"missing intermediate",
       [=] { return alone(middle.issue(o)); },
       errc::missing_intermediate,
       {"CN=bad", "issued by CN=Good middle", "intermediate certificates"}},
      {"another intermediate",
       [=] {
         identity who = middle.issue(o);
         who.chain = who.certificate + other_middle.pem();
         return shows(who);
       },
       errc::missing_intermediate,
       {"CN=bad", "issued by CN=Good middle"}},
      // One certificate alone does not tell which of the two it is: the hint has both.
      {"unknown authority, nothing sent",
       [=] { return alone(other.issue(o)); },
       errc::missing_intermediate,
       {"CN=bad", "issued by CN=Other root", "intermediate", "ssl_ca_certs"}},
      {"expired intermediate",
       [o] { return shows(old_middle.issue(o)); },
       errc::certificate_expired,
       {"CN=Old middle", "above CN=bad", "renew"}},
      {"issued by one that is no authority",
       [o] { return shows(impostor.issue(o)); },
       errc::wrong_purpose,
       {"CN=bad", "CA:TRUE"}},
  };
}

std::vector<refusal> bad_uses() {
  return {
      {"client's certificate",
       [] { return shows(meant_for(purpose::client)); },
       errc::wrong_purpose,
       {"CN=bad", "serverAuth"}},
      {"certificate for code",
       [] { return shows(meant_for(purpose::code_signing)); },
       errc::wrong_purpose,
       {"CN=bad", "serverAuth"}},
      {"weak key",
       [] {
         certificate_options o = server_options();
         o.key = key_kind::rsa_1024;
         tls_setup s = shows(good_authority().issue(o));
         s.server.ciphers = "DEFAULT:@SECLEVEL=0";  // it would not be loaded
         return s;
       },
       errc::weak_certificate,
       {"CN=bad", "2048 bits"}},
  };
}

std::vector<refusal> bad_lists() {
  static const authority namesake("Parley test root");
  static const authority other("Other root");
  const auto row = [](const char* name, std::string crl, errc code, std::vector<std::string> said) {
    return refusal{name, [=] { return with_crl(good_setup(), crl); }, code, said};
  };
  const authority& root = good_authority();
  return {
      row("revoked", root.crl({good_server()}), errc::revoked,
          {"CN=server", "do not trust this peer"}),
      row("outdated list", root.crl({}, days_from_now(-9), days_from_now(-2)), errc::no_crl,
          {"CN=server", "CRL has expired", "current CRL"}),
      row("list of the future", root.crl({}, days_from_now(2), days_from_now(9)), errc::no_crl,
          {"CN=server", "CRL is not yet valid"}),
      row("list of another authority", other.crl({}), errc::no_crl,
          {"CN=server", "unable to get certificate CRL"}),
      row("list of a namesake", namesake.crl({}), errc::no_crl, {"CN=server", "CRL"}),
  };
}

}  // namespace

const authority& long_root() {
  static const authority one(
      "Long root", {.not_before = days_from_now(-3650), .not_after = days_from_now(3650)});
  return one;
}

tls_setup shows(const identity& who, const std::string& host) {
  tls_setup s = good_setup();
  give(s.server.bytes, who);
  s.host = host;
  return s;
}

tls_setup shows(const identity& who, const authority& root) {
  tls_setup s = shows(who);
  s.client.bytes.authorities = {root.pem(), "ca.pem"};
  return s;
}

std::string date_text(certificate_time at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts)};
}

const std::vector<refusal>& bad_servers() {
  static const std::vector<refusal> all = [] {
    std::vector<refusal> rows;
    for (auto* part : {bad_times, bad_names, bad_authorities, bad_uses, bad_lists}) {
      for (refusal& each : part()) rows.push_back(std::move(each));
    }
    return rows;
  }();
  return all;
}

}  // namespace parley::test
