// nginx as the origin of a REST client, on every loop with real sockets.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include <thread>

#include "rest_provider/rest_on.hpp"
#include "support/nginx.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_nginx_on : public rest_on<L> {
 protected:
  rest_nginx_on() {
    origin.emplace(R"(
      limit_req_zone $server_name zone=one:64k rate=5r/s;
      server {
        listen 127.0.0.1:PORT;
        root FOLDER;
        keepalive_timeout 1s;
        types { application/json json; }
        location = /moved { return 301 /page.json; }
        location = /loop { return 302 /loop; }
        location = /nothing { return 204; }
        location = /gone { return 444; }
        location = /busy { limit_req zone=one; limit_req_status 429; try_files /page.json =404; }
        location /zipped/ { gzip on; gzip_types application/json; gzip_min_length 1; alias FOLDER/; }
      })");
    origin->folder.write("page.json", R"({"hello":"you"})");
  }
  std::unique_ptr<rest_provider> client() { return this->up(this->asking(origin->url(""))); }
  std::optional<nginx> origin;
};
TYPED_TEST_SUITE(rest_nginx_on, real_loops, loop_names);

TYPED_TEST(rest_nginx_on, values_errors_and_redirections) {
  auto client = this->client();
  const value page = fields("hello", "you");
  EXPECT_EQ(this->got(*client, "/page.json"), page);
  EXPECT_EQ(this->got(*client, "/moved"), page);
  EXPECT_EQ(this->got(*client, "/nothing"), value());
  EXPECT_EQ(client->status().connects, 1u);
  EXPECT_EQ(this->refusal(*client, "/loop"), http::rest_errc::too_many_redirects);
  EXPECT_EQ(this->refusal(*client, "/none.json"), http::rest_errc::not_found);
  EXPECT_EQ(this->refusal(*client, "/page.json", 1), http::rest_errc::method_refused);
  const error gone = this->refusal(*client, "/gone", 1);
  EXPECT_TRUE(gone.is_transient());
}

// nginx ends it while our loop does not run, so that the next request meets the end (P52).
TYPED_TEST(rest_nginx_on, a_kept_connection_that_it_has_ended) {
  auto client = this->client();
  EXPECT_TRUE(this->call(*client, "/page.json"));
  std::this_thread::sleep_for(1500ms);
  EXPECT_TRUE(this->call(*client, "/page.json"));
  EXPECT_EQ(client->status().connects, 2u);
}

TYPED_TEST(rest_nginx_on, too_many_requests) {
  auto c = this->asking(this->origin->url(""));
  c.max_retries = 30;
  auto client = this->up(c);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(this->got(*client, "/busy"), fields("hello", "you"));
}

TYPED_TEST(rest_nginx_on, compressed_and_large) {
  std::string large = "[0";
  for (int i = 1; i < 50'000; ++i) large.append(",").append(std::to_string(i));
  this->origin->folder.write("large.json", large + "]");
  auto c = this->asking(this->origin->url(""));
  c.client_limits.decode_bodies = true;
  auto client = this->up(c);
  EXPECT_EQ(this->got(*client, "/zipped/large.json").size(), 50'000u);
  auto d = this->at.wait(client->download(http_request("GET", "/large.json")));
  ASSERT_TRUE(d);
  std::string all;
  for (;;) {
    const auto piece = this->at.wait(d->next());
    ASSERT_TRUE(piece) << piece.error().to_string();
    if (piece->empty()) break;
    all += *piece;
  }
  EXPECT_TRUE(all == large + "]") << all.size();
}

TYPED_TEST(rest_nginx_on, many_at_once) {
  auto c = this->asking(this->origin->url(""));
  c.max_connections = 8;
  auto client = this->up(c);
  auto api = this->named(*client, "/page.json");
  int good = 0, ended = 0;
  for (int i = 0; i < 200; ++i) {
    api.call({}).then([&](result<value> v) {
      ++ended;
      good += v.has_value();
    });
  }
  ASSERT_TRUE(this->at.run_until([&] { return ended == 200; }));
  EXPECT_EQ(good, 200);
  EXPECT_LE(client->status().connects, 8u);
}

}  // namespace
}  // namespace parley::test
#endif
