// Registers rows `websocket/broadcast_1k_1000[_deflate]/PEER`: a message of 1 KiB from this process
// to 1,000 connections of another one, over the loopback. The figure is this process's time per
// receiver, system calls included: in them, the loopback hands packets to the other side.
//
// Counters, which tell of 8 broadcasts that are not timed: `encodings`, how many different buffers
// the system was given for a message, and `copied`, bytes per receiver that came from a buffer of
// this receiver alone.
#pragma once

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "common/allocations.hpp"
#include "common/process.hpp"
#include "common/wrong.hpp"
#include "websocket_provider/readers.hpp"
#include "websocket_provider/sent.hpp"

namespace parley::bench {

inline constexpr std::size_t receivers = 1000;

using test::readers;

// A Sender has send(text), which gives a message to everybody, or to their queues; and flush(),
// which returns when the system has it all.
template <class Sender>
class broadcast_run {
 public:
  explicit broadcast_run(bool compressed) : sender_(compressed) {}

  void run(benchmark::State& state) {
    for (int i = 0; i < 3; ++i) once();
    look(state);
    std::uint64_t allocated = 0;
    double wall = 0;
    for (auto _ : state) {
      const std::string text = test::broadcast_text(number_);
      const auto began = std::chrono::steady_clock::now();
      const std::uint64_t before = allocations();
      const double used = used_by(::getpid());
      sender_.send(text);
      sender_.flush();
      state.SetIterationTime(used_by(::getpid()) - used);
      allocated += allocations() - before;
      arrived();
      wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    }
    const auto items = static_cast<double>(state.iterations()) * receivers;
    state.SetItemsProcessed(static_cast<std::int64_t>(items));
    state.counters["allocs"] = static_cast<double>(allocated) / items;
    state.counters["wall_per_s"] = items / wall;
  }

 private:
  void once() {
    sender_.send(test::broadcast_text(number_));
    sender_.flush();
    arrived();
  }
  void arrived() {
    if (!sender_.who().wait()) wrong("readers", "they are gone");
    ++number_;
  }

  void look(benchmark::State& state) {
    constexpr std::size_t times = 8;
    std::size_t buffers = 0, alone = 0;
    for (std::size_t i = 0; i < times; ++i) {
      test::watch_sending();
      sender_.send(test::broadcast_text(number_));
      // All of them hold the message at the same time. A buffer that was filled anew for each would
      // else look like one that all have.
      if (Sender::queues && test::sent_so_far().pieces != 0) wrong("parley", "it sends too early");
      sender_.flush();
      const test::sent all = test::sent_so_far();
      if (all.pieces < receivers) wrong("parley", "not everybody was sent something");
      buffers += all.buffers;
      alone += all.alone;
      arrived();
    }
    test::stop_watching_sending();
    state.counters["encodings"] = static_cast<double>(buffers) / times;
    state.counters["copied"] = static_cast<double>(alone) / times / receivers;
  }

  Sender sender_;
  std::size_t number_ = 0;
};

template <class Sender>
bool add_broadcast(bool compressed, const char* peer) {
  const std::string name =
      std::string("websocket/broadcast_1k_1000") + (compressed ? "_deflate/" : "/") + peer;
  auto* row = benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    if (test::allow_descriptors() < receivers + 100) wrong("system", "too few descriptors");
    const on_processor here(use_servers_processor);
    broadcast_run<Sender>(compressed).run(state);
  });
  row->Iterations(40)->UseManualTime();
  return true;
}

}  // namespace parley::bench
