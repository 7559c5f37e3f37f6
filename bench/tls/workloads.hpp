// What every peer does, the same for ours and for OpenSSL: rows `tls/WORKLOAD/PEER`. A client and
// a server in one thread, joined in memory; bytes travel with one copy.
#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/allocations.hpp"
#include "common/measure.hpp"
#include "support/pki.hpp"

namespace parley::bench {

// AES-128-GCM for all, so that the figures are of TLS and not of a choice.
inline constexpr const char* suite = "TLS_AES_128_GCM_SHA256";
inline constexpr const char* group = "X25519";
inline constexpr const char* host = "server.test";

struct certificates {
  test::authority root{"bench root"};
  test::identity server = root.issue({.name = "server", .dns = {host}});
};
inline const certificates& made_certificates() {
  static const certificates one;
  return one;
}

[[noreturn]] inline void wrong(std::string_view what) {
  std::fprintf(stderr, "bench tls: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

// `Pair` has contexts that are made once: Pair::world; it is made with one, its handshake done.
//   send(client_to_server, bytes, count): writes `bytes` count times and moves them
//   receive(from_client, into): fills all of `into`
template <class Pair>
class rows {
 public:
  static bool add(const std::string& peer) {
    row("bulk_16k", peer, [](benchmark::State& s) { bulk(s); });
    row("echo_64", peer, [](benchmark::State& s) { echo(s, 1); });
    row("echo_64x100", peer, [](benchmark::State& s) { echo(s, 100); });
    row("handshake_full", peer, [](benchmark::State& s) { handshake(s, false); });
    row("handshake_resumed", peer, [](benchmark::State& s) { handshake(s, true); });
    row("idle_connection", peer, [](benchmark::State& s) { idle(s); })
        ->Iterations(1)
        ->Repetitions(1);
    return true;
  }

 private:
  template <class F>
  static benchmark::internal::Benchmark* row(const std::string& name, const std::string& peer,
                                             F f) {
    return benchmark::RegisterBenchmark(("tls/" + name + "/" + peer).c_str(), f);
  }

  static void bulk(benchmark::State& state) {
    typename Pair::world with(false);
    Pair p(with);
    const std::string record(16 * 1024, 'b');
    std::string into(record.size(), '\0');
    measure(state, 1, [&] {
      p.send(true, record, 1);
      p.receive(true, into);
    });
    if (into != record) wrong("other bytes came");
    state.counters["gbit_per_s"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * 16384 * 8e-9, benchmark::Counter::kIsRate);
  }

  static void echo(benchmark::State& state, std::size_t count) {
    typename Pair::world with(false);
    Pair p(with);
    const std::string message(64, 'm');
    std::string there(64 * count, '\0');
    std::string back(64 * count, '\0');
    measure(state, count, [&] {
      p.send(true, message, count);
      p.receive(true, there);
      p.send(false, std::string_view(there).substr(0, 64), count);
      p.receive(false, back);
    });
    if (back.substr(0, 64) != message) wrong("another message came");
  }

  static void handshake(benchmark::State& state, bool resumes) {
    typename Pair::world with(resumes);
    const auto connect = [&] {
      Pair p(with);
      // Brings the tickets of TLS 1.3 with it.
      std::array<char, 1> byte{};
      p.send(false, "x", 1);
      p.receive(false, byte);
      return p.is_resumed();
    };
    connect();
    measure(state, 1, [&] {
      if (connect() != resumes) wrong("it was resumed, or not, against the plan");
    });
  }

  // Both ends of one connection after traffic, its buffers given back.
  static void idle(benchmark::State& state) {
    constexpr std::size_t count = 64;
    typename Pair::world with(false);
    for (auto _ : state) {
      std::vector<std::unique_ptr<Pair>> made;
      made.reserve(2 * count);
      const auto add = [&] {
        for (std::size_t i = 0; i < count; ++i) {
          auto p = std::make_unique<Pair>(with);
          std::string into(1000, '\0');
          p->send(true, into, 1);
          p->receive(true, into);
          p->release();
          made.push_back(std::move(p));
        }
      };
      add();
      const std::size_t before = heap_in_use();
      add();
      state.counters["bytes"] = static_cast<double>(heap_in_use() - before) / count;
    }
  }
};

}  // namespace parley::bench
