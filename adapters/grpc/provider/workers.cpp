#include <parley/adapters/grpc/provider/workers.hpp>
#include <utility>

namespace parley::detail {

grpc_workers::grpc_workers(std::uint32_t count) {
  threads_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) threads_.emplace_back([this] { run(); });
}

grpc_workers::~grpc_workers() {
  std::deque<job> dropped;
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    dropped.swap(waiting_);
  }
  changed_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void grpc_workers::add(job j) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(j));
  }
  changed_.notify_one();
}

void grpc_workers::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (ends_) return;
    job j = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    j();
    j.reset();
    lock.lock();
  }
}

}  // namespace parley::detail
