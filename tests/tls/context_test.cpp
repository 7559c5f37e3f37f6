// What contexts are made from: forms, passwords, and each way in which it is wrong.
#include <gmock/gmock.h>

#include "tls/refusals.hpp"

namespace parley::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using tls::errc;

tls::config client_config() { return std::move(good_setup().client); }
tls::config server_config() { return std::move(good_setup().server); }

std::string der_of(const std::string& pem) {
  return identity{.certificate = pem}.certificate_der();
}

error error_of(tls::config how, bool is_server) {
  auto made = is_server ? tls::context::make_server(std::move(how))
                        : tls::context::make_client(std::move(how));
  if (made) return error(parley::errc::misuse, "it was made");
  return made.error();
}

struct fault {
  errc code;
  std::vector<std::string> said;
  std::function<void(tls::config&)> change;
};

void expect_faults(const std::vector<fault>& rows, bool is_server) {
  for (const fault& row : rows) {
    tls::config how = is_server ? server_config() : client_config();
    row.change(how);
    const error why = error_of(std::move(how), is_server);
    SCOPED_TRACE(why.to_string());
    EXPECT_EQ(why, row.code);
    EXPECT_EQ(why.kind(), error_class::configuration);
    EXPECT_FALSE(why.hint().empty());
    for (const std::string& part : row.said) EXPECT_THAT(why.to_string(), HasSubstr(part));
  }
}

TEST(tls_context, whom_to_trust) {
  const std::string pem = good_authority().pem();
  std::string broken = pem;
  broken[broken.size() / 2] = '!';
  const auto trusts = [](std::string bytes) {
    return [=](tls::config& c) { c.bytes.authorities.bytes = bytes; };
  };
  const auto lists = [](std::string bytes) {
    return [=](tls::config& c) { c.bytes.crls = {bytes, "list.crl"}; };
  };
  const std::string cut = pem.substr(0, pem.size() / 2);
  expect_faults(
      {
          {errc::no_authorities, {"ca.pem", "ssl_ca_certs"}, trusts("")},
          {errc::bad_pem, {"ca.pem", "-----BEGIN"}, trusts("hello\n")},
          {errc::bad_pem, {"ca.pem"}, trusts(good_server().key)},
          {errc::bad_pem, {"ca.pem", "object 1: "}, trusts(broken)},
          {errc::bad_pem, {"ca.pem", "object 2: "}, trusts(pem + broken)},
          {errc::bad_pem, {"ca.pem", "object 3: "}, trusts(pem + pem + cut)},
          {errc::bad_pem, {"ca.pem"}, trusts(der_of(pem).substr(0, 100))},
          {errc::bad_pem, {"list.crl"}, lists("hello\n")},
          {errc::bad_pem, {"list.crl"}, lists(pem)},
      },
      false);
  expect_faults({{errc::no_authorities,
                  {"ssl_ca_certs"},
                  [](tls::config& c) { c.clients = tls::client_certificates::optional; }}},
                true);
  tls::config nobody;
  nobody.verify = verify_mode::none;
  EXPECT_TRUE(tls::context::make_client(std::move(nobody)));
}

TEST(tls_context, our_own_certificate) {
  static const authority middle = good_authority().intermediate("Middle");
  static const identity below = middle.issue({.name = "below"});
  static const identity weak = good_authority().issue({.name = "weak", .key = key_kind::rsa_1024});
  const auto certificate = [](std::string pem) {
    return [=](tls::config& c) { c.bytes.certificate.bytes = pem; };
  };
  const auto key = [](std::string pem) { return [=](tls::config& c) { c.bytes.key.bytes = pem; }; };
  const std::vector<fault> rows{
      {errc::bad_pem, {"a key without its certificate"}, certificate("")},
      {errc::bad_pem, {"chain.pem", "-----BEGIN"}, certificate("hello")},
      {errc::bad_pem, {"chain.pem"}, certificate(good_server().key)},
      {errc::bad_key, {"a certificate without its key"}, key("")},
      {errc::bad_key, {"key.pem", "PKCS#8"}, key("hello")},
      {errc::bad_key, {"key.pem"}, key(good_server().certificate)},
      {errc::key_mismatch, {"key.pem", "chain.pem", "CN=server"}, key(good_client().key)},
      // In the wrong order the intermediate is taken for the leaf.
      {errc::key_mismatch,
       {"key.pem", "chain.pem", "CN=Middle", "leaf comes first"},
       [](tls::config& c) {
         give(c.bytes, below);
         c.bytes.certificate.bytes = middle.pem() + below.certificate;
       }},
      {errc::weak_certificate,
       {"chain.pem", "CN=weak", "2048 bits"},
       [](tls::config& c) { give(c.bytes, weak); }},
  };
  expect_faults(rows, true);
  std::vector<fault> of_clients = rows;
  for (fault& row : of_clients) {
    row.change = [change = row.change](tls::config& c) {
      give(c.bytes, good_server());
      change(c);
    };
  }
  expect_faults(of_clients, false);
  EXPECT_EQ(error_of({}, true), errc::bad_pem) << "a server needs a certificate";
  // Asked for by name, it is taken.
  tls::config how = server_config();
  give(how.bytes, weak);
  how.ciphers = "DEFAULT:@SECLEVEL=0";
  EXPECT_TRUE(tls::context::make_server(std::move(how)));
}

TEST(tls_context, settings_that_do_not_exist) {
  expect_faults(
      {
          {errc::bad_setting,
           {"ciphers: NOPE", "openssl ciphers"},
           [](tls::config& c) { c.ciphers = "NOPE"; }},
          {errc::bad_setting,
           {"cipher_suites: TLS_NOPE"},
           [](tls::config& c) { c.cipher_suites = "TLS_NOPE"; }},
          {errc::bad_setting, {"groups: P-1"}, [](tls::config& c) { c.groups = "P-1"; }},
          {errc::bad_setting, {"alpn"}, [](tls::config& c) { c.alpn = {"redis", ""}; }},
          {errc::bad_setting,
           {"alpn: xxx"},
           [](tls::config& c) { c.alpn = {std::string(256, 'x')}; }},
          {errc::bad_setting,
           {"lowest is above highest"},
           [](tls::config& c) {
             c.lowest = tls::version::tls1_3;
             c.highest = tls::version::tls1_2;
           }},
      },
      true);
}

TEST(tls_context, der_does_as_well) {
  tls_setup s = good_setup();
  s.client.bytes.authorities.bytes = der_of(good_authority().pem());
  s.client.bytes.crls = {der_of(good_authority().crl({})), "list.der"};
  s.server.bytes.certificate.bytes = good_server().certificate_der();
  s.server.bytes.key.bytes = good_server().key_der();
  const outcome o = meet(std::move(s));
  EXPECT_TRUE(o.is_open) << o.text();
}

// As many programs write it: text around the objects, and key and chain in one file.
TEST(tls_context, one_file_for_all) {
  tls_setup s = good_setup();
  const std::string all = "the key\n" + good_server().key + "the chain\n" + good_server().chain;
  s.server.bytes.certificate = s.server.bytes.key = {all, "all.pem"};
  EXPECT_TRUE(meet(std::move(s)).is_open);
}

TEST(tls_context, encrypted_keys) {
  const std::string locked = good_server().encrypted_key("open sesame");
  const auto with = [&](callback<secret()> ask) {
    tls::config how = server_config();
    how.bytes.key.bytes = locked;
    how.key_password = std::move(ask);
    return how;
  };
  const auto give_word = [](std::string word) { return [=] { return secret(word); }; };
  EXPECT_TRUE(tls::context::make_server(with(give_word("open sesame"))));
  for (const char* word : {"open barley", ""}) {
    const error why = error_of(with(give_word(word)), true);
    EXPECT_EQ(why, errc::wrong_password);
    EXPECT_THAT(why.to_string(), AllOf(HasSubstr("key.pem"), HasSubstr("set the password")));
  }
  EXPECT_EQ(error_of(with(give_word(std::string(5000, 'x'))), true), errc::wrong_password);
  const error none = error_of(with({}), true);
  EXPECT_EQ(none, errc::wrong_password);
  EXPECT_THAT(none.to_string(), HasSubstr("no password was given"));
  const error threw =
      error_of(with([]() -> secret { throw std::runtime_error("no vault"); }), true);
  EXPECT_EQ(threw, parley::errc::callback_threw);
  EXPECT_THAT(threw.to_string(), HasSubstr("no vault"));
}

TEST(tls_context, the_password_is_asked_for_once_at_each_load) {
  int asked = 0;
  tls::config how = server_config();
  how.bytes.key.bytes = good_server().encrypted_key("word");
  how.key_password = [&] { return ++asked, secret("word"); };
  auto made = tls::context::make_server(std::move(how));
  ASSERT_TRUE(made);
  EXPECT_EQ(asked, 1);
  tls::material again;
  give(again, good_server());
  again.key.bytes = good_server().encrypted_key("word");
  EXPECT_TRUE(made->reload(std::move(again)));
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace parley::test
