#include <parley/codecs/http/provider/client_answers.hpp>
#include <parley/codecs/http/provider/client_core.hpp>
#include <parley/codecs/http/provider/client_reply.hpp>
#include <type_traits>
#include <utility>

namespace parley::detail {

template <class T>
rest_answer_call<T>::rest_answer_call(rest_client_core& core, rest_order order)
    : rest_call(core, std::move(order)), done_(core.home()) {
  const auto state = done_.state();
  state->set_fault_sink(&core);
  state->set_canceller(this);
}

template <class T>
bool rest_answer_call<T>::repeats_statuses() const noexcept {
  // fetch() promises the reply as it came.
  return !std::is_same_v<T, http_reply>;
}

template <class T>
void rest_answer_call<T>::ended(result<http_reply>&& outcome) {
  if constexpr (std::is_same_v<T, http_reply>) {
    done_.complete(std::move(outcome));
  } else {
    if (!outcome) return done_.complete(std::unexpected(std::move(outcome).error()));
    auto v = value_of(*outcome, home().wall_now());
    if (!v) return done_.complete(std::unexpected(about(v.error())));
    if constexpr (std::is_same_v<T, delivery>) {
      const auto n = (*v)["receivers"].as_int();
      done_.complete(n ? delivery(*n) : delivery());
    } else {
      done_.complete(*std::move(v));
    }
  }
}

template class rest_answer_call<http_reply>;
template class rest_answer_call<value>;
template class rest_answer_call<delivery>;

}  // namespace parley::detail
