// SIGINT and SIGTERM as requests to stop. A thread reads them from a descriptor,
// so no handler runs and nothing has to be safe inside one.
#pragma once

#include <parley/adapters/cli/stop.hpp>
#include <thread>

namespace parley::cli {

// Before any thread is made: they inherit that the signals are not delivered.
// Also switches SIGPIPE off, so that writing to a closed pipe is an error value.
void hold_signals();

// The first signal asks for a stop; the second one ends the program at once, for
// the case that the server does not let us go.
class signal_watcher {
 public:
  // `on` is bound to its loop already.
  explicit signal_watcher(stop& on);
  signal_watcher(const signal_watcher&) = delete;
  signal_watcher& operator=(const signal_watcher&) = delete;
  ~signal_watcher();

 private:
  void watch();

  stop& stop_;
  int signals_;  // signalfd(2)
  int end_;      // eventfd(2): the watcher is being destroyed
  std::thread thread_;
};

}  // namespace parley::cli
