// The toolbox under the loops on real sockets.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/posix/detail/native.hpp>
#include <parley/adapters/posix/os_error.hpp>
#include <parley/adapters/posix/system.hpp>

#include "support/line_peer.hpp"
#include "support/real_network.hpp"

namespace parley::test {
namespace {

// S157
TEST(posix_errors, say_what_failed_where_and_what_to_do) {
  const std::string where = "127.0.0.1:6379";
  const auto of = [&](int code) { return posix::from_errno(code, where); };
  EXPECT_TRUE(of(ECONNREFUSED) == errc::refused);
  EXPECT_TRUE(of(ENOENT) == errc::refused);
  EXPECT_TRUE(of(ENETUNREACH) == errc::unreachable);
  EXPECT_TRUE(of(EHOSTUNREACH) == errc::unreachable);
  EXPECT_TRUE(of(ETIMEDOUT) == errc::timed_out);
  EXPECT_TRUE(of(ECONNRESET) == errc::reset);
  EXPECT_TRUE(of(EPIPE) == errc::reset);
  EXPECT_TRUE(of(ENOMEM) == errc::out_of_memory);
  EXPECT_TRUE(of(EACCES) == errc::io);
  EXPECT_TRUE(of(EIO) == errc::io);
  EXPECT_EQ(of(ECONNREFUSED).message(), where);
  EXPECT_EQ(of(EACCES).message(), where + ": Permission denied");
  EXPECT_TRUE(of(EMFILE).hint().contains("ulimit"));
  for (const int code :
       {ECONNREFUSED, ENOENT, ENETUNREACH, ETIMEDOUT, EACCES, EADDRINUSE, EMFILE}) {
    EXPECT_FALSE(of(code).hint().empty()) << of(code).to_string();
  }
}

TEST(posix_addresses, go_to_the_system_and_back) {
  for (const char* text : {"127.0.0.1:6379", "0.0.0.0:0", "[::1]:443", "[fe80::1%3]:80",
                           "unix:/run/some.socket", "unix:@abstract"}) {
    const auto a = address::parse(text);
    ASSERT_TRUE(a) << text;
    const auto native = posix::to_native(*a);
    ASSERT_TRUE(native) << text;
    EXPECT_EQ(posix::from_native(*native), *a) << text;
  }
}

TEST(posix_addresses, a_path_may_fill_the_whole_room) {
  EXPECT_TRUE(posix::to_native(address::local(std::string(107, 'p'))));
  EXPECT_FALSE(posix::to_native(address::local(std::string(108, 'p'))));
  // An abstract name needs no end.
  const auto longest = address::local('\0' + std::string(107, 'a'));
  const auto native = posix::to_native(longest);
  ASSERT_TRUE(native);
  EXPECT_EQ(posix::from_native(*native), longest);
  EXPECT_FALSE(posix::to_native(address::local('\0' + std::string(108, 'a'))));
  EXPECT_FALSE(posix::to_native(address::local("")));
}

// Every descriptor that a loop opens is closed on exec and does not block.
TEST(posix_sockets, are_closed_on_exec_and_non_blocking) {
  const auto open = [] {
    std::vector<bool> fds(1024);
    for (int fd = 0; fd < 1024; ++fd) fds[static_cast<std::size_t>(fd)] = ::fcntl(fd, F_GETFD) >= 0;
    return fds;
  };
  real_network network;
  const auto before = open();
  blocking::loop loop;
  line_server server;
  ASSERT_TRUE(server.listen(loop, network.any_port()));
  line_peer client(loop, server.where());
  while (!client.is_open() || server.peers.empty()) loop.run_once();
  const auto after = open();
  int opened = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    const auto i = static_cast<std::size_t>(fd);
    if (!after[i] || before[i]) continue;
    ++opened;
    EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC) << fd;
    EXPECT_TRUE(::fcntl(fd, F_GETFL) & O_NONBLOCK) << fd;
  }
  EXPECT_EQ(opened, 4);  // waker, listener, both ends
  client.close();
  server.close_all();
  server.stop();
  EXPECT_TRUE(loop.run());
  // All but the waker are gone again.
  const auto last = open();
  EXPECT_EQ(std::ranges::count(last, true), std::ranges::count(before, true) + 1);
}

// No handler is installed, and the default of SIGPIPE would end this program.
TEST(posix_sockets, raise_no_sigpipe) {
  struct sigaction action{};
  ASSERT_EQ(::sigaction(SIGPIPE, nullptr, &action), 0);
  ASSERT_EQ(action.sa_handler, SIG_DFL);
  real_network network;
  blocking::loop loop;
  line_server server;
  ASSERT_TRUE(server.listen(loop, network.local_path("pipe")));
  line_peer client(loop, server.where());
  while (!client.is_open() || server.peers.empty()) loop.run_once();
  client.pause(true);
  server.close_all();
  while (server.open_count() > 0) loop.run_once();
  client.send("into the void");
  while (client.released_count == 0) loop.run_once();
  EXPECT_TRUE(*client.failure == errc::reset) << client.failure->to_string();
  server.stop();
}

// However fast a peer sends, a turn takes a bounded part of it. Here it sends anew
// whenever some was read, so that there is always more.
TEST(posix_sockets, read_a_bounded_amount_in_a_turn) {
  constexpr std::size_t total = 4 * 1024 * 1024;
  constexpr std::size_t bound = 512 * 1024;
  const std::string text = std::string(1023, 'x') + '\n';
  real_network network;
  blocking::loop loop;
  const address where = network.local_path("flood");
  const posix::unique_fd peer = posix::open_socket(where);
  const auto fill = [&] {
    while (::send(peer.get(), text.data(), text.size(), 0) > 0) {
    }
  };
  std::size_t taken = 0;
  line_server server([&](line_peer& p) {
    p.on_line = [&](line_peer&, std::string_view line) {
      taken += line.size() + 1;
      if (taken < total) fill();
    };
  });
  ASSERT_TRUE(server.listen(loop, where));
  const auto native = posix::to_native(where);
  ASSERT_EQ(::connect(peer.get(), native->get(), native->size), 0);
  fill();
  std::size_t most = 0;
  while (taken < total) {
    const std::size_t before = taken;
    ASSERT_TRUE(loop.run_once());
    most = std::max(most, taken - before);
  }
  EXPECT_LE(most, bound);
  server.close_all();
  server.stop();
  EXPECT_TRUE(loop.run());
}

// A program that died leaves the file of its socket behind.
TEST(posix_sockets, a_stale_unix_path_is_taken_over) {
  real_network network;
  const address path = network.local_path("stale");
  {
    const auto native = posix::to_native(path);
    const posix::unique_fd dead = posix::open_socket(path);
    ASSERT_EQ(::bind(dead.get(), native->get(), native->size), 0);
  }
  blocking::loop loop;
  line_server server;
  EXPECT_TRUE(server.listen(loop, path));
  line_peer client(loop, path);
  while (!client.is_open()) loop.run_once();
  client.close();
  server.close_all();
  server.stop();
  EXPECT_TRUE(loop.run());
  EXPECT_NE(::access(std::string(path.path()).c_str(), F_OK), 0);  // ours was removed
}

// Nobody was asked who could have refused it.
TEST(posix_sockets, a_path_in_a_folder_that_is_missing) {
  real_network network;
  const std::string path(network.local_path("none").path());
  blocking::loop loop;
  line_server server;
  const auto ok = server.listen(loop, address::local(path + "/socket"));
  ASSERT_FALSE(ok);
  EXPECT_TRUE(ok.error() == errc::io) << ok.error().to_string();
  EXPECT_TRUE(ok.error().message().contains("no such folder")) << ok.error().to_string();
  EXPECT_TRUE(ok.error().hint().contains("folder")) << ok.error().hint();
}

TEST(posix_waker, is_readable_until_drained) {
  posix::waker waker;
  ASSERT_TRUE(waker.is_open());
  std::uint64_t count = 0;
  EXPECT_LT(::read(waker.descriptor(), &count, sizeof count), 0);
  waker.signal();
  waker.signal();
  waker.drain();
  EXPECT_LT(::read(waker.descriptor(), &count, sizeof count), 0);
}

}  // namespace
}  // namespace parley::test
