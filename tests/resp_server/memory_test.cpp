// What a connection costs: heap of an idle one, and no allocation per request.
#include <gtest/gtest.h>
#include <malloc.h>

#include <parley/adapters/posix/socket.hpp>
#include <parley/codecs/resp/server/detail/redis_server_session.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>

#include "resp_server/clients.hpp"
#include "resp_server/raw_client.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

TEST(server_memory, requests_in_the_steady_state_allocate_nothing) {
  engine_world w;
  auto c = w.client();
  const std::string batch =
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\nvvv\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
      "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*1\r\n$4\r\nPING\r\n";
  for (int i = 0; i < 200; ++i) (void)c->say(batch);
  const std::size_t before = allocations();
  for (int i = 0; i < 1000; ++i) (void)c->say(batch);
  // say() itself makes three strings each time: what it sends, and twice what comes.
  EXPECT_LE(allocations() - before, 3 * 1000u);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__has_feature)
#define PARLEY_COUNTS_HEAP 1
#elif defined(__has_feature)
#if !__has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define PARLEY_COUNTS_HEAP 1
#endif
#endif

// The bound: less than 512 bytes for an idle connection, all objects together.
TEST(server_memory, the_objects_of_a_connection_are_small) {
  const std::size_t objects = sizeof(posix::socket) + sizeof(detail::redis_server_session);
  std::printf("posix::socket %zu, session %zu, together %zu\n", sizeof(posix::socket),
              sizeof(detail::redis_server_session), objects);
  EXPECT_LT(objects, 512u);
}

#ifdef PARLEY_COUNTS_HEAP
TEST(server_memory, an_idle_connection_holds_little_besides) {
  blocking::loop loop;
  redis_server server(loop, {.port = 0});
  ASSERT_TRUE(server.listen());
  const std::uint16_t port = server.local_address()->port();
  constexpr int count = 200;
  std::vector<std::unique_ptr<raw_client>> clients;
  const auto heap = [] { return ::mallinfo2().uordblks; };
  const auto connect = [&] {
    clients.push_back(std::make_unique<raw_client>(loop, port));
    EXPECT_EQ(clients.back()->ask("PING\r\n", "\r\n"), "+PONG\r\n");
  };
  for (int i = 0; i < 8; ++i) connect();
  clients.reserve(count + 8);
  // So that all have been idle for long enough: two looks, a second apart.
  const auto rest = [&] {
    const time_point until = loop.now() + std::chrono::milliseconds(2500);
    while (loop.now() < until) loop.run_once(std::chrono::milliseconds(100));
  };
  rest();
  const std::size_t before = heap();
  for (int i = 0; i < count; ++i) connect();
  rest();
  const std::size_t each = (heap() - before) / count - sizeof(raw_client) - 16;
  std::printf("heap of an idle connection: %zu bytes\n", each);
  // Besides the objects: malloc's own bytes, and a place in the loop's and the server's lists.
  EXPECT_LE(each, 640u);
}
#endif

}  // namespace
}  // namespace parley::test
