// Bytes from files and folders, and what is said when there are none.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <parley/adapters/files/read.hpp>

#include "files/file_fixtures.hpp"

namespace parley::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Runs `f` in a child without root's rights, which no file is closed to. True if it says so.
template <class F>
bool as_nobody(F&& f) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    ::_exit(f() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::size_t certificates_of(const std::string& pem) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = pem.find("-----BEGIN CERT", at)) != std::string::npos; ++at) ++n;
  return n;
}

TEST(read_file, gives_all_bytes) {
  const temporary_folder folder;
  std::string bytes(100'000, 'x');
  bytes[7] = '\0';
  EXPECT_EQ(*files::read_file(folder.write("a", bytes), 100'000), bytes);
  EXPECT_EQ(*files::read_file(folder.write("b", ""), 10), "");
  EXPECT_EQ(*files::read_file(folder.write("c", "12345"), SIZE_MAX), "12345");
}

TEST(read_file, reads_files_that_do_not_know_their_size) {
  const auto status = files::read_file("/proc/self/status", 100'000);
  ASSERT_TRUE(status) << text_of(status);
  EXPECT_THAT(*status, HasSubstr("Pid:"));
  EXPECT_EQ(files::read_file("/proc/self/status", 10).error(), files::errc::too_large);
}

TEST(read_file, a_missing_file) {
  const temporary_folder folder;
  const auto got = files::read_file(folder / "no.pem", 10);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), files::errc::missing);
  EXPECT_EQ(got.error().kind(), error_class::configuration);
  EXPECT_THAT(text_of(got),
              AllOf(HasSubstr("there is no such file: " + (folder / "no.pem")),
                    HasSubstr("No such file or directory"), HasSubstr("hint: check the path")));
}

TEST(read_file, a_relative_path_is_shown_with_its_folder) {
  const auto got = files::read_file("no-such-file.pem", 10);
  ASSERT_FALSE(got);
  EXPECT_THAT(text_of(got), HasSubstr("check the path: it is looked for in /"));
}

TEST(read_file, what_is_no_file) {
  const temporary_folder folder;
  const auto got = files::read_file(folder.path(), 10);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), files::errc::wrong_kind);
  EXPECT_THAT(text_of(got), HasSubstr(folder.path() + ": a folder"));
  EXPECT_THAT(text_of(files::read_file("/dev/zero", 10)), HasSubstr("/dev/zero: a device"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(text_of(files::read_file(folder / "pipe", 10)), HasSubstr("a pipe"));
}

TEST(read_file, too_large) {
  const temporary_folder folder;
  const std::string path = folder.write("a.pem", "0123456789");
  EXPECT_TRUE(files::read_file(path, 10));
  const auto got = files::read_file(path, 9);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), files::errc::too_large);
  EXPECT_THAT(text_of(got), HasSubstr(path + ": more than 9 bytes"));
}

TEST(read_file, without_permission) {
  const temporary_folder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  const std::string path = folder.write("a.pem", "secret");
  std::filesystem::permissions(path, std::filesystem::perms(0));
  EXPECT_TRUE(as_nobody([&] {
    const auto got = files::read_file(path, 10);
    return !got && got.error() == files::errc::forbidden &&
           text_of(got).contains("the process runs as uid " + std::to_string(::geteuid())) &&
           text_of(got).contains(path + ": Permission denied");
  }));
}

TEST(read_pem, a_file_as_it_is) {
  const good_files good;
  const auto got = files::read_pem(good.ca);
  ASSERT_TRUE(got) << text_of(got);
  EXPECT_EQ(got->bytes, good_authority().pem());
  EXPECT_EQ(got->name, good.ca);
}

TEST(read_pem, an_empty_file_is_not_nothing) {
  const temporary_folder folder;
  const auto got = files::read_pem(folder.write("crl.pem", ""));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), files::errc::empty);
  EXPECT_THAT(text_of(got), HasSubstr("crl.pem"));
}

TEST(read_pem, a_folder_gives_each_certificate_once_and_in_order) {
  const temporary_folder folder;
  const authority a("a"), b("b"), c("c");
  folder.write("b.crt", b.pem());
  folder.write("a.pem", a.pem().substr(0, a.pem().size() - 1));  // no newline at its end
  folder.write("c.cer", c.pem());
  folder.write("notes.txt", "not a certificate");
  folder.write("12345678.x", "nor this");
  folder.write("1234567g.0", "nor this");
  folder.link("b.crt", "0a1b2c3d.0");
  folder.link(folder / "c.cer", "a1b2c3d4.12");
  folder.link("gone.pem", "ffffffff.0");
  folder.make_folder("sub.pem");
  const auto got = files::read_pem(folder.path());
  ASSERT_TRUE(got) << text_of(got);
  EXPECT_EQ(got->name, folder.path());
  // The link to b comes first.
  EXPECT_EQ(got->bytes, b.pem() + a.pem() + c.pem());
}

TEST(read_pem, the_same_file_under_two_names) {
  const temporary_folder folder;
  folder.write("one.pem", good_authority().pem());
  std::filesystem::create_hard_link(folder / "one.pem", folder / "two.pem");
  EXPECT_EQ(certificates_of(files::read_pem(folder.path())->bytes), 1u);
}

TEST(read_pem, der_in_a_folder_becomes_pem) {
  const temporary_folder folder;
  // Every length modulo three.
  for (int i = 0; i < 3; ++i) {
    const identity one = good_authority().issue({.name = std::string(10 + std::size_t(i), 'x')});
    folder.write(std::to_string(i) + ".cer", one.certificate_der());
  }
  const auto got = files::read_pem(folder.path());
  ASSERT_TRUE(got) << text_of(got);
  EXPECT_EQ(certificates_of(got->bytes), 3u);
  EXPECT_TRUE(tls::context::make_client({.bytes = {.authorities = *got}}));
}

TEST(read_pem, base64_is_that_of_openssl) {
  const temporary_folder folder;
  folder.write("one.cer", good_server().certificate_der());
  EXPECT_EQ(files::read_pem(folder.path())->bytes, good_server().certificate);
}

TEST(read_pem, garbage_in_a_folder_is_named) {
  const temporary_folder folder;
  folder.write("a.pem", good_authority().pem());
  folder.write("b.pem", "<html>");
  const auto got = files::read_pem(folder.path());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), tls::errc::bad_pem);
  EXPECT_THAT(text_of(got), HasSubstr(folder / "b.pem"));
}

TEST(read_pem, an_empty_folder) {
  const temporary_folder folder;
  folder.write("README", "no certificates here");
  const auto got = files::read_pem(folder.path());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), files::errc::empty);
  EXPECT_THAT(text_of(got), AllOf(HasSubstr("nothing is in it: " + folder.path()),
                                  HasSubstr("*.pem, *.crt or *.cer")));
}

TEST(read_pem, a_folder_is_limited_as_a_file_is) {
  const temporary_folder folder;
  const std::string half = "-----BEGIN " + std::string(files::most_bytes / 2, 'x');
  folder.write("a.pem", half);
  folder.write("b.pem", half);
  EXPECT_EQ(files::read_pem(folder.path()).error(), files::errc::too_large);
}

}  // namespace
}  // namespace parley::test
