// The way from gRPC's threads to the loop's, without gRPC: its own code is not built for
// ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/grpc/grpc_port.hpp>
#include <thread>
#include <vector>

namespace parley::test {
namespace {

// Counts what it hears, and how many of its kind there are.
class counted final : public grpc_call {
 public:
  struct counts {
    std::atomic<int> alive = 0, ended = 0, late = 0;
    std::uint64_t heard = 0;  // in the loop's thread
  };

  counted(std::shared_ptr<grpc_port> port, counts& c) : grpc_call(std::move(port)), counts_(c) {
    ++counts_.alive;
  }

 private:
  ~counted() override { --counts_.alive; }
  void happened(std::uint32_t events) override {
    ++counts_.heard;
    if (events & ended) ++counts_.ended;
  }
  void happened_too_late(std::uint32_t events) noexcept override {
    if (events & ended) ++counts_.late;
  }

  counts& counts_;
};

constexpr int calls = 2000;

// Each tells two things, and then its end.
void tell_all(const std::shared_ptr<grpc_port>& port, counted::counts& c) {
  for (int i = 0; i < calls; ++i) {
    auto* const call = new counted(port, c);
    call->tell(1);
    call->tell(2);
    call->tell(grpc_call::ended);
  }
}

TEST(grpc_port, what_other_threads_tell_is_heard_in_the_loop) {
  blocking::loop loop;
  auto port = std::make_shared<grpc_port>(loop);
  counted::counts c;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { tell_all(port, c); });
  while (c.ended < 4 * calls) loop.run_once();
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(c.alive, 0);
  EXPECT_EQ(c.late, 0);
  EXPECT_GE(c.heard, 4U * calls);
  EXPECT_EQ(port->busy(), 0U);
  port->close();
}

TEST(grpc_port, after_the_end_of_the_loop_nothing_is_lost_and_nothing_touches_it) {
  for (int round = 0; round < 20; ++round) {
    counted::counts c;
    std::vector<std::thread> threads;
    {
      blocking::loop loop;
      auto port = std::make_shared<grpc_port>(loop);
      for (int i = 0; i < 3; ++i) threads.emplace_back([port, &c] { tell_all(port, c); });
      for (int i = 0; i < round; ++i) loop.run_once(duration::zero());
      port->close();
      port->wait_until_idle();  // of those that have begun
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(c.ended + c.late, 3 * calls);
    EXPECT_EQ(c.alive, 0);
  }
}

TEST(grpc_port, a_call_may_close_the_port_while_others_wait) {
  struct closer final : grpc_call {
    explicit closer(std::shared_ptr<grpc_port> p) : grpc_call(p), port_(std::move(p)) {}
    void happened(std::uint32_t) override {
      port_->close();
      port_->wait_until_idle();
    }
    std::shared_ptr<grpc_port> port_;
  };
  blocking::loop loop;
  auto port = std::make_shared<grpc_port>(loop);
  counted::counts c;
  auto* const first = new closer(port);
  first->tell(grpc_call::ended);
  (new counted(port, c))->tell(grpc_call::ended);
  while (c.late == 0) loop.run_once();
  EXPECT_EQ(c.ended, 0);
  EXPECT_EQ(c.alive, 0);
}

TEST(grpc_port, what_is_enlisted_is_aborted_when_the_port_closes) {
  struct listed final : grpc_call {
    listed(std::shared_ptr<grpc_port> p, int& n) : grpc_call(std::move(p)), aborted(n) {}
    void happened(std::uint32_t) override {}
    void abort() noexcept override {
      ++aborted;
      tell(ended);
    }
    int& aborted;
  };
  blocking::loop loop;
  auto port = std::make_shared<grpc_port>(loop);
  int aborted = 0;
  (new listed(port, aborted))->enlist();
  auto* const second = new listed(port, aborted);
  second->enlist();
  second->delist();
  port->close();
  EXPECT_EQ(aborted, 1);
  second->tell(grpc_call::ended);
  port->wait_until_idle();
}

}  // namespace
}  // namespace parley::test
