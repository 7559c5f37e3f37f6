#include <algorithm>
#include <parley/codecs/http/provider/client_tokens.hpp>
#include <parley/codecs/http/rest/authorization.hpp>
#include <parley/core/async/run_aside.hpp>
#include <utility>

namespace parley::detail {
namespace {

// Keeps the core, also in a callback that is never called.
class core_handle {
 public:
  explicit core_handle(rest_core& core) noexcept : core_(&core) { core_->retain(); }
  core_handle(core_handle&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  core_handle& operator=(core_handle&&) = delete;
  ~core_handle() {
    if (core_) core_->release();
  }

 private:
  rest_core* core_;
};

}  // namespace

void rest_tokens::set(rest_token_source source) {
  std::swap(source_, source);
  used_ = static_cast<bool>(source_);
  authorization_.clear();
  refresh_ = false;
  // Of the source before it.
  ++question_;
  asking_ = false;
  if (!waiting_.empty()) wait(*waiting_.front());
}

void rest_tokens::wait(rest_token_waiter& who) {
  if (std::find(waiting_.begin(), waiting_.end(), &who) == waiting_.end()) waiting_.push_back(&who);
  if (std::exchange(asking_, true) || std::exchange(queued_, true)) return;
  // From the ready queue: the source is the user's code, and here may be a drain.
  core_.retain();
  core_.home().enqueue(*this);
}

void rest_tokens::forget(const rest_token_waiter& who) noexcept { std::erase(waiting_, &who); }

void rest_tokens::refused(std::uint64_t generation) noexcept {
  if (generation != generation_ || authorization_.empty()) return;
  authorization_.clear();
  refresh_ = true;
}

void rest_tokens::stop() noexcept {
  waiting_.clear();
  authorization_.clear();
  asking_ = refresh_ = false;
  ++question_;
}

void rest_tokens::shut() noexcept {
  stop();
  used_ = false;
  // Destroyed last: it may hold whatever.
  const rest_token_source gone = std::move(source_);
}

void rest_tokens::run() {
  queued_ = false;
  rest_core_ref keep(core_);
  core_.release();  // of wait()
  if (!source_ || waiting_.empty()) {
    asking_ = false;
    return;
  }
  const std::uint64_t mine = ++question_;
  asking_ = true;
  // It may be replaced, or the provider destroyed, from inside.
  std::optional<operation<std::string>> answer;
  const auto ok = run_aside(
      source_, [&](rest_token_source& running) { answer.emplace(running(refresh_)); },
      [&] { return used_ ? &source_ : nullptr; });
  if (mine != question_) return;
  if (!ok) return arrived(mine, std::unexpected(ok.error()));
  std::move(*answer).then(
      [this, mine, held = core_handle(core_)](result<std::string> token) { arrived(mine, token); });
}

void rest_tokens::arrived(std::uint64_t question, const result<std::string>& token) {
  if (question != question_) return;
  asking_ = false;
  result<void> ok;
  if (token) {
    auto value = http::bearer_authorization(*token);
    if (value) {
      authorization_ = *std::move(value);
      ++generation_;
      refresh_ = false;
    } else {
      ok = std::unexpected(std::move(value).error());
    }
  } else {
    ok = std::unexpected(token.error());
  }
  // Each may begin to wait again.
  for (rest_token_waiter* const who : std::exchange(waiting_, {})) who->token_ready(ok);
}

}  // namespace parley::detail
