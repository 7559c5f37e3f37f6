#include "served.hpp"

#include <benchmark/benchmark.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "common/process.hpp"
#include "script.hpp"
#include "server.hpp"

namespace parley::bench {
namespace {

constexpr std::size_t requests = 100'000;  // of SET, and as many of GET

void load(const served& server, std::size_t depth) {
  // Its table is not ours to show.
  (void)output_of({"redis-benchmark", "-s", server.path, "-n", std::to_string(requests), "-P",
                   std::to_string(depth), "-c", "50", "-t", "set,get", "-d", "16", "-r", "10000",
                   "-q"});
}

// The figure is the processor time of the server per request, system calls included.
void run(benchmark::State& state, const served& server, std::size_t depth) {
  constexpr double each = 2 * requests;
  double wall = 0;
  for (auto _ : state) {
    const auto began = std::chrono::steady_clock::now();
    const double before = used_by(server.pid);
    load(server, depth);
    state.SetIterationTime(used_by(server.pid) - before);
    wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(each));
  state.counters["wall_per_s"] = static_cast<double>(state.iterations()) * each / wall;
}

}  // namespace

bool add_served(const char* peer, served (*start)()) {
  for (std::size_t depth : {1, 16}) {
    const std::string name = "redis/server_P" + std::to_string(depth) + "/" + peer;
    auto* row = benchmark::RegisterBenchmark(
        name.c_str(), [start, depth](benchmark::State& state) { run(state, start(), depth); });
    row->Iterations(1)->UseManualTime();
  }
  return true;
}

served fork_server(const std::string& name, void (*serve)(const std::string& path)) {
  // Beside the socket of redis-server, in a folder that is removed with it. Its processor is
  // the one on which this process was pinned by then.
  const std::string path = server_path() + "." + name;
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) wrong(name, "fork failed");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent) serve(path);
    ::_exit(1);
  }
  for (int tries = 0; ::access(path.c_str(), F_OK) != 0; ++tries) {
    if (tries > 1000) wrong(name, "the server did not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {pid, path};
}

}  // namespace parley::bench
