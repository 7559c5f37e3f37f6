#include <parley/adapters/grpc/provider/cancel_watch.hpp>
#include <parley/adapters/grpc/provider/served_call.hpp>
#include <utility>
#include <vector>

namespace parley::detail {

void grpc_cancel_watch::add(place& p) {
  if (std::exchange(p.is_taken, true)) return;
  waiting_.push_back(p);
  if (!is_armed()) loop_.set_timer(*this, loop_.now() + interval);
}

void grpc_cancel_watch::remove(place& p) noexcept {
  if (std::exchange(p.is_taken, false)) waiting_.erase(p);
}

void grpc_cancel_watch::fired(time_point now) {
  std::vector<grpc_served_call*> gone;
  for (place* p = waiting_.first; p != nullptr; p = p->after) {
    if (p->call->is_cancelled()) gone.push_back(p->call);
  }
  if (waiting_.first != nullptr) loop_.set_timer(*this, now + interval);
  // Those who are told may end others, and the server with all of this.
  for (grpc_served_call* c : gone) c->retain();
  for (grpc_served_call* c : gone) {
    c->client_has_gone();
    c->release();
  }
}

}  // namespace parley::detail
