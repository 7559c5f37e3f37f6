// Damaged messages give the same log on every level of the processor and for all cuts, with the
// same fault: the fast way through a head and the careful one cannot be told apart.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "support/http_log.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

constexpr std::array<std::string_view, 6> requests = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /a/longer/path?with=a&query=too HTTP/1.1\r\nHost: www.example.com:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: de,en;q=0.5\r\n"
    "Connection: keep-alive\r\nCookie: a=b; c=d; session=0123456789abcdef0123456789abcdef\r\n\r\n",
    "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\nhello world",
    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Sum\r\n\r\n"
    "5;x=\"y\"\r\nhello\r\n06\r\n world\r\n0\r\nSum: 0123456789\r\nOther:  \t\r\n\r\n",
    "OPTIONS * HTTP/1.0\r\nConnection: close, te\r\nA:b\r\nB:\r\nC: \r\nD:\t d\t\r\n\r\n",
    "GET http://a.example:1/ HTTP/1.1\r\nHost: [::1]:2\r\nUpgrade: x\r\nConnection: "
    "upgrade\r\n\r\n",
};
constexpr std::array<std::string_view, 3> responses = {
    "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n"
    "Date: Thu, 31 Dec 2009 20:55:48 GMT\r\nServer: nginx\r\n\r\n{}",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\nuntil the end",
    "HTTP/1.1 206 Partial\r\nTransfer-Encoding: gzip, chunked\r\nA: b\r\n\r\n1\r\nx\r\n0\r\nT: "
    "1\r\n\r\n",
};
constexpr std::array<std::string_view, 18> pieces = {"\r\n",
                                                     "\n",
                                                     "\r",
                                                     ":",
                                                     " ",
                                                     "\t",
                                                     ",",
                                                     ";",
                                                     "\x01",
                                                     "\x7f",
                                                     "\x80",
                                                     "#",
                                                     "\r\n ",
                                                     "\r\n\r\n",
                                                     "Content-Length: 5\r\n",
                                                     "Transfer-Encoding: chunked\r\n",
                                                     "Host: b\r\n",
                                                     "\r\nX-Long-Name: v"};

class damage {
 public:
  explicit damage(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  void apply(std::string& text) {
    if (text.empty()) return;
    const std::size_t at = below(text.size());
    switch (below(7)) {
      case 0:
        text[at] = static_cast<char>(random_());
        break;
      case 1:
        text.erase(at, 1 + below(4));
        break;
      case 2:
        text.insert(at, text.substr(below(text.size()), below(60)));
        break;
      case 3:
        text.insert(at, below(150), 'a');
        break;
      case 4:
        text.resize(at + 1);
        break;
      default:
        text.insert(at, pieces[below(pieces.size())]);
        break;
    }
  }

  http_stream stream() {
    http_stream s;
    if (below(3) == 0) s.sender = http::role::response;
    if (below(4) == 0)
      s.bounds = {.start_line = 40,
                  .header_block = 300,
                  .headers = 5,
                  .chunk_extensions = 12,
                  .trailers = 40,
                  .body = 10};
    if (below(8) == 0) s.tolerance.bare_lf = true;
    if (below(8) == 0) s.tolerance.obs_fold = true;
    if (below(4) == 0) s.tolerance.missing_host = true;
    return s;
  }

  std::string message(const http_stream& s) {
    std::string text(s.sender == http::role::request ? requests[below(requests.size())]
                                                     : responses[below(responses.size())]);
    for (std::size_t i = below(4); i > 0; --i) apply(text);
    if (below(4) == 0) text += text;
    return text;
  }

 private:
  std::mt19937 random_;
};

TEST(http_scan_levels, cannot_be_told_apart) {
  guarded guard(8192);
  std::size_t refused = 0;
  std::size_t whole = 0;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    damage d(seed);
    const http_stream stream = d.stream();
    const std::string text = d.message(stream);
    ASSERT_LE(text.size(), 8192U);
    const std::string log = http_log(stream, {.level = http::scan_level::none}, text, &guard);
    refused += log.find("fail ") != std::string::npos;
    whole += log.ends_with("END\n");
    const std::size_t cut = d.below(text.size() + 1);
    for (const auto level : {http::scan_level::none, http::scan_level::ssse3,
                             http::scan_level::avx2, http::scan_level::avx512}) {
      ASSERT_EQ(http_log(stream, {.level = level}, text, &guard), log) << escape(text);
      ASSERT_EQ(http_log(stream, {.cuts = {cut}, .places = 1, .level = level}, text, &guard), log)
          << "cut at " << cut << ": " << escape(text);
      const std::size_t step = 1 + seed % 70;
      ASSERT_EQ(
          http_log(stream, {.cuts = cuts_of(text.size(), step), .level = level}, text, &guard), log)
          << "every " << step << ": " << escape(text);
    }
  }
  EXPECT_GT(refused, 5000U);
  EXPECT_GT(whole, 3000U);
}

}  // namespace
}  // namespace parley::test
