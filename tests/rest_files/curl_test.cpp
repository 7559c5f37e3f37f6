// Files fetched by curl, on every loop with real sockets.
#include <parley/codecs/http/content_coding.hpp>

#include "rest_files/web_on.hpp"
#include "support/curl.hpp"

namespace parley::test {
namespace {

template <class L>
class curl_files_on : public web_on<L> {
 protected:
  curl_outcome curl(std::vector<std::string> words) { return run_curl(this->at, std::move(words)); }
  std::string url(const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(this->server->local_address()->port()) + path;
  }
  std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  temporary_folder downloads;
};
TYPED_TEST_SUITE(curl_files_on, real_loops, loop_names);

TYPED_TEST(curl_files_on, ranges) {
  const std::string all = letters(1000);
  this->put("a.txt", all);
  this->serve();
  EXPECT_EQ(this->curl({"-r", "10-19", this->url("/a.txt")}).out, all.substr(10, 10));
  EXPECT_EQ(this->curl({"-r", "-5", this->url("/a.txt")}).out, all.substr(995));
  const auto two = this->curl({"-i", "-r", "0-1,500-501", this->url("/a.txt")}).out;
  EXPECT_THAT(two, HasSubstr("206 Partial Content"));
  EXPECT_THAT(two, HasSubstr("Content-Range: bytes 500-501/1000\r\n\r\n" + all.substr(500, 2)));
  EXPECT_THAT(this->curl({"-i", "-r", "1000-", this->url("/a.txt")}).out,
              HasSubstr("416 Range Not Satisfiable"));
  EXPECT_THAT(this->curl({"-I", this->url("/a.txt")}).out, HasSubstr("Content-Length: 1000\r\n"));
}

// A download that was cut off goes on where it was (RFC 9110 section 14).
TYPED_TEST(curl_files_on, a_download_goes_on) {
  const std::string all = letters(3'000'000);
  this->put("a.bin", all);
  this->serve();
  const std::string part = this->downloads.write("part", all.substr(0, 1'234'567));
  const auto r = this->curl(
      {"-C", "-", "-o", part, "-w", "%{http_code} %{size_download}", this->url("/a.bin")});
  EXPECT_EQ(r.out, "206 1765433");
  EXPECT_TRUE(this->content(part) == all);
}

TYPED_TEST(curl_files_on, only_what_has_changed) {
  const std::string path = this->put("a.txt", "text");
  this->serve();
  const std::vector<std::string> quiet{"-o", "/dev/null", "-w", "%{http_code}"};
  const auto status = [&](std::vector<std::string> words) {
    words.insert(words.begin(), quiet.begin(), quiet.end());
    words.push_back(this->url("/a.txt"));
    return this->curl(std::move(words)).out;
  };
  EXPECT_EQ(status({"-z", "2 Jan 2020 00:00:00 GMT"}), "304");
  EXPECT_EQ(status({"-z", "31 Dec 2019 00:00:00 GMT"}), "200");
  const std::string tags = this->downloads / "tags";
  EXPECT_EQ(status({"--etag-save", tags}), "200");
  EXPECT_EQ(status({"--etag-compare", tags}), "304");
  make_old(path, 1'600'000'000);
  EXPECT_EQ(status({"--etag-compare", tags}), "200");
}

TYPED_TEST(curl_files_on, compressed_beforehand) {
  if (!http::coding_is_available(http::coding::gzip)) return;
  const std::string all = letters(100'000);
  std::string packed(all.size() + 1000, '\0');
  http::deflater d(http::coding::gzip);
  const auto done =
      d.encode(as_bytes(all), std::as_writable_bytes(std::span(packed)), http::flush::finish);
  ASSERT_TRUE(done.done);
  packed.resize(done.produced);
  this->put("a.txt", all);
  this->put("a.txt.gz", packed);
  static_files_options o;
  o.precompressed = true;
  this->serve(o);
  const std::string saved = this->downloads / "got";
  const auto r =
      this->curl({"--compressed", "-o", saved, "-w", "%{size_download}", this->url("/a.txt")});
  EXPECT_EQ(r.out, std::to_string(packed.size()));
  EXPECT_TRUE(this->content(saved) == all);
  EXPECT_TRUE(this->curl({this->url("/a.txt")}).out == all);
}

TYPED_TEST(curl_files_on, paths_as_they_are) {
  this->folder.make_folder("docs");
  this->put("docs/index.html", "index");
  this->put("docs/\xC3\xA4 b.txt", "umlaut");
  this->serve();
  EXPECT_EQ(this->curl({"-L", "-w", " %{num_redirects} %{url_effective}", this->url("/docs")}).out,
            "index 1 " + this->url("/docs/"));
  EXPECT_EQ(this->curl({this->url("/docs/%C3%A4%20b.txt")}).out, "umlaut");
  EXPECT_THAT(this->curl({"--path-as-is", "-i", this->url("/../../../etc/passwd")}).out,
              HasSubstr("400 Bad Request"));
}

}  // namespace
}  // namespace parley::test
