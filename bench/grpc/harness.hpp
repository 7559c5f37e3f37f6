// Registers the rows of suite grpc.
//   grpc/call_raw_N    echo of 100 bytes, N calls in flight
//   grpc/call_value_N  {"x": 10, "y": 32} -> {"result": 42}; of a peer: bytes of the same size
//   grpc/stream_raw, grpc/stream_value   messages of the same sizes from the server, one stream
// The figure is the processor time of client and server together, all threads and system calls
// included, per call or message. Each peer's client talks to the same peer's server, a process of
// its own, over a Unix socket.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/process.hpp"

namespace parley::bench {

inline constexpr std::size_t raw_size = 100;
// What {"x": 10, "y": 32} and {"result": 42} take as a payload of proto/parley.proto.
inline constexpr std::size_t value_size = 24;
inline std::size_t size_of(bool is_value) { return is_value ? value_size : raw_size; }

// Times of calls, from their beginning to their end.
class latencies {
 public:
  using clock = std::chrono::steady_clock;

  explicit latencies(std::size_t count) { all_.reserve(count); }
  // By one thread at a time.
  void add(clock::time_point began) { all_.push_back(clock::now() - began); }
  void add_all(const latencies& more) {
    all_.insert(all_.end(), more.all_.begin(), more.all_.end());
  }
  // In microseconds: such a part of the calls, 0.5 or 0.99, took no longer.
  double part(double of_all);

 private:
  std::vector<clock::duration> all_;
};

// A client that is connected.
class grpc_client {
 public:
  virtual ~grpc_client() = default;
  // Makes `count` calls, `depth` of them in flight at any time. Ends the program at a wrong answer.
  virtual void call(std::size_t count, std::size_t depth, latencies& to) = 0;
  // Receives so many messages of one stream.
  virtual void stream(std::size_t count) = 0;
};

// One who is measured. Neither of its threads may be there before a row of it runs: the servers are
// forked with the first row.
struct grpc_peer {
  const char* name;
  // Serves at that path until the process is ended.
  void (*serve)(const std::string& path);
  std::unique_ptr<grpc_client> (*connect)(const std::string& path, bool is_value);
};

// To be called before main().
bool add_grpc_peer(const grpc_peer& peer);

}  // namespace parley::bench
