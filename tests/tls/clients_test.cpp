// Certificates of clients as our server sees them, and handshakes with nothing in common.
#include <gmock/gmock.h>

#include "tls/refusals.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tls::client_certificates;
using tls::errc;

// A server that trusts good_authority() for its clients, and a client that shows `who`.
tls_setup visited_by(const identity* who, client_certificates how = client_certificates::required) {
  tls_setup s = good_setup();
  s.server.clients = how;
  s.server.bytes.authorities = {good_authority().pem(), "clients.pem"};
  if (who) give(s.client.bytes, *who);
  return s;
}

identity a_client(const certificate_options& o, const authority& by = good_authority()) {
  certificate_options changed = o;
  changed.name = "visitor";
  return by.issue(changed);
}

struct bad_client {
  const char* name;
  identity who;
  errc code;
  const char* said;
  bool is_weak = false;
};

const std::vector<bad_client>& bad_clients() {
  constexpr purpose client = purpose::client;
  static const std::vector<bad_client> all{
      {"expired",
       a_client({.use = client, .not_before = days_from_now(-9), .not_after = days_from_now(-2)}),
       errc::certificate_expired, "renew"},
      {"not yet valid",
       a_client({.use = client, .not_before = days_from_now(2), .not_after = days_from_now(9)}),
       errc::certificate_not_yet_valid, "clocks"},
      {"untrusted", a_client({.use = client}, authority("Other").intermediate("Middle")),
       errc::unknown_authority, "ssl_ca_certs"},
      {"namesake", a_client({.use = client}, authority("Parley test root")),
       errc::unknown_authority, "another key"},
      {"alone", a_client({.use = client}, authority("Other")), errc::missing_intermediate,
       "issued by CN=Other"},
      {"self-signed", authority::self_signed({.name = "visitor", .use = client}), errc::self_signed,
       "ssl_ca_certs"},
      {"a server's", a_client({.use = purpose::server}), errc::wrong_purpose, "clientAuth"},
      {"for code", a_client({.use = purpose::code_signing}), errc::wrong_purpose, "clientAuth"},
      {"weak", a_client({.use = client, .key = key_kind::rsa_1024}), errc::weak_certificate, "2048",
       true},
  };
  return all;
}

void expect_refused(const outcome& o, errc code, const std::string& said) {
  EXPECT_FALSE(o.server_was_open);
  EXPECT_TRUE(o.is_over);
  ASSERT_TRUE(o.server && o.client) << o.text();
  EXPECT_EQ(*o.server, code) << o.text();
  EXPECT_THAT(o.server->to_string(), HasSubstr(said));
  // With TLS 1.3 the client was open already, and learns it by its first read.
  EXPECT_EQ(*o.client, errc::refused_certificate) << o.text();
  EXPECT_THAT(o.client->to_string(), HasSubstr("ssl_certfile"));
  EXPECT_EQ(o.client->kind(), error_class::authentication);
}

TEST(tls_clients, the_server_knows_who_it_is) {
  for (const auto how : {client_certificates::required, client_certificates::optional}) {
    for (const tls::version v : both_versions) {
      const outcome o = meet(visited_by(&good_client(), how), v);
      EXPECT_TRUE(o.is_open) << o.text();
      EXPECT_EQ(o.client_name, "CN=client");
    }
  }
  // Not asked for one, a client shows none.
  const outcome o = meet(visited_by(&good_client(), client_certificates::none));
  EXPECT_TRUE(o.is_open);
  EXPECT_EQ(o.client_name, "");
}

TEST(tls_clients, the_server_knows_it_in_a_resumed_session) {
  for (const tls::version v : both_versions) {
    tls_world world(at_version(visited_by(&good_client()), v));
    EXPECT_EQ(outcome(world).client_name, "CN=client");
    tls_pair again(world);
    ASSERT_TRUE(again.server.tls->is_resumed());
    ASSERT_TRUE(again.server.tls->peer_certificate());
    EXPECT_EQ(again.server.tls->peer_certificate()->subject, "CN=client");
  }
}

TEST(tls_clients, bad_ones_are_refused_even_where_none_is_fine) {
  for (const bad_client& row : bad_clients()) {
    for (const auto how : {client_certificates::required, client_certificates::optional}) {
      for (const tls::version v : both_versions) {
        SCOPED_TRACE(row.name + std::string(v == tls::version::tls1_2 ? ", 1.2" : ", 1.3"));
        tls_setup s = visited_by(&row.who, how);
        if (row.is_weak) s.client.ciphers = "DEFAULT:@SECLEVEL=0";
        const outcome o = meet(std::move(s), v);
        EXPECT_EQ(o.client_was_open, v == tls::version::tls1_3);
        expect_refused(o, row.code, row.said);
        EXPECT_THAT(o.text(), HasSubstr("CN=visitor"));
      }
    }
  }
}

TEST(tls_clients, revoked_ones_are_refused) {
  for (const tls::version v : both_versions) {
    tls_setup s = visited_by(&good_client());
    s.server.bytes.crls = {good_authority().crl({good_client()}), "list.crl"};
    expect_refused(meet(std::move(s), v), errc::revoked, "CN=client");
    s = visited_by(&good_client());
    s.server.bytes.crls = {good_authority().crl({good_server()}), "list.crl"};
    EXPECT_TRUE(meet(std::move(s), v).is_open);
  }
}

TEST(tls_clients, one_without_a_certificate) {
  for (const tls::version v : both_versions) {
    SCOPED_TRACE(v == tls::version::tls1_2 ? "TLS 1.2" : "TLS 1.3");
    const outcome o = meet(visited_by(nullptr), v);
    EXPECT_EQ(o.client_was_open, v == tls::version::tls1_3);
    expect_refused(o, errc::no_certificate, "ssl_certfile and ssl_keyfile on the client");
    const outcome fine = meet(visited_by(nullptr, client_certificates::optional), v);
    EXPECT_TRUE(fine.is_open) << fine.text();
    EXPECT_EQ(fine.client_name, "");
  }
}

// Suites that prove nobody have to be asked for by both; even then `required` holds.
TEST(tls_clients, required_holds_with_anonymous_suites) {
  tls_setup s = visited_by(&good_client());
  s.client.ciphers = s.server.ciphers = "aNULL:@SECLEVEL=0";
  s.client.verify = verify_mode::none;
  const outcome o = meet(std::move(s), tls::version::tls1_2);
  EXPECT_FALSE(o.server_was_open);
  EXPECT_TRUE(o.server);
  EXPECT_TRUE(o.is_over);
}

TEST(tls_clients, unverified_ones_are_logged_each_time) {
  for (const bad_client& row : bad_clients()) {
    SCOPED_TRACE(row.name);
    kept_log log;
    tls_setup s = visited_by(&row.who);
    if (row.is_weak) s.client.ciphers = "DEFAULT:@SECLEVEL=0";
    s.server.verify = verify_mode::none;
    s.server.watch = &log;
    EXPECT_TRUE(meet(std::move(s)).is_open);
    EXPECT_THAT(log.lines, ElementsAre(HasSubstr("is not verified (verify is none)")));
  }
  kept_log log;
  tls_setup s = visited_by(nullptr, client_certificates::optional);
  s.server.verify = verify_mode::none;
  s.server.watch = &log;
  EXPECT_TRUE(meet(std::move(s)).is_open);
  EXPECT_TRUE(log.lines.empty()) << "there was nothing to verify";
}

// --- nothing in common

void expect_apart(tls_setup s, errc code, const std::string& hint) {
  const outcome o = meet(std::move(s));
  EXPECT_FALSE(o.client_was_open || o.server_was_open);
  EXPECT_TRUE(o.is_over);
  ASSERT_TRUE(o.client && o.server) << o.text();
  for (const error& each : {*o.client, *o.server}) {
    EXPECT_EQ(each, code) << o.text();
    EXPECT_THAT(each.to_string(), HasSubstr(hint));
    EXPECT_FALSE(each.is_transient());
  }
}

TEST(tls_agreement, no_version_in_common) {
  tls_setup s = good_setup();
  s.client.highest = tls::version::tls1_2;
  s.server.lowest = tls::version::tls1_3;
  expect_apart(std::move(s), errc::protocol_version, "TLS 1.2 or 1.3 on both sides");
  s = good_setup();
  s.client.lowest = tls::version::tls1_3;
  s.server.highest = tls::version::tls1_2;
  expect_apart(std::move(s), errc::protocol_version, "TLS 1.2 or 1.3 on both sides");
}

TEST(tls_agreement, no_cipher_in_common) {
  const std::string hint = "compare ciphers and groups of both sides";
  tls_setup s = at_version(good_setup(), tls::version::tls1_2);
  s.client.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  s.server.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
  expect_apart(std::move(s), errc::no_shared_cipher, hint);
  // The server's certificate does not fit: EC, and not RSA.
  s = at_version(good_setup(), tls::version::tls1_2);
  s.client.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
  expect_apart(std::move(s), errc::no_shared_cipher, hint);
  s = at_version(good_setup(), tls::version::tls1_3);
  s.client.cipher_suites = "TLS_AES_128_GCM_SHA256";
  s.server.cipher_suites = "TLS_AES_256_GCM_SHA384";
  expect_apart(std::move(s), errc::no_shared_cipher, hint);
}

TEST(tls_agreement, no_group_in_common) {
  for (const tls::version v : both_versions) {
    tls_setup s = at_version(good_setup(), v);
    s.client.groups = "X448";
    s.server.groups = "P-256:X25519";
    expect_apart(std::move(s), errc::no_shared_cipher, "compare ciphers and groups");
  }
}

}  // namespace
}  // namespace parley::test
