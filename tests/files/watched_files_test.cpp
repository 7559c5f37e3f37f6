// Which changes of files are seen.
#include <parley/adapters/files/watched_files.hpp>

#include "files/file_fixtures.hpp"

namespace parley::test {
namespace {

TEST(watched_files, each_change_is_told_once) {
  const good_files good;
  files::watched_files watched(
      {.ca_certs = good.ca, .certfile = good.chain, .keyfile = good.key, .crlfile = {}});
  EXPECT_FALSE(watched.changed());
  for (const char* name : {"ca.pem", "chain.pem", "key.pem"}) {
    good.folder.write(name, "other");
    EXPECT_TRUE(watched.changed()) << name;
    EXPECT_FALSE(watched.changed()) << name;
  }
}

TEST(watched_files, what_vanishes_and_comes_back) {
  const good_files good;
  const std::string crl = good.folder / "crl.pem";
  files::watched_files watched({.ca_certs = good.ca, .crlfile = crl});
  EXPECT_FALSE(watched.changed());
  good.folder.write("crl.pem", "a list");
  EXPECT_TRUE(watched.changed());
  std::filesystem::remove(crl);
  EXPECT_TRUE(watched.changed());
  EXPECT_FALSE(watched.changed());
}

TEST(watched_files, a_file_that_takes_the_place_of_an_equal_one) {
  const good_files good;
  files::watched_files watched(good.client());
  const auto time = std::filesystem::last_write_time(good.ca);
  good.folder.write("next", good_authority().pem());
  std::filesystem::last_write_time(good.folder / "next", time);
  std::filesystem::rename(good.folder / "next", good.ca);
  EXPECT_TRUE(watched.changed());
}

TEST(watched_files, a_link_that_leads_elsewhere) {  // as Kubernetes renews its secrets
  const temporary_folder folder;
  folder.make_folder("1");
  folder.make_folder("2");
  folder.write("1/ca.pem", "one");
  folder.write("2/ca.pem", "two");
  folder.link("1", "now");
  files::watched_files watched({.ca_certs = folder / "now/ca.pem"});
  EXPECT_FALSE(watched.changed());
  folder.link("2", "next");
  std::filesystem::rename(folder / "next", folder / "now");
  EXPECT_TRUE(watched.changed());
}

TEST(watched_files, inside_a_folder) {
  const temporary_folder folder;
  folder.write("a.pem", "one");
  files::watched_files watched({.ca_certs = folder.path()});
  EXPECT_FALSE(watched.changed());
  folder.write("a.pem", "another");
  EXPECT_TRUE(watched.changed());
  folder.write("b.pem", "new");
  EXPECT_TRUE(watched.changed());
  EXPECT_FALSE(watched.changed());
  folder.write("b.log", "of somebody else");
  EXPECT_FALSE(watched.changed());
  std::filesystem::remove(folder / "b.pem");
  EXPECT_TRUE(watched.changed());
}

TEST(watched_files, rights_count) {
  const good_files good;
  files::watched_files watched(good.client());
  std::filesystem::permissions(good.ca, std::filesystem::perms(0640));
  EXPECT_TRUE(watched.changed());
}

TEST(watched_files, the_store_of_the_system) {
  const good_files good;
  const variable file("SSL_CERT_FILE", good.ca), folder("SSL_CERT_DIR", "");
  files::watched_files trusting({}), blind({.verify = verify_mode::none});
  good.folder.write("ca.pem", "other");
  EXPECT_TRUE(trusting.changed());
  EXPECT_FALSE(trusting.changed());
  EXPECT_FALSE(blind.changed());
  const variable elsewhere("SSL_CERT_FILE", good.chain);
  EXPECT_TRUE(trusting.changed());
}

}  // namespace
}  // namespace parley::test
