// What tls_settings mean, whom the system trusts, and contexts that are made of files.
#include <parley/adapters/files/material.hpp>

#include "files/file_fixtures.hpp"

namespace parley::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(system_authorities, from_the_file_that_the_environment_names) {
  const good_files good;
  const variable file("SSL_CERT_FILE", good.ca), folder("SSL_CERT_DIR", "");
  const auto got = files::system_authorities();
  ASSERT_TRUE(got) << text_of(got);
  EXPECT_THAT(got->bytes, HasSubstr(good_authority().pem()));
  EXPECT_THAT(got->name, AllOf(HasSubstr("the system's store"), HasSubstr(good.ca)));
}

TEST(system_authorities, from_folders_and_a_file_together) {
  const temporary_folder one, two;
  const authority a("a"), b("b"), c("c");
  const std::string path = one.write("a.pem", a.pem());
  one.make_folder("in");
  one.write("in/b.pem", b.pem());
  two.write("c.pem", c.pem());
  const variable file("SSL_CERT_FILE", path);
  const variable folder("SSL_CERT_DIR", ":" + (one / "in") + ":/no/such/folder:" + two.path());
  const auto got = files::system_authorities();
  ASSERT_TRUE(got) << text_of(got);
  EXPECT_THAT(got->bytes, AllOf(HasSubstr(a.pem()), HasSubstr(b.pem()), HasSubstr(c.pem())));
  EXPECT_TRUE(tls::context::make_client({.bytes = {.authorities = *got}}));
}

TEST(system_authorities, what_the_environment_names_is_not_replaced) {
  const temporary_folder empty;
  const variable file("SSL_CERT_FILE", "/no/such/file"), folder("SSL_CERT_DIR", empty.path());
  const auto got = files::system_authorities();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), tls::errc::no_authorities);
  EXPECT_THAT(text_of(got), AllOf(HasSubstr("looked for /no/such/file, " + empty.path()),
                                  HasSubstr("SSL_CERT_FILE and SSL_CERT_DIR"),
                                  HasSubstr("No such file or directory")));
}

TEST(system_authorities, of_this_machine) {
  const variable file("SSL_CERT_FILE", ""), folder("SSL_CERT_DIR", "");
  const auto got = files::system_authorities();
  if (got) {
    EXPECT_TRUE(tls::context::make_client({.bytes = {.authorities = *got}}));
    EXPECT_TRUE(files::client_context({}));
  } else {
    EXPECT_EQ(got.error(), tls::errc::no_authorities);
    EXPECT_THAT(text_of(got), AllOf(HasSubstr("/etc/ssl/cert.pem"), HasSubstr("ca-certificates")));
  }
}

TEST(load, all_that_the_settings_name) {
  const good_files good;
  const std::string crl = good.folder.write("crl.pem", good_authority().crl({}));
  const auto got = files::load(
      {.ca_certs = good.ca, .certfile = good.chain, .keyfile = good.key, .crlfile = crl});
  ASSERT_TRUE(got) << text_of(got);
  EXPECT_EQ(got->authorities.bytes, good_authority().pem());
  EXPECT_EQ(got->certificate.bytes, good_server().chain);
  EXPECT_EQ(got->key.bytes, good_server().key);
  EXPECT_EQ(got->key.name, good.key);
  EXPECT_EQ(got->crls.name, crl);
}

TEST(load, without_verification_nobody_needs_to_be_trusted) {
  const variable file("SSL_CERT_FILE", "/no/such/file"), folder("SSL_CERT_DIR", "");
  const auto got = files::load({.verify = verify_mode::none});
  ASSERT_TRUE(got) << text_of(got);
  EXPECT_THAT(got->authorities.bytes, IsEmpty());
  EXPECT_EQ(files::load({}).error(), tls::errc::no_authorities);
  EXPECT_EQ(files::load({.verify = verify_mode::ca_only}).error(), tls::errc::no_authorities);
}

TEST(load, half_of_an_identity_names_the_other_half) {
  const good_files good;
  const auto no_key = files::load({.ca_certs = good.ca, .certfile = good.chain});
  ASSERT_FALSE(no_key);
  EXPECT_EQ(no_key.error(), parley::errc::bad_configuration);
  EXPECT_THAT(text_of(no_key), AllOf(HasSubstr("keyfile is not set"), HasSubstr(good.chain)));
  const auto no_certificate = files::load({.ca_certs = good.ca, .keyfile = good.key});
  ASSERT_FALSE(no_certificate);
  EXPECT_EQ(no_certificate.error(), parley::errc::bad_configuration);
  EXPECT_THAT(text_of(no_certificate),
              AllOf(HasSubstr("certfile is not set"), HasSubstr(good.key)));
}

TEST(load, a_certificate_with_its_key_in_one_file) {
  const good_files good;
  for (const std::string& both :
       {good_server().chain + good_server().key, good_server().key + good_server().chain}) {
    const std::string path = good.folder.write("both.pem", both);
    const auto server = files::server_context({.certfile = path});
    ASSERT_TRUE(server) << text_of(server);
    EXPECT_TRUE(context_pair(*files::client_context(good.client()), *server).is_open());
  }
}

TEST(load, every_path_that_is_wrong_is_named) {
  const good_files good;
  const std::string no = good.folder / "no.pem";
  EXPECT_THAT(text_of(files::load({.ca_certs = no})), HasSubstr(no));
  EXPECT_THAT(text_of(files::load({.ca_certs = good.ca, .crlfile = no})), HasSubstr(no));
  EXPECT_THAT(text_of(files::load({.ca_certs = good.ca, .certfile = no, .keyfile = good.key})),
              HasSubstr(no));
  EXPECT_THAT(text_of(files::load({.ca_certs = good.ca, .certfile = good.chain, .keyfile = no})),
              HasSubstr(no));
  // In a chain the order counts: no folder.
  const auto folder =
      files::load({.ca_certs = good.ca, .certfile = good.folder.path(), .keyfile = good.key});
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error(), files::errc::wrong_kind);
  const std::string empty = good.folder.write("empty.pem", "");
  EXPECT_EQ(files::load({.ca_certs = good.ca, .crlfile = empty}).error(), files::errc::empty);
  EXPECT_EQ(files::load({.ca_certs = good.ca, .certfile = good.chain, .keyfile = empty}).error(),
            files::errc::empty);
}

TEST(load, a_key_that_is_open_to_others_is_a_warning) {
  const good_files good;
  log_keeper log;
  const tls_settings all{.ca_certs = good.ca, .certfile = good.chain, .keyfile = good.key};
  ASSERT_TRUE(files::load(all, &log));
  EXPECT_THAT(log.lines, IsEmpty());
  std::filesystem::permissions(good.key, std::filesystem::perms(0640));
  ASSERT_TRUE(files::load(all, &log));
  EXPECT_THAT(log.lines, ElementsAre(AllOf(HasSubstr("warning: " + good.key), HasSubstr("600"))));
}

TEST(contexts, garbage_is_named) {
  const good_files good;
  const std::string bad = good.folder.write("bad.pem", "nothing that TLS knows");
  const auto ca = files::client_context({.ca_certs = bad});
  ASSERT_FALSE(ca);
  EXPECT_EQ(ca.error(), tls::errc::bad_pem);
  EXPECT_THAT(text_of(ca), HasSubstr(bad));
  const auto key = files::server_context({.certfile = good.chain, .keyfile = bad});
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error(), tls::errc::bad_key);
  EXPECT_THAT(text_of(key), HasSubstr(bad));
  const auto chain = files::server_context({.certfile = bad, .keyfile = good.key});
  EXPECT_EQ(chain.error(), tls::errc::bad_pem);
}

TEST(contexts, the_key_of_another_certificate) {
  const good_files good;
  const std::string other = good.folder.write("other.pem", good_client().key);
  const auto got = files::server_context({.certfile = good.chain, .keyfile = other});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), tls::errc::key_mismatch);
  EXPECT_THAT(text_of(got), AllOf(HasSubstr(other), HasSubstr(good.chain)));
}

TEST(contexts, passwords_of_keys) {
  const good_files good;
  const std::string key = good.folder.write("key.pem", good_server().encrypted_key("open sesame"));
  tls_settings s{.certfile = good.chain, .keyfile = key, .key_password = secret("open sesame")};
  EXPECT_TRUE(files::server_context(s));
  s.key_password = secret("open barley");
  const auto wrong = files::server_context(s);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), tls::errc::wrong_password);
  EXPECT_THAT(text_of(wrong), AllOf(HasSubstr(key), testing::Not(HasSubstr("barley"))));
  s.key_password = {};
  EXPECT_THAT(text_of(files::server_context(s)), HasSubstr("no password was given"));
}

TEST(contexts, a_server_without_clients_certificates_needs_no_store) {
  const good_files good;
  const variable file("SSL_CERT_FILE", "/no/such/file"), folder("SSL_CERT_DIR", "");
  const auto server = files::server_context(good.server());
  ASSERT_TRUE(server) << text_of(server);
  EXPECT_TRUE(context_pair(*files::client_context(good.client()), *server).is_open());
}

TEST(contexts, a_server_that_asks_says_whom_it_trusts) {
  const good_files good;
  const auto required = tls::client_certificates::required;
  EXPECT_EQ(files::server_context(good.server(), required).error(), tls::errc::no_authorities);
  tls_settings s = good.server();
  s.ca_certs = good.ca;
  const auto server = files::server_context(s, required);
  ASSERT_TRUE(server) << text_of(server);
  EXPECT_FALSE(context_pair(*files::client_context(good.client()), *server).is_open());
  tls_settings c = good.client();
  c.certfile = good.folder.write("client.pem", good_client().chain + good_client().key);
  EXPECT_TRUE(context_pair(*files::client_context(c), *server).is_open());
}

TEST(contexts, a_revoked_certificate) {
  const good_files good;
  tls_settings s = good.client();
  s.crlfile = good.folder.write("crl.pem", good_authority().crl({good_server()}));
  context_pair p(*files::client_context(s), *files::server_context(good.server()));
  EXPECT_FALSE(p.is_open());
  EXPECT_THAT(p.failure(), HasSubstr("revoked"));
}

}  // namespace
}  // namespace parley::test
