#include <parley/core/error.hpp>

#include <array>

namespace parley {
namespace {

constexpr std::array<std::string_view, 8> class_names{
    "misuse",   "cancelled", "configuration", "authentication",
    "protocol", "limit",     "transient",     "reply"};

// In the order of `errc`.
constexpr auto infos = std::to_array<error_info>({
    {"core", "misuse", error_class::misuse, "the call is not allowed now", ""},
    {"core", "invalid_argument", error_class::misuse, "an argument is not valid", ""},
    {"core", "cancelled", error_class::cancelled, "the operation was cancelled", ""},
    {"core", "closed", error_class::transient, "the connection was closed", ""},
    {"core", "timed_out", error_class::transient, "the deadline passed",
     "check that the service answers, or raise the timeout"},
    {"core", "refused", error_class::transient, "connection refused",
     "check that the service is running, the host and port, and the firewall"},
    {"core", "unreachable", error_class::transient, "the address cannot be reached",
     "check the network, the route and the address"},
    {"core", "unresolvable", error_class::transient, "the host name has no address",
     "check the spelling of the host name and the DNS settings"},
    {"core", "reset", error_class::transient, "the connection was reset", ""},
    {"core", "truncated", error_class::transient, "the peer ended the stream inside a message", ""},
    {"core", "io", error_class::transient, "the operating system reported a failure", ""},
    {"core", "bad_configuration", error_class::configuration, "the configuration is not valid",
     "correct every fault that the message lists"},
    {"core", "unavailable", error_class::configuration, "protocol not available",
     "build parley with the option and the package that the message names"},
    {"core", "not_supported", error_class::configuration, "not supported", ""},
    {"core", "not_connected", error_class::transient, "not connected",
     "call initialize() first, and look at the provider's last error"},
    {"core", "too_large", error_class::limit, "message exceeds maximum size",
     "raise the limit that the message names, split the message, or compress it"},
    {"core", "queue_full", error_class::limit, "a bounded queue is full",
     "wait for earlier operations, or raise the limit that the message names"},
    {"core", "dropped", error_class::limit, "dropped from a full queue",
     "raise the limit that the message names, or choose another policy"},
    {"core", "bad_value", error_class::misuse, "the value cannot be converted", ""},
    {"core", "callback_threw", error_class::misuse, "a callback threw an exception",
     "catch exceptions inside the callback"},
    {"core", "out_of_memory", error_class::transient, "out of memory", ""},
});

}  // namespace

// Reference counted: an error is copied into the event, the waiters and the log.
struct error::detail {
  std::atomic<std::uint32_t> references{1};
  std::string message;
  std::string hint;
  std::optional<error> cause;
  std::optional<std::chrono::milliseconds> retry_after;
};

std::string_view to_string(error_class kind) noexcept {
  return class_names[static_cast<std::size_t>(kind)];
}

const error_info& describe(errc code) noexcept { return infos[static_cast<std::size_t>(code)]; }

// Relaxed: whoever copies holds a reference already, so that the count cannot reach
// zero meanwhile.
error::error(const error& other) noexcept : info_(other.info_), detail_(other.detail_) {
  if (detail_) detail_->references.fetch_add(1, std::memory_order_relaxed);
}

error::~error() {
  // A chain of causes is as long as the layers of a stack, so that the
  // recursion through ~detail is bounded by the caller's own depth.
  if (detail_ && detail_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete detail_;
}

// The detail, made now if there is none, and copied if others see it.
error::detail& error::own_detail() {
  if (!detail_) {
    detail_ = new detail;
  } else if (detail_->references.load(std::memory_order_acquire) != 1) {
    // With one reference nobody else can make a second: then the detail may be
    // changed in place. Here others see it.
    auto* copy = new detail;
    copy->message = detail_->message;
    copy->hint = detail_->hint;
    copy->cause = detail_->cause;
    copy->retry_after = detail_->retry_after;
    // By way of `old`, whose destructor gives the shared detail back, and only once
    // the copy is whole: if memory ends before, this error is as it was.
    error old = std::move(*this);
    info_ = old.info_;
    detail_ = copy;
  }
  return *detail_;
}

void error::set_message(std::string message) { own_detail().message = std::move(message); }

error error::with_message(std::string message) && {
  own_detail().message = std::move(message);
  return std::move(*this);
}
error error::with_hint(std::string hint) && {
  own_detail().hint = std::move(hint);
  return std::move(*this);
}
error error::with_cause(error cause) && {
  own_detail().cause = std::move(cause);
  return std::move(*this);
}
error error::with_retry_after(std::chrono::milliseconds wait) && {
  own_detail().retry_after = wait;
  return std::move(*this);
}

std::string_view error::message() const noexcept {
  return detail_ ? std::string_view(detail_->message) : std::string_view();
}
// The hint of the place, which knows more, hides the hint of the code.
std::string_view error::hint() const noexcept {
  return detail_ && !detail_->hint.empty() ? std::string_view(detail_->hint) : info_->hint;
}
const error* error::cause() const noexcept {
  return detail_ && detail_->cause ? &*detail_->cause : nullptr;
}
std::optional<std::chrono::milliseconds> error::retry_after() const noexcept {
  return detail_ ? detail_->retry_after : std::nullopt;
}

namespace {

// What a peer has sent may stand in a message: nothing that a terminal or a log would obey,
// and no more than a person reads.
void append_shown(std::string& out, std::string_view text) {
  constexpr std::size_t most = 1024;
  for (const char c : text.substr(0, most)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    out.push_back(control ? '.' : c);
  }
  if (text.size() > most) out.append("...");
}

}  // namespace

std::string error::to_string() const {
  std::string text(info_->text);
  if (!message().empty()) append_shown(text.append(": "), message());
  // The class is printed because it decides what to do next: retry, correct, or
  // give up.
  text.append(" (").append(parley::to_string(kind())).append(")");
  if (!hint().empty()) text.append("; hint: ").append(hint());
  if (const error* c = cause()) text.append("; cause: ").append(c->to_string());
  return text;
}

}  // namespace parley
