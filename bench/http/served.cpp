#include "served.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>

namespace parley::bench {
namespace {

constexpr std::size_t depths[] = {1, 16};

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) ++count;
  return count;
}

// Two requests in one write must get two whole responses.
void check(const char* peer, std::uint16_t port) {
  const client_socket client(port);
  constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  client.send(std::string(request).append(request));
  std::string got;
  while (count_of(got, hello) < 2) {
    const std::string part = client.receive();
    if (part.empty()) wrong(peer, "it does not answer");
    got += part;
  }
  if (count_of(got, "HTTP/1.1 200 OK\r\n") != 2 || count_of(got, ": text/plain\r\n") != 2 ||
      count_of(got, ": 13\r\n") != 2 || !got.ends_with("\r\n\r\nHello, World!")) {
    wrong(peer, "another response was due");
  }
}

// Runs wrk for a round. How many requests were answered.
std::size_t load(const char* peer, const loopback_server& server, std::size_t depth) {
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port) + "/";
  const std::string said = output_of(
      {"wrk", "-t1", "-c64", "-d2s", "-s", PARLEY_BENCH_LOAD, url, "--", std::to_string(depth)});
  std::size_t requests = 0, errors = 0;
  const std::size_t at = said.find("requests ", said.rfind("Transfer"));
  if (at == std::string::npos ||
      std::sscanf(said.c_str() + at, "requests %zu errors %zu", &requests, &errors) != 2) {
    wrong("wrk", "it did not tell what it has done");
  }
  if (errors != 0 || requests == 0) wrong(peer, "wrk met errors");
  return requests;
}

// The figure is the processor time of the server per request, system calls included.
void run(benchmark::State& state, const char* peer, const loopback_server& server,
         std::size_t depth) {
  std::size_t requests = 0;
  double wall = 0;
  for (auto _ : state) {
    const auto began = std::chrono::steady_clock::now();
    const double before = used_by(server.process.pid());
    requests += load(peer, server, depth);
    state.SetIterationTime(used_by(server.process.pid()) - before);
    wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(requests));
  state.counters["wall_per_s"] = static_cast<double>(requests) / wall;
}

}  // namespace

bool add_served(const char* peer, const loopback_server& (*start)()) {
  for (const std::size_t depth : depths) {
    const std::string workload =
        depth == 1 ? "server_keepalive" : "server_pipelined_" + std::to_string(depth);
    auto* row = benchmark::RegisterBenchmark(("http/" + workload + "/" + peer).c_str(),
                                             [=](benchmark::State& state) {
                                               const loopback_server& server = start();
                                               check(peer, server.port);
                                               run(state, peer, server, depth);
                                             });
    row->Iterations(1)->UseManualTime();
  }
  return true;
}

}  // namespace parley::bench
