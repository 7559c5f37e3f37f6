// Certificates that change while the program runs, in simulated time.
#include <sys/resource.h>

#include <cerrno>

#include <parley/adapters/files/reloader.hpp>
#include <system_error>

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

// A server whose files are looked at every ten seconds, and a client to see what it shows.
class reloading : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server && client);
    renew.emplace(world.add_host("here"), *server, good.server(),
                  files::reloader::options{.interval = 10s, .watch = &log});
  }
  void run(duration d) { EXPECT_EQ(world.run_for(d), sim::stopped::time); }
  void install(const identity& who) {
    good.folder.write("chain.pem", who.chain);
    good.folder.write("key.pem", who.key);
  }
  // The common name in the server's certificate.
  std::string shown() {
    context_pair p(*client, *server);
    const auto peer = p.client.tls->peer_certificate();
    return peer ? peer->subject : p.failure();
  }
  static identity renewed(const std::string& name) {
    return good_authority().issue({.name = name, .dns = {"server.test"}});
  }

  good_files good;
  log_keeper log;
  sim::world world{1};
  result<tls::context> server = files::server_context(good.server());
  result<tls::context> client = files::client_context(good.client());
  std::optional<files::reloader> renew;
};

TEST_F(reloading, a_change_is_loaded_at_the_second_look) {
  run(100s);
  EXPECT_THAT(log.lines, IsEmpty());
  install(renewed("the second"));
  run(10s);
  EXPECT_THAT(shown(), HasSubstr("CN=server"));
  EXPECT_THAT(log.lines, IsEmpty());
  run(10s);
  EXPECT_THAT(shown(), HasSubstr("the second"));
  EXPECT_THAT(log.lines, ElementsAre(HasSubstr("info: ")));
  run(100s);
  EXPECT_THAT(log.lines, SizeIs(1));
}

TEST_F(reloading, what_is_being_written_is_left_alone) {
  const identity next = renewed("the second");
  // It grows from look to look.
  for (std::size_t part = 1; part < 5; ++part) {
    good.folder.write("chain.pem", next.chain.substr(0, next.chain.size() * part / 5));
    run(10s);
  }
  install(next);
  run(10s);
  EXPECT_THAT(log.lines, IsEmpty());
  EXPECT_THAT(shown(), HasSubstr("CN=server"));
  run(10s);
  EXPECT_THAT(log.lines, ElementsAre(HasSubstr("info: ")));
  EXPECT_THAT(shown(), HasSubstr("the second"));
}

TEST_F(reloading, what_is_broken_is_told_once_and_the_old_stays) {
  const identity next = renewed("the second");
  good.folder.write("chain.pem", next.chain.substr(0, next.chain.size() / 2));
  run(100s);
  EXPECT_THAT(log.lines, ElementsAre(AllOf(HasSubstr("error: "), HasSubstr("the old ones stay"),
                                           HasSubstr(good.chain), HasSubstr("hint: "))));
  EXPECT_THAT(shown(), HasSubstr("CN=server"));
  // The certificate is there, its key is not yet: another change, another fault.
  good.folder.write("chain.pem", next.chain);
  run(100s);
  ASSERT_THAT(log.lines, SizeIs(2));
  EXPECT_THAT(log.lines[1], HasSubstr("do not belong together"));
  EXPECT_THAT(shown(), HasSubstr("CN=server"));
  good.folder.write("key.pem", next.key);
  run(20s);
  ASSERT_THAT(log.lines, SizeIs(3));
  EXPECT_THAT(log.lines[2], HasSubstr("info: "));
  EXPECT_THAT(shown(), HasSubstr("the second"));
}

TEST_F(reloading, files_that_vanish_and_come_back) {
  std::filesystem::remove(good.chain);
  run(100s);
  EXPECT_THAT(log.lines, ElementsAre(AllOf(HasSubstr("error: "), HasSubstr(good.chain))));
  install(good_server());
  run(20s);
  EXPECT_THAT(log.lines, SizeIs(2));
}

// No file can be opened while it lives.
class no_descriptors {
 public:
  no_descriptors() {
    // UBSan looks at a type that it has not met before through a pipe, and there will be none.
    (void)std::generic_category().message(EMFILE);
    ::getrlimit(RLIMIT_NOFILE, &old_);
    const rlimit none{0, old_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  rlimit old_{};
};

TEST_F(reloading, what_the_system_lacks_for_a_while_is_tried_again) {
  // A first fault: UBSan looks at types that it has not met before through a pipe.
  good.folder.write("key.pem", "garbage");
  run(20s);
  log.lines.clear();
  install(renewed("the second"));
  {
    const no_descriptors now;
    run(100s);
  }
  EXPECT_THAT(log.lines, ElementsAre(AllOf(HasSubstr("error: "), HasSubstr("ulimit -n"))));
  run(10s);
  EXPECT_THAT(log.lines, SizeIs(2));
  EXPECT_THAT(shown(), HasSubstr("the second"));
}

TEST_F(reloading, check_now_does_not_wait) {
  EXPECT_TRUE(renew->check_now());
  EXPECT_THAT(log.lines, IsEmpty());
  install(renewed("the second"));
  EXPECT_TRUE(renew->check_now());
  EXPECT_THAT(shown(), HasSubstr("the second"));
  EXPECT_THAT(log.lines, SizeIs(1));
  run(100s);
  EXPECT_THAT(log.lines, SizeIs(1));
}

TEST_F(reloading, check_now_tells_each_caller_what_is_wrong) {
  good.folder.write("key.pem", "garbage");
  for (int i = 0; i < 2; ++i) {
    const auto got = renew->check_now();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error(), tls::errc::bad_key);
  }
  EXPECT_THAT(log.lines, SizeIs(1));
  install(renewed("the second"));
  EXPECT_TRUE(renew->check_now());
  EXPECT_THAT(shown(), HasSubstr("the second"));
}

TEST_F(reloading, without_an_observer_and_without_the_systems_store) {
  const variable file("SSL_CERT_FILE", "/no/such/file"), folder("SSL_CERT_DIR", "");
  files::reloader quiet(*world.find_host("here"), *server, good.server(), {.interval = 0s});
  install(renewed("the second"));
  EXPECT_TRUE(quiet.check_now());
  good.folder.write("key.pem", "garbage");
  EXPECT_FALSE(quiet.check_now());
  EXPECT_THAT(shown(), HasSubstr("the second"));
}

TEST_F(reloading, ends_with_the_reloader) {
  install(renewed("the second"));
  run(10s);
  renew.reset();
  EXPECT_EQ(world.run_until_idle(), sim::stopped::idle);
  EXPECT_THAT(shown(), HasSubstr("CN=server"));
}

}  // namespace
}  // namespace parley::test
