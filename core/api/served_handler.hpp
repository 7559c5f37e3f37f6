// What a callable that is answered here runs: the user's handler, which may drop the callable or
// its provider while it runs. For providers.
#pragma once

#include <parley/core/api/callable.hpp>
#include <parley/core/async/run_aside.hpp>
#include <parley/core/value/message.hpp>
#include <utility>

namespace parley {

class served_handler {
 public:
  explicit served_handler(call_handler handler) noexcept : handler_(std::move(handler)) {}

  // False once it was dropped: what comes then is not answered.
  bool is_serving() const noexcept { return serving_; }

  // The handler's answer to a request, or why there is none: no JSON, it runs already
  // (not_supported), or it threw, which `faults` is told too. Whoever owns this lives to the end of
  // the call, whatever the handler drops.
  result<value> run(byte_view payload, json_decoder decoder, fault_sink& faults) {
    auto request = decode(payload, decode_policy::json_or_text, decoder);
    if (!request) return request;
    if (!handler_) return fail(errc::not_supported, "it runs already");
    result<value> outcome;
    const auto ran = run_aside(
        handler_, [&](call_handler& running) { outcome = running(*request); },
        [&] { return serving_ ? &handler_ : nullptr; });
    if (ran) return outcome;
    faults.callback_failed(ran.error());
    return std::unexpected(ran.error());
  }

  // Answers no more. May destroy whoever owns this: the handler may hold its last handle.
  void drop() noexcept {
    serving_ = false;
    const call_handler gone = std::move(handler_);
  }

 private:
  call_handler handler_;
  bool serving_ = true;
};

}  // namespace parley
