#include "served.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "common/allocations.hpp"
#include "rapid.hpp"

namespace parley::bench {
namespace {

struct workload {
  const char* name;
  std::string path;
  std::string body;  // of POST; empty: GET
  std::string answer;
};

const workload& workload_of(bool is_call) {
  static const workload call{"call", std::string(calculate_path), R"({"value":21})",
                             R"({"result":42})"};
  static const workload json{"json_1k", "/api/items/7", "",
                             std::string(rapid_answers().article(7))};
  return is_call ? call : json;
}

// What a server says on a connection that it keeps, from the status to the body's last byte.
std::string ask(const client_socket& client, const workload& w) {
  std::string request = (w.body.empty() ? "GET " : "POST ") + w.path + " HTTP/1.1\r\nHost: a\r\n";
  if (!w.body.empty()) {
    request +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(w.body.size()) +
        "\r\n";
  }
  client.send(request + "\r\n" + w.body);
  std::string got;
  while (!got.ends_with("\r\n\r\n" + w.answer)) {
    const std::string part = client.receive();
    if (part.empty()) break;
    got += part;
  }
  return got;
}

// Twice on one connection: it is to be kept alive.
void check(const char* peer, std::uint16_t port, const workload& w) {
  const client_socket client(port);
  for (int i = 0; i < 2; ++i) {
    std::string got = ask(client, w);
    std::ranges::transform(got, got.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    if (!got.starts_with("http/1.1 200") ||
        got.find("\r\ncontent-type: application/json") == std::string::npos ||
        got.find("\r\ncontent-length: " + std::to_string(w.answer.size()) + "\r\n") ==
            std::string::npos) {
      wrong(peer, "another response was due");
    }
  }
}

// Runs wrk for a round. How many requests were answered.
std::size_t load(const char* peer, const loopback_server& server, const workload& w) {
  std::vector<std::string> words{"wrk",
                                 "-t1",
                                 "-c64",
                                 "-d2s",
                                 "-s",
                                 PARLEY_BENCH_REST_LOAD,
                                 "http://127.0.0.1:" + std::to_string(server.port) + w.path};
  if (!w.body.empty()) words.insert(words.end(), {"--", w.body});
  const std::string said = output_of(std::move(words));
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
         const workload& w) {
  const pid_t pid = server.process.pid();
  std::size_t requests = 0;
  double wall = 0;
  std::uint64_t allocated = 0;
  for (auto _ : state) {
    const auto began = std::chrono::steady_clock::now();
    const std::uint64_t had = allocations_of(pid);
    const double before = used_by(pid);
    requests += load(peer, server, w);
    state.SetIterationTime(used_by(pid) - before);
    allocated += allocations_of(pid) - had;
    wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  const auto all = static_cast<double>(requests);
  state.SetItemsProcessed(static_cast<std::int64_t>(requests));
  state.counters["allocs"] = static_cast<double>(allocated) / all;
  state.counters["wall_per_s"] = all / wall;
}

}  // namespace

bool add_served(const char* peer, const loopback_server& (*start)()) {
  for (const bool is_call : {true, false}) {
    const workload& w = workload_of(is_call);
    auto* row = benchmark::RegisterBenchmark(
        (std::string("rest/server_") + w.name + "/" + peer).c_str(), [=](benchmark::State& state) {
          const loopback_server& server = start();
          check(peer, server.port, workload_of(is_call));
          run(state, peer, server, workload_of(is_call));
        });
    row->Iterations(1)->UseManualTime();
  }
  return true;
}

}  // namespace parley::bench
