// Threads in which handlers run that take their time. Knows nothing of gRPC.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <parley/core/async/callback.hpp>
#include <thread>
#include <vector>

namespace parley::detail {

class grpc_workers {
 public:
  using job = callback<void()>;

  // May throw std::system_error.
  explicit grpc_workers(std::uint32_t count);
  grpc_workers(const grpc_workers&) = delete;
  grpc_workers& operator=(const grpc_workers&) = delete;
  // Drops what has not begun, and waits for what has.
  ~grpc_workers();

  // In any thread. Jobs throw nothing.
  void add(job j);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> waiting_;
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace parley::detail
