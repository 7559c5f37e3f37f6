// Calls that wait for their answers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <parley/codecs/mqtt/provider/listener.hpp>
#include <parley/core/api/callable.hpp>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/operation.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class mqtt_core;

class mqtt_calls final : public canceller, private mqtt_listener {
 public:
  explicit mqtt_calls(mqtt_core& core) noexcept;
  mqtt_calls(const mqtt_calls&) = delete;
  mqtt_calls& operator=(const mqtt_calls&) = delete;
  ~mqtt_calls();

  // Ends when answers can come.
  operation<callable> make(std::string_view name);
  operation<value> call(std::string_view name, const value& request, duration timeout);
  // Its answer is dropped when it comes; a request that was not sent is taken back.
  void cancel(operation_base& op) override;

  // How the request of a call went.
  void published(std::uint64_t number, const result<delivery>& outcome);
  void end_all(const error& why);
  // Answers cannot come any more.
  void forget() noexcept override;

  std::size_t size() const noexcept { return questions_.size() + waiting_.size(); }

 private:
  struct question;
  struct waiter {
    completer<callable> done;
    callable made;
  };

  void hear(const mqtt::message_event& m) override;
  bool hears() const noexcept override { return is_joined_; }
  void retain() noexcept override;
  void release() noexcept override;

  void join();
  void joined(const result<void>& outcome);
  result<void> ask(question& q, std::string_view name, byte_view payload, duration timeout);
  void end(std::uint64_t number, result<value> outcome);

  mqtt_core& core_;
  std::string prefix_;  // of topics for answers
  std::map<std::uint64_t, std::unique_ptr<question>> questions_;
  std::vector<waiter> waiting_;  // for the grant of the prefix
  std::uint64_t next_ = 0;
  bool is_joined_ = false;
  bool is_granted_ = false;
};

}  // namespace parley::detail
