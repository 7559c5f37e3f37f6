// Confinement to a folder by the kernel and by hand; media types; wrong options.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <parley/adapters/files/web/detail/beneath.hpp>
#include <parley/adapters/files/web/media_types.hpp>

#include "rest_files/web_on.hpp"

namespace parley::test {
namespace {

using files::detail::confinement;
using files::detail::links;
using files::detail::open_beneath;

class beneath : public ::testing::TestWithParam<confinement> {
 protected:
  beneath() {
    outside.write("secret", "outside");
    inner = folder.make_folder("a");
    folder.make_folder("a/b");
    folder.write("a/b/file", "inside");
    folder.link("b/file", "a/link");
    folder.link("b", "a/folder_link");
    folder.link("../a/b/file", "a/round");
    folder.link(inner + "/b/file", "a/absolute");
    folder.link(outside.path(), "out");
    folder.link("../../../../../../../../etc/passwd", "up");
    folder.link("loop", "loop");
  }
  // What is read, or the error.
  std::string read(std::string_view path, links follow = links::none) {
    const auto file = open_beneath(folder.path(), path, follow, GetParam());
    if (!file) return "error";
    const auto facts = file->look();
    if (!facts.is_file) return facts.is_folder ? "folder" : "special";
    std::string bytes(facts.size, '\0');
    EXPECT_EQ(file->read(0, std::as_writable_bytes(std::span(bytes))), bytes.size());
    return bytes;
  }

  temporary_folder folder, outside;
  std::string inner;
};

TEST_P(beneath, what_lies_below_the_folder) {
  EXPECT_EQ(read(""), "folder");
  EXPECT_EQ(read("a"), "folder");
  EXPECT_EQ(read("a/b/file"), "inside");
  EXPECT_EQ(read("a/b/none"), "error");
  EXPECT_EQ(read("a/b/file/x"), "error");
}

TEST_P(beneath, nothing_else) {
  for (const std::string_view path : {"..", "../a", "a/../a/b/file", "/etc/passwd", "a//b/file",
                                      "/a", "a/", "./a", "a/./b", "a/b/..", "a/b/file/../file"}) {
    EXPECT_EQ(read(path), "error") << path;
    EXPECT_EQ(read(path, links::inside), "error") << path;
  }
  using namespace std::string_view_literals;
  EXPECT_EQ(read("a/b/file\0x"sv), "error");
  EXPECT_EQ(read(std::string(5000, 'x')), "error");
  EXPECT_EQ(read(std::string(300, 'x')), "error");
}

TEST_P(beneath, links_lead_nowhere) {
  for (const std::string_view path : {"a/link", "a/folder_link/file", "a/folder_link", "a/round",
                                      "a/absolute", "out", "out/secret", "up", "loop"}) {
    EXPECT_EQ(read(path), "error") << path;
  }
}

// With leave they lead to what is below the folder, where the kernel sees to it.
TEST_P(beneath, links_inside) {
  const bool can = GetParam() == confinement::kernel;
  EXPECT_EQ(read("a/link", links::inside), can ? "inside" : "error");
  EXPECT_EQ(read("a/folder_link/file", links::inside), can ? "inside" : "error");
  EXPECT_EQ(read("a/round", links::inside), can ? "inside" : "error");
  for (const std::string_view path : {"a/absolute", "out", "out/secret", "up", "loop"}) {
    EXPECT_EQ(read(path, links::inside), "error") << path;
  }
}

// Nobody writes into the pipe, and still nobody waits.
TEST_P(beneath, pipes_and_sockets_are_told_at_once) {
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read("pipe"), "special");
  const int s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  (folder / "socket").copy(at.sun_path, sizeof at.sun_path - 1);
  ASSERT_EQ(::bind(s, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  EXPECT_EQ(read("socket"), "error");
  ::close(s);
}

INSTANTIATE_TEST_SUITE_P(both, beneath,
                         ::testing::Values(confinement::kernel, confinement::by_folder),
                         [](const auto& how) {
                           return how.param == confinement::kernel ? "kernel" : "by_folder";
                         });

TEST(web_files, this_kernel_confines) {
  EXPECT_EQ(files::detail::best_confinement(), confinement::kernel);
}

TEST(web_files, media_types) {
  using files::media_type_of;
  EXPECT_EQ(media_type_of("a.html"), "text/html");
  EXPECT_EQ(media_type_of("x.y/A.JpEg"), "image/jpeg");
  EXPECT_EQ(media_type_of("a.tar.gz"), "application/gzip");
  EXPECT_EQ(media_type_of("a.webmanifest"), "application/manifest+json");
  for (const std::string_view none :
       {"", "html", ".html", "x.html/a", "a.", "a.webmanifests", "a.none", "a.b/.css"}) {
    EXPECT_EQ(media_type_of(none), "") << none;
  }
  EXPECT_EQ(files::ending_of("a/b.c/d.e.F"), "F");
}

TEST(web_files, wrong_options_are_reported) {
  on_loop<blocking_world> at;
  temporary_folder folder;
  const std::string file = folder.write("file", "x");
  const auto why = [&](const std::string& where, static_files_options o) {
    const auto made = static_files::open(at.home(), where, std::move(o));
    return made ? std::string("none") : made.error().to_string();
  };
  static_files_options o;
  EXPECT_EQ(why(folder.path(), o), "none");
  EXPECT_THAT(why(folder / "none", o), HasSubstr(folder / "none"));
  EXPECT_THAT(why(file, o), HasSubstr("directory"));
  EXPECT_THAT(why("", o), HasSubstr("static files"));
  o.index = "a/b";
  EXPECT_THAT(why(folder.path(), o), HasSubstr("index"));
  o = {};
  o.max_ranges = 17;
  EXPECT_THAT(why(folder.path(), o), HasSubstr("max_ranges"));
  o = {};
  o.types = {{"x", "text/x\r\nSet-Cookie: a"}};
  EXPECT_THAT(why(folder.path(), o), HasSubstr("media type"));
  o = {};
  o.default_type = "";
  EXPECT_THAT(why(folder.path(), o), HasSubstr("default_type"));
  o = {};
  o.charset = "a b";
  EXPECT_THAT(why(folder.path(), o), HasSubstr("charset"));
}

}  // namespace
}  // namespace parley::test
