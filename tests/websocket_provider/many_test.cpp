// A broadcast to many, who are in a process of their own: a process may open 20,000 descriptors at
// most. PARLEY_LONG makes them 10,000.
#include <cstdlib>

#include "websocket_provider/provider_on.hpp"
#include "websocket_provider/readers.hpp"
#include "websocket_provider/sent.hpp"

namespace parley::test {
namespace {

template <class L>
class websocket_many_on : public websocket_provider_on<L> {
 protected:
  // Until they have told something.
  bool told(readers& all) {
    auto what = readers::news::none;
    this->at.run_until([&] { return (what = all.look()) != readers::news::none; }, 120s);
    return what == readers::news::told;
  }

  // The system is given one buffer, for all of them: each message is encoded, and compressed, once,
  // and not copied. They hold it at the same time: it is not one that is filled for each anew.
  void spread(speaker& news, readers& all, std::size_t many, std::size_t number) {
    watch_sending();
    auto op = news.shout_bytes(as_bytes(broadcast_text(number)));
    EXPECT_EQ(sent_so_far().pieces, 0U);
    const auto done = this->at.wait(std::move(op));
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(done->receivers, static_cast<std::int64_t>(many));
    ASSERT_TRUE(told(all));
    const sent what = sent_so_far();
    stop_watching_sending();
    EXPECT_EQ(what.buffers, 1U);
    EXPECT_EQ(what.pieces, many);
    EXPECT_EQ(what.alone, 0U);
  }

  void broadcast(bool compressed) {
    const std::size_t many = std::getenv("PARLEY_LONG") ? 10'000 : 1000;
    ASSERT_GT(allow_descriptors(), many + 100) << "the system allows too few descriptors";
    auto c = this->served();
    if (compressed) c.compression = "deflate";
    // A ping would be one more thing that is sent.
    c.ping_interval = std::chrono::hours(1);
    auto server = this->up(c);
    readers all(this->port, many, compressed);
    ASSERT_TRUE(told(all));
    EXPECT_EQ(server->counts().clients, many);
    auto news = this->speak(*server, "news");
    for (std::size_t number = 0; number < 4; ++number) {
      ASSERT_NO_FATAL_FAILURE(spread(news, all, many, number)) << number;
    }
    EXPECT_EQ(server->counts().lost, 0U);
    // Nobody gets anything more than farewell.
    auto end = server->close();
    ASSERT_TRUE(told(all));
    EXPECT_TRUE(this->at.wait(std::move(end)));
  }
};
TYPED_TEST_SUITE(websocket_many_on, real_loops, loop_names);

// P18, S99: one in ten of them without PARLEY_LONG, the same way, in less time.
TYPED_TEST(websocket_many_on, each_gets_a_broadcast_once_from_one_buffer) {
  this->broadcast(false);
}

// S102, S114
TYPED_TEST(websocket_many_on, each_gets_it_compressed_once) { this->broadcast(true); }

}  // namespace
}  // namespace parley::test
