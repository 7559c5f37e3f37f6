// The server's certificate as our client sees it: what is accepted, what is refused and why.
#include <gmock/gmock.h>

#include "tls/refusals.hpp"

namespace parley::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The client says why, the server learns that it was refused, and nothing hangs.
void expect_refused(const outcome& o, const refusal& row) {
  EXPECT_FALSE(o.client_was_open);
  EXPECT_TRUE(o.is_over);
  EXPECT_TRUE(o.server) << "the server was not told";
  ASSERT_TRUE(o.client) << o.text();
  EXPECT_EQ(*o.client, row.code) << o.text();
  EXPECT_FALSE(o.client->is_transient());
  for (const std::string& part : row.said) EXPECT_THAT(o.client->to_string(), HasSubstr(part));
  // How much of a reason the alerts of TLS can carry.
  if (o.server && *o.server != tls::errc::alert) {
    EXPECT_EQ(*o.server, tls::errc::refused_certificate) << o.text();
  }
}

void expect_open(tls_setup s, const std::string& what) {
  SCOPED_TRACE(what);
  const outcome o = meet(std::move(s));
  EXPECT_TRUE(o.is_open) << o.text();
}

TEST(tls_certificates, bad_ones_are_refused_by_name) {
  for (const refusal& row : bad_servers()) {
    for (const tls::version v : both_versions) {
      SCOPED_TRACE(row.name + (v == tls::version::tls1_2 ? ", TLS 1.2" : ", TLS 1.3"));
      expect_refused(meet(row.make(), v), row);
    }
  }
}

TEST(tls_certificates, without_the_name_all_else_is_checked) {
  for (const refusal& row : bad_servers()) {
    for (const tls::version v : both_versions) {
      SCOPED_TRACE(row.name + (v == tls::version::tls1_2 ? ", TLS 1.2" : ", TLS 1.3"));
      tls_setup s = row.make();
      s.client.verify = verify_mode::ca_only;
      const outcome o = meet(std::move(s), v);
      if (row.code == tls::errc::wrong_host) {
        EXPECT_TRUE(o.is_open) << o.text();
      } else {
        expect_refused(o, row);
      }
    }
  }
}

TEST(tls_certificates, unverified_connections_are_logged_each_time) {
  for (const refusal& row : bad_servers()) {
    for (const tls::version v : both_versions) {
      SCOPED_TRACE(row.name);
      kept_log log;
      tls_setup s = at_version(row.make(), v);
      const std::string host = s.host;
      s.client.verify = verify_mode::none;
      s.client.watch = &log;
      tls_world world(std::move(s));
      for (int i = 0; i < 2; ++i) EXPECT_TRUE(outcome(world).is_open);
      const auto warning =
          AllOf(HasSubstr("warning tls"), HasSubstr(host), HasSubstr("not verified"));
      EXPECT_THAT(log.lines, ElementsAre(warning, warning));
    }
  }
}

TEST(tls_certificates, verified_connections_are_not_logged) {
  kept_log log;
  tls_setup s = good_setup();
  s.client.watch = s.server.watch = &log;
  EXPECT_TRUE(meet(std::move(s)).is_open);
  EXPECT_TRUE(log.lines.empty());
}

TEST(tls_certificates, good_names) {
  const auto named = [](const char* dns) {
    return good_authority().issue({.name = "good", .dns = {"first.test", dns}});
  };
  expect_open(good_setup(), "the name");
  expect_open(shows(good_server(), "server.test."), "the name with its last dot");
  expect_open(shows(good_server(), "SERVER.test"), "the name in capitals");
  expect_open(shows(named("Second.Test"), "second.test"), "the second name");
  expect_open(shows(named("*.one.test"), "a.one.test"), "a wildcard for one label");
  expect_open(shows(good_server(), "127.0.0.1"), "IPv4");
  expect_open(shows(good_server(), "::1"), "IPv6");
  expect_open(shows(good_server(), "0:0:0:0:0:0:0:1"), "IPv6 in full");
}

TEST(tls_certificates, good_chains) {
  const certificate_options o{.name = "good", .dns = {"server.test"}};
  const authority middle = good_authority().intermediate("Middle");
  const authority lower = middle.intermediate("Lower");
  expect_open(shows(middle.issue(o)), "an intermediate");
  expect_open(shows(lower.issue(o)), "two intermediates");
  identity with_root = lower.issue(o);
  with_root.chain += good_authority().pem();
  expect_open(shows(with_root), "the root is sent as well");
  identity alone = middle.issue(o);
  alone.chain = alone.certificate;
  tls_setup s = shows(alone);
  s.client.bytes.authorities = {good_authority().pem() + middle.pem(), "ca.pem"};
  expect_open(std::move(s), "the client has the intermediate");
  for (const purpose use : {purpose::both, purpose::any}) {
    certificate_options general = o;
    general.use = use;
    expect_open(shows(good_authority().issue(general)), "for more than servers");
  }
  // A root of the same name beside the right one does no harm.
  s = good_setup();
  s.client.bytes.authorities.bytes = authority("Parley test root").pem() + good_authority().pem();
  expect_open(std::move(s), "two roots of one name");
}

// The hint of self_signed says so.
TEST(tls_certificates, a_self_signed_one_may_be_trusted) {
  const identity own = authority::self_signed({.name = "own", .dns = {"server.test"}});
  tls_setup s = shows(own);
  s.client.bytes.authorities = {own.certificate, "own.pem"};
  expect_open(std::move(s), "by itself");
  const identity again = authority::self_signed({.name = "own", .dns = {"server.test"}});
  s = shows(again);
  s.client.bytes.authorities = {own.certificate, "own.pem"};
  EXPECT_FALSE(meet(std::move(s)).is_open);
}

TEST(tls_certificates, lists_that_do_not_name_it) {
  const identity bad = good_authority().issue({.name = "revoked", .dns = {"server.test"}});
  tls_setup s = good_setup();
  s.client.bytes.crls = {good_authority().crl({bad}), "list.crl"};
  expect_open(std::move(s), "another one is revoked");
  s = good_setup();
  s.client.bytes.crls = {authority("Other root").crl({}) + good_authority().crl({}), "lists.crl"};
  expect_open(std::move(s), "two lists");
}

// Time is what is passed in: an old certificate was good in its day.
TEST(tls_certificates, the_clock_is_the_callers) {
  certificate_options o{.name = "old", .dns = {"server.test"}};
  o.not_before = days_from_now(-400);
  o.not_after = days_from_now(-300);
  const identity old = long_root().issue(o);
  tls_setup s = shows(old, long_root());
  s.wall = days_from_now(-350);
  expect_open(std::move(s), "350 days ago");
  EXPECT_FALSE(meet(shows(old, long_root())).is_open);
}

TEST(tls_certificates, a_name_is_needed_to_verify_by) {
  const outcome o = meet(shows(good_server(), ""));
  ASSERT_TRUE(o.client);
  EXPECT_EQ(*o.client, errc::invalid_argument);
  EXPECT_THAT(o.client->to_string(), HasSubstr("no host name"));
  EXPECT_TRUE(o.is_over);
  for (const verify_mode mode : {verify_mode::ca_only, verify_mode::none}) {
    tls_setup s = shows(good_server(), "");
    s.client.verify = mode;
    expect_open(std::move(s), "nothing to compare with");
  }
}

}  // namespace
}  // namespace parley::test
