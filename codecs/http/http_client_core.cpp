#include <algorithm>
#include <parley/codecs/http/detail/http_client_core.hpp>
#include <parley/codecs/http/detail/request_writer.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {

http_client_core::http_client_core(loop& home, const http_client_config& config)
    : loop_(home), config_(config), valid_(config.validate()), link_(home, *this, config) {
  loop_.attach();
}

http_client_core::~http_client_core() {
  link_.drop();
  calls_.clear();  // cancelled
  loop_.detach();
}

// --- calls --------------------------------------------------------------------------------------

// What can be said before there is a connection.
result<void> http_client_core::admit(const http_request& r) const {
  if (!valid_) return valid_;
  if (calls_.size() >= config_.max_queue) {
    return fail(errc::queue_full, "max_queue calls wait: " + std::to_string(config_.max_queue));
  }
  if (r.method == "CONNECT") return fail(errc::invalid_argument, "CONNECT has no reply");
  const auto fields = r.headers.views();
  const http::body_info body{r.body.empty() ? http::framing::none : http::framing::length,
                             r.body.size()};
  const http::request head{r.method, r.target, fields};
  const http::request_options options;
  const auto plan =
      http::detail::plan_request(head, options, link_.host(), body, config_.limits.decode_bodies);
  if (!plan) return std::unexpected(plan.error());
  return {};
}

operation<http_reply> http_client_core::call(http_request request) {
  if (auto ok = admit(request); !ok) {
    return operation<http_reply>::finished(loop_, std::unexpected(about(request, ok.error())));
  }
  completer<http_reply> done(loop_);
  auto op = done.op();
  const auto ok = guarded([&] {
    enrol(std::move(done), std::move(request));
    advance();
  });
  if (!ok) op.state()->complete_error(ok.error());
  return op;
}

void http_client_core::enrol(completer<http_reply> done, http_request request) {
  auto* const state = done.state();
  const duration timeout = request.timeout > duration::zero() ? request.timeout : config_.timeout;
  auto c = std::make_unique<pending_call>(*this, std::move(done), std::move(request));
  const time_point now = loop_.now();
  if (timeout < time_point::max() - now) loop_.set_timer(*c, now + timeout);
  calls_.push_back(std::move(c));
  state->owner_data = reinterpret_cast<std::uintptr_t>(calls_.back().get());
  state->set_canceller(this);
}

void http_client_core::cancel(operation_base& op) {
  give_up(*reinterpret_cast<pending_call*>(op.owner_data), error(errc::cancelled));
}

// Ends a call before its reply.
void http_client_core::give_up(const pending_call& c, const error& why) {
  const auto at = std::ranges::find(calls_, &c, [](const auto& each) { return each.get(); });
  if (at == calls_.end()) return;
  const auto ended = std::move(*at);
  const bool was_sent = under_way_ && at == calls_.begin();
  calls_.erase(at);
  ended->done.complete(std::unexpected(why));
  if (was_sent) {
    under_way_ = false;
    link_.client().cancel(ended->tag);
    link_.wake();
    return advance();
  }
  // Nobody needs the connection that is being made.
  if (calls_.empty() && !link_.is_open()) link_.drop();
}

void http_client_core::end_front(result<http_reply> outcome) {
  const auto ended = std::move(calls_.front());
  calls_.pop_front();
  under_way_ = false;
  ended->done.complete(std::move(outcome));
}

// Those that wait for a connection wait for the same one.
void http_client_core::fail_all(const error& why) {
  under_way_ = false;
  for (const auto& c : std::exchange(calls_, {})) {
    c->done.complete(std::unexpected(about(c->request, why)));
  }
}

// --- what is said of it ---------------------------------------------------------------

void http_client_core::on_deadline(pending_call& c) {
  give_up(c, about(c.request, error(errc::timed_out, overdue(c))));
}

// What was awaited when the time was over.
std::string http_client_core::overdue(const pending_call& c) {
  const duration given = c.request.timeout > duration::zero() ? c.request.timeout : config_.timeout;
  const std::string after = " after " + seconds_text(given);
  if (!under_way_) return "there is no connection" + after;
  if (calls_.front().get() != &c) return "earlier calls are not answered" + after;
  if (c.has_head) {
    return "the reply is not complete" + after + ": " + std::to_string(c.reply.body.size()) +
           " bytes of its body have come";
  }
  if (link_.client().buffered() > 0) return "the request is not sent" + after;
  return "there is no reply" + after;
}

// "GET http://host:8080/path", without the values of parameters that are named like secrets.
std::string http_client_core::name_of(const http_request& r) const {
  constexpr std::size_t most = 200;
  std::string url = (config_.ssl ? "https://" : "http://") + link_.host();
  if (const auto whole = uri::parse(url + r.target)) url = whole->to_string();
  if (url.size() > most) url.replace(most, std::string::npos, "...");
  if (!config_.unix_socket.empty()) url += " over " + config_.where().to_string();
  return r.method.substr(0, most) + " " + url;
}

// The same error, with the request in front of its message.
error http_client_core::about(const http_request& r, const error& why) const {
  std::string text = name_of(r);
  if (!why.message().empty()) text.append(": ").append(why.message());
  return error(why).with_message(std::move(text));
}

}  // namespace parley::detail
