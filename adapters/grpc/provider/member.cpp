#include <parley/adapters/grpc/provider/member.hpp>
#include <parley/adapters/grpc/provider/server_core.hpp>
#include <utility>

namespace parley::detail {

void grpc_member::happened(std::uint32_t events) {
  if (events & came) {
    enlist();
    // It came while the server was closing, which would wait for it until stop_timeout.
    if (!core_.is_ready()) return finish({::grpc::StatusCode::UNAVAILABLE, "the server ends"});
    core_.enter_member(*this);
    // The first word, by which the client knows that it is connected.
    answer(0);
    StartRead(&in_);
  }
  if (events & has_room) {
    may_send_ = true;
    flush();
  }
  if (is_over_) return;
  if (events & was_read) take();
  if (events & (read_failed | write_failed | cancelled)) finish(::grpc::Status::OK);
}

void grpc_member::happened_too_late(std::uint32_t events) noexcept {
  if (!(events & came) || std::exchange(is_over_, true)) return;
  Finish({::grpc::StatusCode::UNAVAILABLE, "the server ends"});
}

void grpc_member::abort() noexcept { finish({::grpc::StatusCode::UNAVAILABLE, "the server ends"}); }

void grpc_member::finish(const ::grpc::Status& how) {
  if (std::exchange(is_over_, true)) return;
  core_.leave_member(*this);
  out_.drop(errc::closed);
  Finish(how);
}

// The next one is read when this one is done, so that a client that asks without end waits.
void grpc_member::take() {
  if (in_.client() != 0) number = in_.client();
  if (!in_.filter().empty()) core_.take_filter(*this, in_);
  if (!is_over_) StartRead(&in_);
}

void grpc_member::answer(std::uint64_t id, std::string_view refused) {
  auto made = std::make_shared<v1::Event>();
  made->set_confirmed(id);
  made->set_refused(refused.data(), refused.size());
  answers_.push_back({std::move(made)});
  flush();
}

bool grpc_member::push(const grpc_shared_event& e) {
  if (is_over_) return false;
  const outbox_fate fate = box.push(e, e.event->message().topic(), out_.bytes());
  if (fate == outbox_fate::overrun) {
    finish({::grpc::StatusCode::RESOURCE_EXHAUSTED, "write_limit bytes wait for this client"});
    return false;
  }
  flush();
  return fate == outbox_fate::queued;
}

void grpc_member::flush() {
  while (may_send_ && !is_over_) {
    grpc_shared_event next;
    if (!answers_.empty()) {
      next = std::move(answers_.front());
      answers_.pop_front();
    } else if (auto waiting = box.pop()) {
      next = *std::move(waiting);
    } else {
      return;
    }
    // What is too much for this client waits in the box, by its policy.
    may_send_ = out_.put(std::move(next), writing()) == queue::fate::low;
  }
}

}  // namespace parley::detail
