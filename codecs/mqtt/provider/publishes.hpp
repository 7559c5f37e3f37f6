// Shouts and requests whose publish has not ended. In the steady state one costs no allocation.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <parley/codecs/mqtt/events.hpp>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/intrusive.hpp>
#include <parley/core/time.hpp>
#include <string>

namespace parley::detail {

class mqtt_publishes {
 public:
  // One that has not ended, and who is to be told.
  struct waiter {
    std::string key{};  // unused; what spare nodes have
    completer<delivery> done{};
    std::uint64_t call = 0;  // a request: this call is told instead
    time_point since{};
    std::uint64_t hash = 0;  // the id
    waiter* chain = nullptr;
    waiter* before = nullptr;
    waiter* after = nullptr;
  };
  // One that has.
  struct ended {
    completer<delivery> done{};
    std::uint64_t call = 0;
    duration took{};
  };

  mqtt_publishes() = default;
  mqtt_publishes(const mqtt_publishes&) = delete;
  mqtt_publishes& operator=(const mqtt_publishes&) = delete;
  ~mqtt_publishes();

  // Room for one more: what the session has accepted must find its waiter.
  std::unique_ptr<waiter> make();
  void add(std::unique_ptr<waiter> made, std::uint64_t id, time_point now) noexcept;
  void give_back(std::unique_ptr<waiter> made) noexcept { spare_.put(made.release()); }
  // Nothing if nobody waits for it.
  std::optional<ended> take(std::uint64_t id, time_point now) noexcept;
  // Any; nothing if there is none.
  std::optional<ended> take_first(time_point now) noexcept;

  std::size_t size() const noexcept { return size_; }

 private:
  ended end(waiter& w, time_point now) noexcept;

  chained_table<waiter> by_id_;
  intrusive_list<waiter> all_;
  spare_nodes<waiter> spare_;
  std::size_t size_ = 0;
};

// What a shout ends with.
result<delivery> outcome_of(const mqtt::publish_event& told);

}  // namespace parley::detail
