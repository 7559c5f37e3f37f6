// What a loop does to the process that it is in: nothing that the program notices.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <set>

#include "loops/fixtures.hpp"

namespace parley::test {
namespace {

template <class World>
class loop_in_process : public loop_test<World> {};
TYPED_TEST_SUITE(loop_in_process, real_worlds, loop_names);

std::set<int> open_descriptors() {
  std::set<int> out;
  DIR* all = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(all)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != ::dirfd(all)) out.insert(fd);
  }
  ::closedir(all);
  return out;
}

using dispositions = std::map<int, void (*)(int)>;
dispositions signal_dispositions() {
  dispositions out;
  for (int number = 1; number < 32; ++number) {
    struct sigaction a{};
    if (::sigaction(number, nullptr, &a) == 0) out[number] = a.sa_handler;
  }
  return out;
}

TYPED_TEST(loop_in_process, every_descriptor_is_closed_on_exec) {
  auto& server = this->serve();
  auto& local = this->serve_at(this->world.local_path("exec"));
  this->connected(server);
  this->connected(local);
  int checked = 0;
  for (const int fd : open_descriptors()) {
    // The first are the test's own, and those of its parent.
    if (fd <= 2) continue;
    sockaddr_storage unused;
    socklen_t size = sizeof unused;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&unused), &size) != 0) continue;
    EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC) << fd;
    ++checked;
  }
  EXPECT_GE(checked, 6);
}

// libuv and Asio open what they need once in a while and keep it; sockets are ours.
TYPED_TEST(loop_in_process, connections_leave_no_descriptor_behind) {
  auto& server = this->serve();
  auto talk = [&] {
    auto pair = this->connected(server);
    pair.client.close();
    ASSERT_TRUE(this->world.run_until([&] { return this->all_released(); }));
    this->world.idle();
  };
  talk();
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i) talk();
  EXPECT_EQ(open_descriptors(), before);
}

TYPED_TEST(loop_in_process, signals_are_handled_as_before) {
  const dispositions before = signal_dispositions();
  sigset_t mask_before, mask_after;
  ::sigprocmask(SIG_SETMASK, nullptr, &mask_before);
  TypeParam another;
  line_server server;
  ASSERT_TRUE(server.listen(another.port(), another.any_port()));
  line_peer client(another.port(), server.where());
  client.driven().send("hello");
  ASSERT_TRUE(another.run_until([&] { return !client.lines.empty(); }));
  EXPECT_EQ(signal_dispositions(), before);
  ::sigprocmask(SIG_SETMASK, nullptr, &mask_after);
  for (int number = 1; number < 32; ++number) {
    EXPECT_EQ(::sigismember(&mask_after, number), ::sigismember(&mask_before, number));
  }
  client.close();
  server.stop();
  server.close_all();
  ASSERT_TRUE(another.run_until([&] { return server.open_count() + !client.released_count == 0; }));
}

// With the default disposition a signal would end this program.
TYPED_TEST(loop_in_process, writing_to_who_has_gone_raises_no_sigpipe) {
  struct sigaction a{};
  ASSERT_EQ(::sigaction(SIGPIPE, nullptr, &a), 0);
  ASSERT_EQ(a.sa_handler, SIG_DFL);
  auto& server = this->serve_at(this->world.local_path("pipe"));
  auto pair = this->connected(server);
  pair.client.pause(true);
  this->world.idle();
  pair.server.close();
  ASSERT_TRUE(this->world.run_until([&] { return pair.server.released_count == 1; }));
  ASSERT_TRUE(this->repeat_until([&] { pair.client.send("anybody there?"); },
                                 [&] { return pair.client.released_count == 1; }));
}

// Waiting costs nothing: neither connections, nor peers that nobody hears, nor
// deadlines keep the processor busy.
TYPED_TEST(loop_in_process, an_idle_loop_sleeps) {
  auto& server = this->serve();
  for (int i = 0; i < 20; ++i) this->connected(server);
  auto deaf = this->connected(server);
  deaf.client.pause(true);
  this->world.idle();
  deaf.server.close();
  this->world.idle();
  // A loop that spins makes thousands of turns in that time.
  int turns = 0;
  struct stop final : timer {
    void fired(time_point) override { is_over = true; }
    bool is_over = false;
  } later;
  this->port().set_timer(later, this->port().now() + std::chrono::milliseconds(100));
  ASSERT_TRUE(this->world.run_until([&] {
    ++turns;
    return later.is_over;
  }));
  EXPECT_LT(turns, 50);
}

}  // namespace
}  // namespace parley::test
