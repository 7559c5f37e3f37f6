// Downloads as a stream, on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "rest_provider/rest_on.hpp"

namespace parley::test {
namespace {

// Writes for as long as the client takes it.
class firehose final : public http_handler {
 public:
  explicit firehose(std::uint64_t size) : size_(size) {}
  void on_event(http_peer& peer, http::server::event& event, time_point now) override {
    if (const auto* end = std::get_if<http::request_end>(&event)) {
      id_ = end->id;
      (void)peer.machine().begin(id_, {}, size_, now);
      write(peer, now);
    } else if (std::holds_alternative<http::writable>(event)) {
      write(peer, now);
    } else if (std::holds_alternative<closed>(event)) {
      ++closes;
    }
  }
  std::uint64_t written = 0;
  int closes = 0;

 private:
  void write(http_peer& peer, time_point now) {
    const std::string piece(16 * 1024, 'x');
    while (written < size_) {
      const auto n = std::min<std::uint64_t>(piece.size(), size_ - written);
      const auto waits =
          peer.machine().write(id_, as_bytes(std::string_view(piece).substr(0, n)), now);
      if (!waits) return;
      written += n;
      if (*waits > 64 * 1024 && written < size_) return;
    }
    (void)peer.machine().finish(id_, {}, now);
  }

  std::uint64_t size_;
  http::request_id id_ = 0;
};

template <class L>
class rest_download_on : public rest_on<L> {
 protected:
  std::string pour(firehose& from) {
    http_server_config c;
    c.port = 0;
    hose.emplace(this->home, from, c);
    EXPECT_TRUE(hose->listen());
    return "http://127.0.0.1:" + std::to_string(hose->local_address()->port());
  }
  // All of it, or what went wrong.
  result<std::uint64_t> drain(rest_download& d) {
    std::uint64_t got = 0;
    for (;;) {
      auto piece = this->at.wait(d.next());
      if (!piece) return std::unexpected(piece.error());
      if (piece->empty()) return got;
      got += piece->size();
    }
  }
  // Outlives the client.
  std::optional<http_server> hose;
};
TYPED_TEST_SUITE(rest_download_on, all_loops, loop_names);

TYPED_TEST(rest_download_on, piece_by_piece) {
  firehose source(5'000'000);
  auto client = this->up(this->asking(this->pour(source)));
  auto d = this->at.wait(client->download(http_request("GET", "/large")));
  ASSERT_TRUE(d) << d.error().to_string();
  EXPECT_EQ(d->status(), 200);
  EXPECT_EQ(d->length(), 5'000'000u);
  EXPECT_EQ(this->drain(*d), 5'000'000u);
  EXPECT_EQ(this->at.wait(d->next()), "");
  // The connection is kept.
  auto again = this->at.wait(client->download(http_request("GET", "/large")));
  ASSERT_TRUE(again);
  EXPECT_EQ(client->status().connects, 1u);
  this->hose.reset();
}

TYPED_TEST(rest_download_on, a_reader_that_waits_makes_the_server_wait) {
  constexpr std::uint64_t size = std::uint64_t{64} << 20;
  firehose source(size);
  auto client = this->up(this->asking(this->pour(source)));
  auto d = this->at.wait(client->download(http_request()));
  ASSERT_TRUE(d);
  this->at.run_for(100ms);
  const auto written = source.written;
  EXPECT_LT(written, size);
  this->at.run_for(50ms);
  EXPECT_EQ(source.written, written);
  EXPECT_EQ(this->drain(*d), size);
  this->hose.reset();
}

TYPED_TEST(rest_download_on, given_up) {
  constexpr std::uint64_t size = std::uint64_t{64} << 20;
  firehose source(size);
  auto client = this->up(this->asking(this->pour(source)));
  {
    auto d = this->at.wait(client->download(http_request()));
    ASSERT_TRUE(d);
    EXPECT_TRUE(this->at.wait(d->next()));
  }
  EXPECT_TRUE(this->at.run_until([&] { return source.closes == 1; }));
  EXPECT_EQ(client->status().pending, 0u);
  // An operation that nobody keeps gives it up as well.
  {
    auto dropped = client->download(http_request());
  }
  EXPECT_TRUE(this->at.run_until([&] { return source.closes == 2; }));
  // The handle outlives the provider.
  auto d = this->at.wait(client->download(http_request()));
  ASSERT_TRUE(d);
  client.reset();
  EXPECT_EQ(this->drain(*d).error(), errc::cancelled);
  this->hose.reset();
}

TYPED_TEST(rest_download_on, limits_and_ends) {
  firehose source(100'000);
  auto client = this->up(this->asking(this->pour(source)));
  EXPECT_EQ(this->at.wait(client->download(http_request(), 99'999)).error(), errc::too_large);
  const std::string endless = this->serve_raw(on_each_head([](raw_peer& p, const std::string&) {
    p.send("HTTP/1.1 200 OK\r\n\r\n" + std::string(5000, 'x'));
  }));
  auto d = this->at.wait(client->download(http_request("GET", endless + "/x"), 4999));
  ASSERT_TRUE(d);
  EXPECT_EQ(this->drain(*d).error(), errc::too_large);
  const std::string broken = this->serve_raw(on_each_head([](raw_peer& p, const std::string&) {
    p.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    p.end_writing();
  }));
  d = this->at.wait(client->download(http_request("GET", broken + "/x")));
  ASSERT_TRUE(d);
  // What has come is read before the error is told.
  EXPECT_EQ(this->at.wait(d->next()), "abc");
  const auto end = this->at.wait(d->next());
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error(), errc::truncated);
  EXPECT_EQ(this->at.wait(d->next()).error(), errc::truncated);
  this->hose.reset();
}

TYPED_TEST(rest_download_on, reads_one_at_a_time) {
  const std::string slow = this->serve_raw(
      on_each_head([](raw_peer& p, const std::string&) { p.send("HTTP/1.1 200 OK\r\n\r\n"); }));
  auto client = this->up(this->asking(slow));
  auto d = this->at.wait(client->download(http_request()));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->length(), std::nullopt);
  auto first = d->next();
  EXPECT_EQ(this->at.wait(d->next()).error(), errc::misuse);
  first.cancel();
  EXPECT_EQ(this->at.wait(std::move(first)).error(), errc::cancelled);
  auto second = d->next();
  EXPECT_FALSE(second.is_complete());
}

// Followed, and the timeout is that of the head.
TYPED_TEST(rest_download_on, behind_a_redirection) {
  firehose source(100'000);
  const std::string to = this->pour(source);
  auto& origin = this->serve([&](const seen_request&) { return moved(302, to); });
  auto client = this->client_of(origin);
  auto d = this->at.wait(client->download(http_request()));
  ASSERT_TRUE(d);
  EXPECT_EQ(this->drain(*d), 100'000u);
  auto& silent = this->serve([](const seen_request&) { return silence(); });
  http_request r("GET", this->url_of(silent) + "/x");
  r.timeout = 30ms;
  EXPECT_EQ(this->at.wait(client->download(std::move(r))).error(), errc::timed_out);
  this->hose.reset();
}

}  // namespace
}  // namespace parley::test
#endif
