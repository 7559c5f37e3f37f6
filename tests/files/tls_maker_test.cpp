// The entry "tls" of a table: layers for connections, and the contexts behind them.
#include <parley/adapters/all/built_in.hpp>
#include <parley/adapters/files/tls_maker.hpp>

#include "files/file_fixtures.hpp"
#include "support/sim_world.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class making : public testing::Test {
 protected:
  making() {
    lower.add("tls", files::tls_maker());
    // Certificates are issued in the time of this machine.
    world.shift_wall(
        std::chrono::duration_cast<duration>(std::chrono::system_clock::now() - world.wall_now()));
  }
  result<layer_ptr> make(const tls_settings& how, std::string_view to = "server.test") {
    return lower.make("tls", {.host = to, .tls = &how, .home = &here, .watch = &log});
  }
  // A connection with a layer of the table.
  context_pair connect(const tls_settings& how, std::string_view to = "server.test") {
    auto made = make(how, to);
    if (!made) throw std::runtime_error(text_of(made));
    auto* layer = dynamic_cast<tls::connection*>(made->release());
    return context_pair(std::unique_ptr<tls::connection>(layer), *server);
  }

  good_files good;
  log_keeper log;
  sim::world world{1};
  sim::host& here = world.add_host("here");
  transports lower;
  result<tls::context> server = files::server_context(good.server());
};

TEST_F(making, layers_that_verify) {
  EXPECT_TRUE(connect(good.client()).is_open());
  const context_pair other(connect(good.client(), "other.test"));
  EXPECT_FALSE(other.is_open());
  ASSERT_TRUE(other.client.failure);
  EXPECT_EQ(*other.client.failure, tls::errc::wrong_host);
  EXPECT_THAT(log.lines, IsEmpty());
}

TEST_F(making, equal_settings_share_a_context_and_its_sessions) {
  EXPECT_FALSE(connect(good.client()).client.tls->is_resumed());
  EXPECT_TRUE(connect(good.client()).client.tls->is_resumed());
  tls_settings other = good.client();
  other.verify = verify_mode::ca_only;
  EXPECT_FALSE(connect(other).client.tls->is_resumed());
  EXPECT_TRUE(connect(other).client.tls->is_resumed());
  EXPECT_TRUE(connect(good.client()).client.tls->is_resumed());
}

TEST_F(making, observers_and_loops_are_not_mixed_up) {
  EXPECT_FALSE(connect(good.client()).client.tls->is_resumed());
  const tls_settings how = good.client();
  sim::host& there = world.add_host("there");
  for (const transport_request& r :
       {transport_request{"server.test", &how, &here}, {"server.test", &how, &there, &log}}) {
    auto made = lower.make("tls", r);
    ASSERT_TRUE(made) << text_of(made);
    auto* layer = dynamic_cast<tls::connection*>(made->release());
    context_pair p(std::unique_ptr<tls::connection>(layer), *server);
    EXPECT_TRUE(p.is_open());
    EXPECT_FALSE(p.client.tls->is_resumed());
  }
}

TEST_F(making, the_time_of_day_is_that_of_the_loop) {
  world.shift_wall(std::chrono::days(400));
  const context_pair p(connect(good.client()));
  ASSERT_TRUE(p.client.failure);
  EXPECT_EQ(*p.client.failure, tls::errc::certificate_expired);
}

TEST_F(making, unverified_connections_are_told_to_the_observer) {
  EXPECT_TRUE(connect({.verify = verify_mode::none}, "other.test").is_open());
  EXPECT_THAT(log.lines, ElementsAre(HasSubstr("warning: ")));
}

TEST_F(making, a_change_is_loaded_a_second_later_at_the_next_request) {
  const authority other("another root");
  EXPECT_TRUE(connect(good.client()).is_open());
  good.folder.write("ca.pem", other.pem());
  // Files are looked at once a second at most.
  EXPECT_TRUE(connect(good.client()).is_open());
  world.run_for(1s);
  EXPECT_FALSE(connect(good.client()).is_open());
  EXPECT_THAT(log.lines, ElementsAre(HasSubstr("info: ")));
  good.folder.write("ca.pem", good_authority().pem());
  world.run_for(1s);
  EXPECT_TRUE(connect(good.client()).is_open());
  EXPECT_THAT(log.lines, SizeIs(2));
}

TEST_F(making, a_broken_change_keeps_the_old_and_is_told_once) {
  EXPECT_TRUE(connect(good.client()).is_open());
  good.folder.write("ca.pem", "garbage");
  for (int i = 0; i < 5; ++i) {
    world.run_for(1s);
    EXPECT_TRUE(connect(good.client()).is_open());
  }
  EXPECT_THAT(log.lines, ElementsAre(AllOf(HasSubstr("error: "), HasSubstr(good.ca))));
  good.folder.write("ca.pem", good_authority().pem());
  world.run_for(1s);
  EXPECT_TRUE(connect(good.client()).is_open());
  EXPECT_THAT(log.lines, ElementsAre(HasSubstr("error: "), HasSubstr("info: ")));
}

TEST_F(making, a_first_load_that_fails_is_tried_at_each_request) {
  const tls_settings how{.ca_certs = good.folder / "late.pem"};
  EXPECT_EQ(make(how).error(), files::errc::missing);
  good.folder.write("late.pem", "garbage");
  EXPECT_EQ(make(how).error(), tls::errc::bad_pem);
  good.folder.write("late.pem", good_authority().pem());
  EXPECT_TRUE(connect(how).is_open());
}

TEST_F(making, the_context_that_is_used_least_goes_first) {
  const auto nth = [&](int i) {
    // Distinct settings: they are compared by their text.
    return tls_settings{.ca_certs =
                            good.folder.path() + std::string(std::size_t(i) + 1, '/') + "ca.pem"};
  };
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(connect(nth(i)).is_open());
  EXPECT_TRUE(connect(nth(0)).client.tls->is_resumed());
  EXPECT_TRUE(connect(nth(64)).is_open());
  EXPECT_TRUE(connect(nth(0)).client.tls->is_resumed());
  EXPECT_FALSE(connect(nth(1)).client.tls->is_resumed());
}

TEST_F(making, no_settings_are_the_systems_store_and_full_verification) {
  const variable file("SSL_CERT_FILE", good.ca), folder("SSL_CERT_DIR", "");
  auto made = lower.make("tls", {.host = "server.test", .home = &here});
  ASSERT_TRUE(made) << text_of(made);
  auto* layer = dynamic_cast<tls::connection*>(made->release());
  EXPECT_TRUE(context_pair(std::unique_ptr<tls::connection>(layer), *server).is_open());
}

TEST_F(making, without_a_loop_it_is_misuse) {
  const tls_settings how = good.client();
  EXPECT_EQ(lower.make("tls", {.host = "server.test", .tls = &how}).error(), parley::errc::misuse);
}

TEST_F(making, is_built_in) {
  transports table;
  protocols upper;
  add_built_in(upper, table);
  const tls_settings how = good.client();
  EXPECT_TRUE(table.make("tls", {.host = "server.test", .tls = &how, .home = &here}));
}

}  // namespace
}  // namespace parley::test
