// Calls whose reply is collected: for fetch(), for callables, and for what is shouted.
#pragma once

#include <parley/codecs/http/provider/client_call.hpp>
#include <parley/core/api/speaker.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/value/value.hpp>

namespace parley::detail {

// T: http_reply (as it came), value, or delivery.
template <class T>
class rest_answer_call final : public rest_call {
 public:
  rest_answer_call(rest_client_core& core, rest_order order);
  operation<T> op() const { return done_.op(); }

 private:
  bool repeats_statuses() const noexcept override;
  void ended(result<http_reply>&& outcome) override;

  completer<T> done_;
};

extern template class rest_answer_call<http_reply>;
extern template class rest_answer_call<value>;
extern template class rest_answer_call<delivery>;

}  // namespace parley::detail
