// An observer that remembers what it was told.
#pragma once

#include <parley/core/api/observer.hpp>
#include <string>
#include <vector>

namespace parley::test {

struct watcher final : observer {
  void log(log_level, std::string_view, std::string_view text) override {
    lines.emplace_back(text);
  }
  void record(const metric& m) override { metrics.emplace_back(m.name); }
  void state_changed(std::string_view, provider_state s, const error* why) override {
    states.push_back(s);
    if (why) reasons.push_back(*why);
  }
  void resubscribed(std::string_view, std::size_t n, duration) override { restored += n; }
  void callback_failed(std::string_view, const error& why) override {
    faults.push_back(why.to_string());
  }

  std::vector<std::string> lines;
  std::vector<std::string> metrics;
  std::vector<provider_state> states;
  std::vector<error> reasons;
  std::vector<std::string> faults;
  std::size_t restored = 0;
};

}  // namespace parley::test
