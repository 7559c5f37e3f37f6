#include <parley/adapters/cli/stop.hpp>

namespace parley::cli {

void stop::request(int exit_code, std::optional<error> why) {
  // The first reason counts: what fails afterwards is mostly its consequence.
  if (requested_) return;
  requested_ = true;
  exit_code_ = exit_code;
  why_ = std::move(why);
  // By the queue: the caller may be inside the operation that is to be cancelled.
  home_->enqueue(effect_);
}

void stop::post(int exit_code) {
  signal_.exit_code = exit_code;
  home_->post(signal_);
}

operation<void> stop::requested() {
  if (requested_) return operation<void>::finished(*home_, {});
  waiting_ = completer<void>(*home_);
  return waiting_.op();
}

void stop::effect::run() {
  if (owner.current_) owner.current_->cancel();
  owner.waiting_.complete({});
}

}  // namespace parley::cli
