// Large files, slow clients, and what happens to a file meanwhile, on every loop.
#include <unistd.h>

#include "rest_files/web_on.hpp"

namespace parley::test {
namespace {

constexpr std::size_t large = std::size_t{48} << 20;  // no socket holds as much

template <class L>
class transfer_on : public web_on<L> {
 protected:
  // A client that asks for a file and reads nothing yet.
  std::unique_ptr<raw_peer> ask_slowly(const std::string& name) {
    auto peer = this->connect();
    peer->send("GET /" + name + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(this->at.run_until([&] { return !peer->received.empty(); }));
    peer->read(false);
    this->at.run_for(50ms);
    return peer;
  }
  void read_on(raw_peer& peer) {
    peer.read(true);
    EXPECT_TRUE(
        this->at.run_until([&] { return peer.has_ended || peer.failure || peer.is_gone(); }, 60s));
  }
  static std::size_t body_size(const raw_peer& peer) {
    return peer.received.size() - peer.received.find("\r\n\r\n") - 4;
  }
  // Zeros, which take no room on the disk.
  void make_large() {
    const std::string path = this->folder.write("large", "");
    ASSERT_EQ(::truncate(path.c_str(), large), 0);
    make_old(path);
  }
};
TYPED_TEST_SUITE(transfer_on, all_loops, loop_names);

TYPED_TEST(transfer_on, a_large_file_in_pieces) {
  const std::string all = letters(5'000'001);
  this->put("a.bin", all);
  this->serve();
  const auto r = this->get("/a.bin");
  EXPECT_TRUE(r.text() == all) << r.text().size();
  EXPECT_EQ(this->open_files(), 0u);
}

// It is read no faster than it is sent: else it would be out of reach for the change.
TYPED_TEST(transfer_on, a_slow_client_gets_all_of_it) {
  this->make_large();
  this->serve();
  auto peer = this->ask_slowly("large");
  EXPECT_EQ(this->open_files(), 1u);
  this->read_on(*peer);
  EXPECT_EQ(this->body_size(*peer), large);
  EXPECT_EQ(this->open_files(), 0u);
}

TYPED_TEST(transfer_on, a_file_that_is_cut_ends_the_connection) {
  this->make_large();
  this->serve();
  auto peer = this->ask_slowly("large");
  ASSERT_EQ(::truncate((this->folder / "large").c_str(), 1000), 0);
  this->read_on(*peer);
  EXPECT_LT(this->body_size(*peer), large);
  EXPECT_EQ(this->open_files(), 0u);
  EXPECT_EQ(this->get("/large").text().size(), 1000u);
}

TYPED_TEST(transfer_on, a_file_that_is_written_over_ends_the_connection) {
  this->make_large();
  this->serve();
  auto peer = this->ask_slowly("large");
  make_old(this->folder / "large", 1'600'000'000);
  this->read_on(*peer);
  EXPECT_LT(this->body_size(*peer), large);
}

TYPED_TEST(transfer_on, a_file_that_grows) {
  this->make_large();
  static_files_options o;
  o.may_grow = true;
  this->serve(o);
  auto peer = this->ask_slowly("large");
  ASSERT_EQ(::truncate((this->folder / "large").c_str(), large + 1000), 0);
  this->read_on(*peer);
  EXPECT_EQ(this->body_size(*peer), large);
  // Without leave it is one that changes.
  auto strict = static_files::open(this->home, this->folder.path());
  ASSERT_TRUE(this->server->route("GET", "/strict/{path...}", strict->handler()));
  peer = this->ask_slowly("strict/large");
  ASSERT_EQ(::truncate((this->folder / "large").c_str(), large + 2000), 0);
  this->read_on(*peer);
  EXPECT_LT(this->body_size(*peer), large);
}

// Those who have begun get the old one.
TYPED_TEST(transfer_on, a_file_that_is_replaced_or_removed) {
  this->make_large();
  this->serve();
  auto peer = this->ask_slowly("large");
  this->folder.write("next", "new");
  std::filesystem::rename(this->folder / "next", this->folder / "large");
  EXPECT_EQ(this->get("/large").text(), "new");
  this->read_on(*peer);
  EXPECT_EQ(this->body_size(*peer), large);
  this->make_large();
  peer = this->ask_slowly("large");
  std::filesystem::remove(this->folder / "large");
  this->read_on(*peer);
  EXPECT_EQ(this->body_size(*peer), large);
}

TYPED_TEST(transfer_on, a_client_that_goes_away) {
  this->make_large();
  this->serve();
  auto peer = this->ask_slowly("large");
  auto other = this->ask_slowly("large");
  EXPECT_EQ(this->open_files(), 2u);
  peer.reset();
  EXPECT_TRUE(this->at.run_until([&] { return this->open_files() == 1; }));
  // And a server that does.
  this->server.reset();
  EXPECT_TRUE(this->at.run_until([&] { return this->open_files() == 0; }));
}

TYPED_TEST(transfer_on, many_at_once) {
  const std::string all = letters(300'000);
  this->put("a.bin", all);
  this->serve();
  std::vector<std::unique_ptr<raw_peer>> peers;
  for (int i = 0; i < 60; ++i) {
    peers.push_back(this->connect());
    peers.back()->send("GET /a.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }
  for (const auto& peer : peers) {
    ASSERT_TRUE(this->at.run_until([&] { return peer->has_ended; }));
    EXPECT_TRUE(peer->received.ends_with(all));
  }
  EXPECT_EQ(this->open_files(), 0u);
}

}  // namespace
}  // namespace parley::test
