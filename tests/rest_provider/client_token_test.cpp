// Bearer tokens of a REST client, on every loop.
#include <parley/build_config.hpp>

#if PARLEY_HAS_FILES
#include "rest_provider/rest_on.hpp"

namespace parley::test {
namespace {

template <class L>
class rest_token_on : public rest_on<L> {
 protected:
  // Takes only the token that is valid now.
  canned guarded_answer(const seen_request& r) {
    if (r.field("Authorization") == "Bearer " + valid) return json_reply("1");
    return {401, "who are you", {{"WWW-Authenticate", "Bearer"}}};
  }
  // Gives t1, t2, ...
  rest_token_source source() {
    return [this](bool refresh) {
      asked.push_back(refresh);
      return operation<std::string>::finished(this->home, "t" + std::to_string(asked.size()));
    };
  }
  std::string valid = "t1";
  std::vector<bool> asked;
};
TYPED_TEST_SUITE(rest_token_on, all_loops, loop_names);

// S149
TYPED_TEST(rest_token_on, fetched_once_and_refreshed_once) {
  auto& origin = this->serve([this](const seen_request& r) { return this->guarded_answer(r); });
  auto client = this->client_of(origin);
  client->authorize_with(this->source());
  EXPECT_EQ(this->got(*client, "/a"), value(1));
  EXPECT_EQ(this->got(*client, "/a", 1), value(1));
  EXPECT_THAT(this->asked, ElementsAre(false));
  // It has expired: asked for once, and the call is made again, a POST as well.
  this->valid = "t2";
  EXPECT_EQ(this->got(*client, "/a", 1), value(1));
  EXPECT_THAT(this->asked, ElementsAre(false, true));
  EXPECT_EQ(origin.seen.size(), 4u);
  // A new one that is refused too is the end.
  this->valid = "none";
  EXPECT_EQ(this->refusal(*client, "/a"), http::rest_errc::unauthorized);
  EXPECT_EQ(origin.seen.size(), 6u);
}

TYPED_TEST(rest_token_on, calls_at_once_wait_for_one) {
  auto& origin = this->serve([this](const seen_request& r) { return this->guarded_answer(r); });
  auto client = this->client_of(origin);
  completer<std::string> later(this->home);
  int count = 0;
  client->authorize_with([&](bool) {
    ++count;
    later = completer<std::string>(this->home);
    return later.op();
  });
  auto api = this->named(*client, "/a");
  int good = 0;
  const auto ask = [&](int n) {
    for (int i = 0; i < n; ++i) api.call(i).then([&](result<value> v) { good += v.has_value(); });
  };
  ask(5);
  ASSERT_TRUE(this->at.run_until([&] { return count == 1; }));
  EXPECT_EQ(origin.seen.size(), 0u);
  later.complete(std::string("t1"));
  ASSERT_TRUE(this->at.run_until([&] { return good == 5; }));
  // All of them are refused, and wait for one refresh.
  this->valid = "t2";
  ask(5);
  ASSERT_TRUE(this->at.run_until([&] { return count == 2; }));
  ASSERT_TRUE(this->at.run_until([&] { return origin.seen.size() == 10; }));
  later.complete(std::string("t2"));
  ASSERT_TRUE(this->at.run_until([&] { return good == 10; }));
  EXPECT_EQ(count, 2);
  EXPECT_EQ(client->status().pending, 0u);
}

TYPED_TEST(rest_token_on, to_its_origin_alone) {
  auto& stranger = this->serve([](const seen_request&) { return json_reply("2"); });
  auto& origin = this->serve([&](const seen_request& r) {
    return r.target == "/away" ? moved(307, this->url_of(stranger)) : json_reply("1");
  });
  auto client = this->client_of(origin);
  client->authorize_with(this->source());
  EXPECT_EQ(this->got(*client, "/away", 1), value(2));
  EXPECT_EQ(origin.seen.back().field("Authorization"), "Bearer t1");
  EXPECT_EQ(stranger.seen.back().field("Authorization"), "");
  EXPECT_EQ(this->got(*client, this->url_of(stranger) + "/x"), value(2));
  EXPECT_EQ(stranger.seen.back().field("Authorization"), "");
}

TYPED_TEST(rest_token_on, a_source_that_fails) {
  auto& origin = this->serve([](const seen_request&) { return json_reply("1"); });
  auto client = this->client_of(origin);
  client->authorize_with([&](bool) {
    return operation<std::string>::finished(this->home, fail(errc::refused, "the token server"));
  });
  const error why = this->refusal(*client, "/a");
  EXPECT_EQ(why, errc::refused);
  EXPECT_THAT(why.to_string(), HasSubstr("there is no token: the token server"));
  client->authorize_with(
      [&](bool) -> operation<std::string> { throw std::runtime_error("no luck"); });
  EXPECT_EQ(this->refusal(*client, "/a"), errc::callback_threw);
  client->authorize_with(
      [&](bool) { return operation<std::string>::finished(this->home, "two\r\nlines"); });
  EXPECT_EQ(this->refusal(*client, "/a"), http::rest_errc::bad_credentials);
  EXPECT_EQ(origin.seen.size(), 0u);
}

// What is under way ends; the source is asked again afterwards.
TYPED_TEST(rest_token_on, a_source_that_closes_its_provider) {
  auto& origin = this->serve([this](const seen_request& r) { return this->guarded_answer(r); });
  auto client = this->client_of(origin);
  client->authorize_with([&](bool) {
    if (this->asked.empty()) client->close().then([](const result<void>&) {});
    this->asked.push_back(false);
    return operation<std::string>::finished(this->home, this->valid);
  });
  auto api = this->named(*client, "/a");
  EXPECT_FALSE(this->at.wait(api.call({})));
  ASSERT_TRUE(this->at.wait(client->initialize()));
  EXPECT_EQ(this->got(*client, "/a"), value(1));
  EXPECT_EQ(this->asked.size(), 2u);
}

TYPED_TEST(rest_token_on, one_that_never_comes) {
  auto& origin = this->serve([](const seen_request&) { return json_reply("1"); });
  auto c = this->asking(this->url_of(origin));
  c.timeout = 30ms;
  auto client = this->up(c);
  std::vector<completer<std::string>> open;
  client->authorize_with([&](bool) { return open.emplace_back(this->home).op(); });
  const error why = this->refusal(*client, "/a");
  EXPECT_EQ(why, errc::timed_out);
  EXPECT_THAT(why.to_string(), HasSubstr("there is no token"));
  // The provider may go first, also inside its source.
  auto op = this->named(*client, "/a").call({});
  client.reset();
  EXPECT_EQ(this->at.wait(std::move(op)).error(), errc::cancelled);
  open.front().complete(std::string("late"));

  auto doomed = this->client_of(origin);
  doomed->authorize_with([&](bool) {
    doomed.reset();
    return operation<std::string>::finished(this->home, "t");
  });
  auto last = this->at.wait(this->named(*doomed, "/a").call({}));
  EXPECT_EQ(last.error(), errc::cancelled);
}

}  // namespace
}  // namespace parley::test
#endif
