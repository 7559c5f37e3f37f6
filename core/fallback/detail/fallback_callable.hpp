// A callable behind which stand the callables of several protocols: the caller's side, and the one
// that answers.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <parley/core/fallback/detail/channel.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class fallback_callable final : public callable_core, public channel {
 public:
  fallback_callable(std::shared_ptr<factory_core> core, std::string_view name,
                    std::vector<carrier_slot*> slots, fallback_options how);

  // Searches; ends with the callable.
  operation<callable> open();
  // The same of one that answers, on every carrier.
  operation<callable> open(call_handler handler);

  std::string_view name() const override { return channel_name(); }
  operation<value> call(const value& request, call_options options) override;

 private:
  struct question {
    value request;
    std::string method, base_url;
    duration timeout{};  // the caller's own; zero: none
    time_point until{};  // by then it must have been given
    std::size_t size = 0;
    std::size_t carrier = 0;
    std::uint64_t connects = 0;
    std::uint64_t id = 0;
    bool repeatable = false;
    bool is_given = false;
    bool was_called_back = false;
    completer<value> done;
    operation_state<value>* state = nullptr;  // to cancel it with; retained while given

    question() = default;
    question(const question&) = delete;
    question& operator=(const question&) = delete;
    ~question() { forget(); }
    void forget() noexcept {
      if (auto* s = std::exchange(state, nullptr)) s->release();
    }
  };
  using questions = std::list<question>;

  void prepare(std::size_t i, outcome tell) override;
  bool is_prepared(std::size_t i) const override { return parts_[i].has_value(); }
  void switched(const carrier_switched& e) override;
  void carry_on() override;
  void give_up(const error& why) override { end(why); }
  void end(const error& why) override;
  std::optional<time_point> own_deadline() const override;
  void own_timeout(time_point now) override;
  void fill(channel_status& s) const override;
  void cancel_number(std::uint64_t number) override;
  void dispose() noexcept override;

  operation<value> refuse(error why);
  void give(question& q);
  void answered(std::uint64_t id, result<value> r);
  void finish(questions::iterator q, result<value> r);

  std::vector<std::optional<callable>> parts_;
  questions questions_;
  std::shared_ptr<call_handler> handler_;  // of one that answers
  std::size_t bytes_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t sent_ = 0, failed_ = 0, repeated_ = 0;
  bool is_dropped_ = false;
};

}  // namespace parley::detail
