// Our client against the real openssl s_server, over loopback.
#include <gmock/gmock.h>

#include "tls/tls_peer.hpp"

namespace parley::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using tls::errc;

// s_server takes the leaf from one file, and what follows it from another.
words server_words(pem_folder& files, const tls::material& shown) {
  const std::string& chain = shown.certificate.bytes;
  words w{"s_server", "-accept",          "127.0.0.1:0", "-rev",
          "-cert",    files.write(chain), "-key",        files.write(shown.key.bytes)};
  constexpr std::string_view last = "-----END CERTIFICATE-----\n";
  const std::string rest = chain.substr(chain.find(last) + last.size());
  if (!rest.empty()) w.insert(w.end(), {"-cert_chain", files.write(rest)});
  return w;
}

// What our client made of an s_server: it says a line and waits for the answer or the end.
struct visit {
  visit(tls_setup s, words more) {
    pem_folder files;
    words w = server_words(files, s.server.bytes);
    w.insert(w.end(), more.begin(), more.end());
    openssl_process server(files, std::move(w));
    const auto context = tls::context::make_client(std::move(s.client));
    auto under = std::make_unique<tls::client>(context.value(), s.host, s.wall);
    const tls::client& tls = *under;
    blocking::loop loop;
    tls_peer peer(std::move(under));
    peer.transport = &loop.connect(*address::parse_ip("127.0.0.1", server.port()), peer);
    peer.say("hello");
    EXPECT_TRUE(until(loop, [&] { return !peer.lines.empty() || peer.failure; })) << "a hang";
    version = tls.version();
    if (auto shown = tls.peer_certificate()) subject = shown->subject;
    lines = peer.lines;
    failure = peer.failure;
    text = peer.why();
    end(loop, peer);
    log = server.output();
  }

  std::string version, subject, text, log;
  std::vector<std::string> lines;
  std::optional<error> failure;
};

words asks_for_certificates(pem_folder& files) {
  return {"-Verify", "1", "-verify_return_error", "-CAfile", files.write(good_authority().pem())};
}

TEST(tls_openssl, our_client_and_s_server) {
  const authority middle = good_authority().intermediate("Middle");
  for (const tls::version v : both_versions) {
    tls_setup s = shows(middle.issue({.name = "below", .dns = {"server.test"}}));
    const visit seen(std::move(s), {flag(v)});
    EXPECT_THAT(seen.lines, Contains("olleh")) << seen.text << seen.log;
    EXPECT_EQ(seen.version, v == tls::version::tls1_2 ? "TLSv1.2" : "TLSv1.3");
    EXPECT_EQ(seen.subject, "CN=below");
  }
}

TEST(tls_openssl, our_client_shows_its_certificate) {
  pem_folder files;
  for (const tls::version v : both_versions) {
    words more = asks_for_certificates(files);
    more.push_back(flag(v));
    tls_setup s = good_setup();
    give(s.client.bytes, good_client());
    const visit known(std::move(s), more);
    EXPECT_THAT(known.lines, Contains("olleh")) << known.text << known.log;
    EXPECT_THAT(known.log, HasSubstr("client"));

    const visit unknown(good_setup(), more);
    ASSERT_TRUE(unknown.failure) << unknown.log;
    EXPECT_EQ(*unknown.failure, errc::refused_certificate) << unknown.text;

    s = good_setup();
    give(s.client.bytes, authority("Other").issue({.name = "other", .use = purpose::client}));
    const visit bad(std::move(s), more);
    ASSERT_TRUE(bad.failure) << bad.log;
    EXPECT_EQ(*bad.failure, errc::refused_certificate) << bad.text;
  }
}

// The verdicts do not depend on who serves the certificate.
TEST(tls_openssl, bad_servers_are_refused_by_name) {
  for (const refusal& row : bad_servers()) {
    SCOPED_TRACE(row.name);
    tls_setup s = row.make();
    words more;
    if (!s.server.ciphers.empty()) more = {"-cipher", s.server.ciphers};
    const visit seen(std::move(s), more);
    EXPECT_TRUE(seen.lines.empty());
    ASSERT_TRUE(seen.failure) << seen.log;
    EXPECT_EQ(*seen.failure, row.code) << seen.text;
    for (const std::string& part : row.said) EXPECT_THAT(seen.text, HasSubstr(part));
  }
}

}  // namespace
}  // namespace parley::test
