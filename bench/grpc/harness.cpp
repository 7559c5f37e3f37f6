#include "harness.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <list>

#include "common/wrong.hpp"

namespace parley::bench {
namespace {

constexpr std::size_t calls = 3000;
constexpr std::size_t messages = 30000;
constexpr int blocks = 11;

struct server {
  grpc_peer peer;
  std::string path;
  child process;
};

// All at once, as a process that has threads must not be forked.
struct all_servers {
  explicit all_servers(const std::vector<grpc_peer>& peers) {
    char name[] = "/tmp/parley-bench-XXXXXX";
    if (!::mkdtemp(name)) wrong("grpc", "no folder");
    folder = name;
    for (const grpc_peer& p : peers) {
      const std::string path = folder + "/" + p.name;
      servers.push_back({p, path, child([=] { p.serve(path); })});
    }
  }
  ~all_servers() {
    if (::getpid() != owner) return;
    servers.clear();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  pid_t owner = ::getpid();
  std::string folder;
  std::list<server> servers;
};

std::vector<grpc_peer>& peers() {
  static std::vector<grpc_peer> all;
  return all;
}

const server& server_of(const grpc_peer& peer) {
  static const all_servers all(peers());
  const auto at = std::ranges::find(all.servers, peer.name,
                                    [](const server& s) { return std::string_view(s.peer.name); });
  return *at;
}

double used_by_both(const server& s) {
  rusage self{};
  ::getrusage(RUSAGE_SELF, &self);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(self.ru_utime) + seconds(self.ru_stime) + used_by(s.process.pid());
}

// One block of `items`; what connects and warms up is not counted.
template <class Run>
void measure_block(benchmark::State& state, const server& s, std::size_t items, Run run) {
  double wall = 0;
  for (auto _ : state) {
    const auto began = std::chrono::steady_clock::now();
    const double before = used_by_both(s);
    run();
    state.SetIterationTime(used_by_both(s) - before);
    wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  const auto all = static_cast<double>(items) * static_cast<double>(state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(all));
  state.counters["wall_per_s"] = all / wall;
}

void run_calls(benchmark::State& state, const grpc_peer& peer, bool is_value, std::size_t depth) {
  const server& s = server_of(peer);
  const auto client = peer.connect(s.path, is_value);
  latencies unused(calls / 4);
  client->call(calls / 4, depth, unused);
  latencies all(calls);
  measure_block(state, s, calls, [&] { client->call(calls, depth, all); });
  state.counters["p50_us"] = all.part(0.5);
  state.counters["p99_us"] = all.part(0.99);
}

void run_stream(benchmark::State& state, const grpc_peer& peer, bool is_value) {
  const server& s = server_of(peer);
  const auto client = peer.connect(s.path, is_value);
  client->stream(messages / 4);
  measure_block(state, s, messages, [&] { client->stream(messages); });
}

template <class Run>
void add_row(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), run)
      ->Iterations(1)
      ->Repetitions(blocks)
      ->UseManualTime();
}

}  // namespace

double latencies::part(double of_all) {
  if (all_.empty()) return 0;
  const auto last = static_cast<double>(all_.size() - 1);
  const auto at = all_.begin() + static_cast<std::ptrdiff_t>(last * of_all);
  std::ranges::nth_element(all_, at);
  return std::chrono::duration<double, std::micro>(*at).count();
}

bool add_grpc_peer(const grpc_peer& peer) {
  peers().push_back(peer);
  for (const bool is_value : {false, true}) {
    const std::string what = is_value ? "value" : "raw";
    for (const std::size_t depth : {1, 16, 64}) {
      add_row("grpc/call_" + what + "_" + std::to_string(depth) + "/" + peer.name,
              [=](benchmark::State& state) { run_calls(state, peer, is_value, depth); });
    }
    add_row("grpc/stream_" + what + "/" + peer.name,
            [=](benchmark::State& state) { run_stream(state, peer, is_value); });
  }
  return true;
}

}  // namespace parley::bench
