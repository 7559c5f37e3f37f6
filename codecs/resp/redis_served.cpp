#include <algorithm>
#include <array>
#include <parley/codecs/json/json.hpp>
#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/resp/detail/redis_core.hpp>
#include <parley/codecs/resp/detail/redis_served.hpp>
#include <parley/codecs/resp/detail/redis_speaker.hpp>

namespace parley::detail {

redis_served::redis_served(redis_core& core, std::string_view name, call_handler handler)
    : core_(core), name_(name), handler_(std::move(handler)) {
  core_.retain();
}

redis_served::~redis_served() { core_.release(); }

operation<value> redis_served::call(const value&, call_options) {
  return ended<value>(core_, fail(errc::not_supported, "this one answers; make another to call"));
}

operation<callable> redis_served::begin() {
  speaker_options how;
  how.decode = decode_policy::bytes;
  how.decode_set = true;
  completer<callable> done(core_.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core_);
  auto* const made = new redis_speaker(core_, redis_request_channel(name_), how);
  speaker ear(made);
  made->listen([this](const message& m) { hear(m); })
      .then([done = std::move(done), self = callable(this)](const result<void>& r) mutable {
        if (!r) return done.complete(std::unexpected(r.error()));
        done.complete(std::move(self));
      });
  ear_ = std::move(ear);
  return op;
}

void redis_served::forget() noexcept {
  ear_.reset();
  // Last: the handler may hold the last handle of this.
  handler_.drop();
}

// Others may answer the same name, and all have heard it: the one that sets the key runs it.
void redis_served::hear(const message& m) {
  const auto r = read_redis_request(m.payload());
  if (!r) {
    if (core_.config().watch) {
      core_.config().watch->log(log_level::warning, "redis",
                                "a message on " + std::string(m.topic()) + " is no request");
    }
    return;
  }
  // A caller that waits for ever may have been heard by somebody slow: a minute.
  constexpr std::chrono::milliseconds usual = std::chrono::minutes(1);
  const auto life = std::to_string(
      std::max(r->patience.count() > 0 ? r->patience : usual, std::chrono::milliseconds(1000))
          .count());
  const std::string key = redis_claim_key(*r);
  const std::array<std::string_view, 6> words{"SET", key, "1", "NX", "PX", life};
  core_
      .command<bool>("SET", words, core_.config().command_timeout,
                     [](resp::element reply) -> result<bool> { return !reply.is_null(); })
      .then([self = callable(this), this, bytes = std::string(m.text())](const result<bool>& mine) {
        const auto again = read_redis_request(as_bytes(bytes));
        if (mine && *mine && handler_.is_serving()) return answer(*again);
        if (mine || !handler_.is_serving() || !core_.config().watch) return;
        core_.config().watch->log(
            log_level::error, "redis",
            "a call of " + name_ + " could not be claimed: " + mine.error().to_string());
      });
}

void redis_served::answer(const redis_request& r) {
  const redis_core_ref keep(core_);
  const result<value> outcome = handler_.run(r.payload, &json::decode, core_);
  const auto payload = outcome ? json::payload::of(*outcome) : std::unexpected(outcome.error());
  redis_answer a{.number = r.number};
  if (payload) {
    a.payload = payload->bytes();
  } else {
    a.error_name = payload.error().name();
    a.payload = as_bytes(payload.error().message());
  }
  // Nobody waits for this: a caller that does not hear it is told by its timeout.
  (void)core_.publish_bytes(r.reply_to, as_bytes(to_bytes(a)));
}

}  // namespace parley::detail
