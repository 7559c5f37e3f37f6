#include <parley/codecs/http/provider/client_core.hpp>
#include <parley/codecs/http/provider/client_download.hpp>
#include <utility>

namespace parley {
namespace detail {
namespace {

// What may wait for its reader; then the server waits.
constexpr std::size_t most_waiting = 64 * 1024;

}  // namespace

// --- behind the handle ------------------------------------------------------------------------

rest_download_state::rest_download_state(rest_client_core& core, rest_download_call& call)
    : core_(core), call_(&call) {
  // The handle may outlive the provider.
  core_.retain();
}

rest_download_state::~rest_download_state() { core_.release(); }

void rest_download_state::drop() noexcept {
  std::exchange(reader_, {}).complete(fail(errc::cancelled));
  if (rest_download_call* const call = std::exchange(call_, nullptr)) call->drop();
}

bool rest_download_state::add(byte_view data) {
  if (reader_) {
    std::exchange(reader_, {}).complete(std::string(as_text(data)));
    return false;
  }
  waiting_.append(as_text(data));
  return waiting_.size() >= most_waiting;
}

void rest_download_state::end(result<void> outcome) {
  call_ = nullptr;
  end_ = std::move(outcome);
  if (reader_) std::exchange(reader_, {}).complete(take());
}

result<std::string> rest_download_state::take() {
  if (!waiting_.empty() || !end_) return std::exchange(waiting_, {});
  if (!*end_) return std::unexpected(end_->error());
  return std::string();
}

operation<std::string> rest_download_state::next() {
  if (reader_) return ended<std::string>(core_, fail(errc::misuse, "next() is under way"));
  if (!waiting_.empty() || end_) {
    auto op = ended<std::string>(core_, take());
    if (call_) call_->resume();
    return op;
  }
  reader_ = completer<std::string>(core_.home());
  auto op = reader_.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(this);
  return op;
}

void rest_download_state::cancel(operation_base& op) {
  if (reader_.state() == &op) std::exchange(reader_, {}).complete(fail(errc::cancelled));
}

// --- the call ---------------------------------------------------------------------------------

rest_download_call::rest_download_call(rest_client_core& core, rest_order order,
                                       std::uint64_t max_body)
    : rest_call(core, std::move(order)), made_(core.home()), max_body_(max_body) {
  made_.state()->set_fault_sink(&core);
  made_.state()->set_canceller(this);
}

error rest_download_call::too_large() const {
  return about(error(errc::too_large, "the body exceeds max_body, which is " +
                                          std::to_string(max_body_) + " bytes"));
}

void rest_download_call::taken(const http::response_head& head) {
  const bool has_length = head.body.how == http::framing::length;
  if (has_length && head.body.length > max_body_) return fail(too_large());
  forget_deadline();
  keep_fields(head);
  state_ = new rest_download_state(core(), *this);
  state_->retain();
  state_->reply = std::move(reply_);
  if (has_length) state_->length = head.body.length;
  // Last: a handle that nobody takes ends the call.
  std::exchange(made_, {}).complete(state_->handle());
}

void rest_download_call::piece(byte_view data) {
  if (data.size() > max_body_ - received_) return fail(too_large());
  received_ += data.size();
  if (!state_->add(data)) return;
  held_ = true;
  hold();
}

void rest_download_call::resume() noexcept {
  if (std::exchange(held_, false) && is_sent()) go_on();
}

void rest_download_call::drop() {
  if (auto* const state = std::exchange(state_, nullptr)) state->release();
  fail(error(errc::cancelled));
}

void rest_download_call::ended(result<http_reply>&& outcome) {
  result<void> how;
  if (!outcome) how = std::unexpected(std::move(outcome).error());
  if (made_) return made_.complete(std::unexpected(how.error()));
  if (auto* const state = std::exchange(state_, nullptr)) {
    state->end(std::move(how));
    state->release();
  }
}

}  // namespace detail

// --- the handle -------------------------------------------------------------------------------

rest_download::rest_download(detail::rest_download_state& state) noexcept : state_(&state) {
  state_->retain();
}

rest_download::~rest_download() {
  if (!state_) return;
  state_->drop();
  state_->release();
}

std::uint16_t rest_download::status() const noexcept { return state_->reply.status; }
const http_headers& rest_download::headers() const noexcept { return state_->reply.headers; }
std::optional<std::uint64_t> rest_download::length() const noexcept { return state_->length; }
operation<std::string> rest_download::next() { return state_->next(); }

}  // namespace parley
