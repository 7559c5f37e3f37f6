// What a folder's files are answered with, on every loop.
#include "rest_files/web_on.hpp"

namespace parley::test {
namespace {

template <class L>
class static_on : public web_on<L> {};
TYPED_TEST_SUITE(static_on, all_loops, loop_names);

TYPED_TEST(static_on, a_file_with_its_type) {
  this->put("page.html", "<p>hello");
  this->put("data.bin", std::string("\0\1", 2));
  this->put("x.map", "{}");
  this->put("odd", "");
  static_files_options o;
  o.cache.max_age = std::chrono::seconds(60);
  o.types = {{"MAP", "application/x-map"}};
  this->serve(std::move(o));
  auto r = this->get("/page.html");
  EXPECT_EQ(this->said(r), "200 <p>hello");
  EXPECT_EQ(this->field(r, "content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(this->field(r, "content-length"), "8");
  EXPECT_EQ(this->field(r, "last-modified"), "Wed, 01 Jan 2020 00:00:00 GMT");
  EXPECT_EQ(this->field(r, "cache-control"), "max-age=60");
  EXPECT_EQ(this->field(r, "accept-ranges"), "bytes");
  EXPECT_EQ(this->field(r, "x-content-type-options"), "nosniff");
  EXPECT_TRUE(this->field(r, "etag").starts_with('"'));
  EXPECT_EQ(this->field(r, "vary"), "none");
  EXPECT_EQ(this->field(this->get("/data.bin"), "content-type"), "application/octet-stream");
  EXPECT_EQ(this->field(this->get("/x.map"), "content-type"), "application/x-map");
  EXPECT_EQ(this->said(this->get("/odd")), "200 ");
  r = this->get("/page.html", {}, "HEAD");
  EXPECT_EQ(this->said(r), "200 ");
  EXPECT_EQ(this->field(r, "content-length"), "8");
  EXPECT_EQ(this->get("/page.html", {}, "POST").status, 405);
}

// A file that was changed just now may change again at the same time: its tag is weak.
TYPED_TEST(static_on, a_fresh_file_has_a_weak_tag) {
  const std::string path = this->folder.write("new.txt", "one");
  this->serve();
  // In simulated time too it is not over.
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(this->home.wall_now().time_since_epoch());
  make_old(path, now.count());
  const auto r = this->get("/new.txt");
  EXPECT_TRUE(this->field(r, "etag").starts_with("W/\"")) << this->field(r, "etag");
  EXPECT_EQ(this->get("/new.txt", {{"If-None-Match", this->field(r, "etag")}}).status, 304);
  EXPECT_EQ(
      this->get("/new.txt", {{"Range", "bytes=0-0"}, {"If-Range", this->field(r, "etag")}}).status,
      200);
}

TYPED_TEST(static_on, conditions) {
  const std::string path = this->put("a.txt", "one");
  this->serve();
  const auto first = this->get("/a.txt");
  const std::string tag = this->field(first, "etag"), date = this->field(first, "last-modified");
  auto r = this->get("/a.txt", {{"If-None-Match", "\"other\", " + tag}});
  EXPECT_EQ(this->said(r), "304 ");
  EXPECT_EQ(this->field(r, "etag"), tag);
  EXPECT_EQ(this->field(r, "last-modified"), date);
  EXPECT_EQ(this->field(r, "content-type"), "none");
  EXPECT_EQ(this->get("/a.txt", {{"If-None-Match", tag}}, "HEAD").status, 304);
  EXPECT_EQ(this->get("/a.txt", {{"If-None-Match", "\"other\""}}).status, 200);
  EXPECT_EQ(this->get("/a.txt", {{"If-Modified-Since", date}}).status, 304);
  EXPECT_EQ(this->get("/a.txt", {{"If-Modified-Since", "Tue, 31 Dec 2019 00:00:00 GMT"}}).status,
            200);
  EXPECT_EQ(this->get("/a.txt", {{"If-Match", tag}}).status, 200);
  EXPECT_EQ(this->get("/a.txt", {{"If-Match", "\"other\""}}).status, 412);
  EXPECT_EQ(this->get("/a.txt", {{"If-Unmodified-Since", "Tue, 31 Dec 2019 00:00:00 GMT"}}).status,
            412);
  EXPECT_EQ(this->get("/none", {{"If-None-Match", "*"}}).status, 404);
  // Another file of the same size is another representation.
  this->folder.write("a.txt", "two");
  make_old(path, 1'577'836'900);
  r = this->get("/a.txt", {{"If-None-Match", tag}});
  EXPECT_EQ(this->said(r), "200 two");
}

TYPED_TEST(static_on, one_range) {
  const std::string all = letters(1000);
  this->put("a.txt", all);
  this->serve();
  struct row {
    const char* range;
    std::size_t first, size;
  };
  for (const row& w : {row{"bytes=0-0", 0, 1},
                       {"bytes=990-", 990, 10},
                       {"bytes=-10", 990, 10},
                       {"bytes=5-5000", 5, 995},
                       {"bytes=-5000", 0, 1000},
                       {"bytes=10-19,15-29", 10, 20},
                       {"bytes=2000-,0-9", 0, 10}}) {
    const auto r = this->get("/a.txt", {{"Range", w.range}});
    EXPECT_EQ(this->said(r), "206 " + all.substr(w.first, w.size)) << w.range;
    EXPECT_EQ(this->field(r, "content-range"), "bytes " + std::to_string(w.first) + "-" +
                                                   std::to_string(w.first + w.size - 1) + "/1000");
    EXPECT_EQ(this->field(r, "content-type"), "text/plain; charset=utf-8");
  }
  for (const char* ignored : {"bytes=9-5", "lines=1-2", "bytes", "bytes=a-b", "bytes=1-2-3"}) {
    EXPECT_EQ(this->get("/a.txt", {{"Range", ignored}}).status, 200) << ignored;
  }
  for (const char* beyond : {"bytes=1000-", "bytes=-0", "bytes=5000-6000"}) {
    const auto r = this->get("/a.txt", {{"Range", beyond}});
    EXPECT_EQ(r.status, 416) << beyond;
    EXPECT_EQ(this->field(r, "content-range"), "bytes */1000");
  }
  EXPECT_EQ(this->get("/a.txt", {{"Range", "bytes=0-0"}}, "HEAD").status, 200);
  const auto whole = this->get("/a.txt");
  const std::string tag = this->field(whole, "etag");
  EXPECT_EQ(this->get("/a.txt", {{"Range", "bytes=0-0"}, {"If-Range", tag}}).status, 206);
  EXPECT_EQ(this->get("/a.txt", {{"Range", "bytes=0-0"}, {"If-Range", "\"x\""}}).status, 200);
  EXPECT_EQ(this->get("/a.txt", {{"Range", "bytes=0-0"}, {"If-None-Match", tag}}).status, 304);
}

TYPED_TEST(static_on, several_ranges) {
  const std::string all = letters(200'000);
  this->put("a.txt", all);
  this->serve();
  const auto r = this->get("/a.txt", {{"Range", "bytes=0-9,1000-1009,100000-189999,-1"}});
  EXPECT_EQ(r.status, 206);
  const std::string type = this->field(r, "content-type");
  const std::string boundary = type.substr(type.find('=') + 1);
  EXPECT_EQ(type, "multipart/byteranges; boundary=" + boundary);
  EXPECT_EQ(boundary.size(), 24u);
  EXPECT_EQ(this->field(r, "content-range"), "none");
  std::string expected;
  for (const auto& [first, size] :
       {std::pair<std::size_t, std::size_t>{0, 10}, {1000, 10}, {100000, 90000}, {199999, 1}}) {
    expected += (expected.empty() ? "--" : "\r\n--") + boundary;
    expected += "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes " +
                std::to_string(first) + "-" + std::to_string(first + size - 1) + "/200000\r\n\r\n" +
                all.substr(first, size);
  }
  expected += "\r\n--" + boundary + "--\r\n";
  EXPECT_TRUE(r.text() == expected) << r.text().size() << " " << expected.size();
  const auto other = this->get("/a.txt", {{"Range", "bytes=0-9,1000-1009"}});
  EXPECT_NE(this->field(other, "content-type"), type);
}

// CVE-2011-3192: ranges without end, and what overlaps.
TYPED_TEST(static_on, a_range_bomb_costs_nothing) {
  const std::string all = letters(1000);
  this->put("a.txt", all);
  this->serve();
  std::string bomb = "bytes=0-";
  for (int i = 1; i < 16; ++i) bomb += "," + std::to_string(i) + "-";
  auto r = this->get("/a.txt", {{"Range", bomb}});
  EXPECT_TRUE(this->said(r) == "206 " + all) << r.text().size();
  for (int i = 16; i < 1300; ++i) bomb += ",5-";
  r = this->get("/a.txt", {{"Range", bomb}});
  EXPECT_EQ(r.status, 416);
  EXPECT_LT(r.text().size(), 500u);
}

TYPED_TEST(static_on, ranges_may_be_limited_or_off) {
  this->put("a.txt", letters(1000));
  static_files_options o;
  o.max_ranges = 1;
  this->serve(o);
  EXPECT_EQ(this->get("/a.txt", {{"Range", "bytes=0-9"}}).status, 206);
  EXPECT_EQ(this->get("/a.txt", {{"Range", "bytes=0-9,500-509"}}).status, 416);
  o.max_ranges = 0;
  auto site = static_files::open(this->home, this->folder.path(), o);
  ASSERT_TRUE(this->server->route("GET", "/off/{path...}", site->handler()));
  const auto r = this->get("/off/a.txt", {{"Range", "bytes=0-9"}});
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(this->field(r, "accept-ranges"), "none");
}

TYPED_TEST(static_on, folders_have_an_index_or_nothing) {
  this->folder.make_folder("docs");
  this->folder.make_folder("bare");
  this->put("docs/index.html", "docs");
  this->put("bare/file", "x");
  this->put("index.html", "root");
  this->serve();
  EXPECT_EQ(this->said(this->get("/")), "200 root");
  EXPECT_EQ(this->said(this->get("/docs/")), "200 docs");
  const auto r = this->get("/docs?a=1");
  EXPECT_EQ(r.status, 301);
  EXPECT_EQ(this->field(r, "location"), "./docs/?a=1");
  EXPECT_EQ(this->get("/bare").status, 404);
  EXPECT_EQ(this->get("/bare/").status, 404);
  EXPECT_EQ(this->get("/bare/file/").status, 404);
  static_files_options o;
  o.index = "";
  o.parameter = "rest";
  auto site = static_files::open(this->home, this->folder.path(), o);
  ASSERT_TRUE(this->server->route("GET", "/off/{rest...}", site->handler()));
  EXPECT_EQ(this->get("/off/docs/").status, 404);
  EXPECT_EQ(this->get("/off/docs").status, 404);
  EXPECT_EQ(this->said(this->get("/off/docs/index.html")), "200 docs");
}

TYPED_TEST(static_on, paths_that_lead_out) {
  this->folder.make_folder("a");
  this->put("a/b", "inside");
  this->put("a/back\\slash", "x");
  this->put(".env", "secret");
  this->folder.make_folder(".git");
  this->put(".git/config", "secret");
  this->folder.link("/etc/passwd", "passwd");
  this->folder.link("/etc", "etc");
  this->folder.link("a/b", "link");
  ASSERT_EQ(::mkfifo((this->folder / "pipe").c_str(), 0600), 0);
  this->serve();
  EXPECT_EQ(this->status_of("/a/b"), "200");
  EXPECT_EQ(this->status_of("/%61/b"), "200");
  for (const char* target : {"/../etc/passwd",
                             "/..",
                             "/a/../../etc/passwd",
                             "/%2e%2e/etc/passwd",
                             "/..%2fetc/passwd",
                             "/%2e%2e%2fetc%2fpasswd",
                             "/%252e%252e/etc/passwd",
                             "/..%5cetc",
                             "/a%00",
                             "/a/b%00.html",
                             "//etc/passwd",
                             "/%2fetc/passwd",
                             "/etc/passwd",
                             "/passwd",
                             "/link",
                             "/.env",
                             "/%2eenv",
                             "/.git/config",
                             "/a//b",
                             "/a%2fb",
                             "/a/./b",
                             "/a/b/",
                             "/pipe",
                             "/a%",
                             "/a/back%5cslash",
                             "/file:/etc/passwd",
                             "/a/b;x",
                             "/~root"}) {
    const std::string status = this->status_of(target);
    EXPECT_TRUE(status == "404" || status == "400") << target << ": " << status;
  }
  EXPECT_EQ(this->status_of("/" + std::string(5000, 'x')), "404");
  EXPECT_EQ(this->open_files(), 0u);
  static_files_options o;
  o.dotfiles = o.follow_symlinks = true;
  auto site = static_files::open(this->home, this->folder.path(), o);
  ASSERT_TRUE(this->server->route("GET", "/more/{path...}", site->handler()));
  EXPECT_EQ(this->status_of("/more/.git/config"), "200");
  EXPECT_EQ(this->status_of("/more/link"), "200");
  EXPECT_EQ(this->status_of("/more/passwd"), "404");
  EXPECT_EQ(this->status_of("/more/etc/passwd"), "404");
}

TYPED_TEST(static_on, compressed_beforehand) {
  this->put("a.txt", "plain");
  this->put("a.txt.gz", "packed");
  this->put("old.txt.gz", "packed");
  make_old(this->put("old.txt", "plain"), 1'600'000'000);
  static_files_options o;
  o.precompressed = true;
  this->serve(o);
  const auto plain = this->get("/a.txt");
  EXPECT_EQ(this->said(plain), "200 plain");
  EXPECT_EQ(this->field(plain, "vary"), "Accept-Encoding");
  const auto packed = this->get("/a.txt", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(this->said(packed), "200 packed");
  EXPECT_EQ(this->field(packed, "content-encoding"), "gzip");
  EXPECT_EQ(this->field(packed, "content-type"), "text/plain; charset=utf-8");
  EXPECT_NE(this->field(packed, "etag"), this->field(plain, "etag"));
  EXPECT_EQ(this->said(this->get("/a.txt", {{"Accept-Encoding", "gzip;q=0"}})), "200 plain");
  // A range is one of what would be sent.
  const auto part = this->get("/a.txt", {{"Accept-Encoding", "gzip"}, {"Range", "bytes=0-1"}});
  EXPECT_EQ(this->said(part), "206 pa");
  const auto same = this->get(
      "/a.txt", {{"Accept-Encoding", "gzip"}, {"If-None-Match", this->field(packed, "etag")}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(this->field(same, "vary"), "Accept-Encoding");
  EXPECT_EQ(this->said(this->get("/old.txt", {{"Accept-Encoding", "gzip"}})), "200 plain");
}

// A deployment exchanges the link to the folder.
TYPED_TEST(static_on, the_folder_may_be_exchanged) {
  temporary_folder releases;
  releases.make_folder("1");
  releases.make_folder("2");
  releases.write("1/a", "one");
  releases.write("2/a", "two");
  releases.link("1", "current");
  auto site = static_files::open(this->home, releases / "current");
  ASSERT_TRUE(site);
  this->start();
  ASSERT_TRUE(this->server->route("GET", "/{path...}", site->handler()));
  EXPECT_EQ(this->said(this->get("/a")), "200 one");
  releases.link("2", "next");
  std::filesystem::rename(releases / "next", releases / "current");
  EXPECT_EQ(this->said(this->get("/a")), "200 two");
  std::filesystem::remove_all(releases / "2");
  EXPECT_EQ(this->get("/a").status, 404);
}

}  // namespace
}  // namespace parley::test
