#include <algorithm>
#include <chrono>
#include <parley/codecs/http/detail/http_client_core.hpp>
#include <parley/codecs/http/detail/request_writer.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {
namespace {

// "0.3 s", "30 s".
std::string seconds(duration d) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(d).count() / 100;
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text.append(".").append(std::to_string(tenths % 10));
  return text + " s";
}

http_headers owned(const http::header_list& from) {
  http_headers to;
  for (const http::header h : from) to.add(std::string(h.name), std::string(h.value));
  return to;
}

std::string host_field_of(const http_client_config& c) {
  http_client_config without_path = c;
  without_path.unix_socket.clear();
  const std::string text = without_path.to_string();
  return text.substr(text.find("//") + 2);
}

}  // namespace

// A call that has not ended: it ends by its timer at the latest.
class http_client_core::pending_call final : public timer {
 public:
  pending_call(http_client_core& home, completer<http_reply> to, http_request what)
      : done(std::move(to)), request(std::move(what)), home_(home) {}

  void fired(time_point) override { home_.on_deadline(*this); }  // destroys this

  completer<http_reply> done;
  http_request request;
  http_reply reply;
  std::uint64_t tag = 0;  // once it is sent
  bool has_head = false;  // of the reply
  bool again = false;     // it was sent before

 private:
  http_client_core& home_;
};

http_client_core::http_client_core(loop& home, const http_client_config& config)
    : loop_(home),
      config_(config),
      valid_(config.validate()),
      host_(host_field_of(config)),
      connector_(home, *this) {
  loop_.attach();
}

http_client_core::~http_client_core() {
  let_go_of_session();
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
      http::detail::plan_request(head, options, host_, body, config_.limits.decode_bodies);
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
    session_->client().cancel(ended->tag);
    session_->wake();
    return advance();
  }
  // Nobody needs the connection that is being made.
  if (calls_.empty() && !(session_ && session_->is_open())) {
    connector_.cancel();
    let_go_of_session();
  }
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

// --- the connection -----------------------------------------------------------------------------

// Sends the first call, or sees to it that there will be a connection for it.
void http_client_core::advance() {
  while (!calls_.empty() && !under_way_ && !connector_.is_running()) {
    if (!session_) return connect();
    if (!session_->is_open()) return;
    if (session_->client().is_reusable()) {
      send_front();
    } else {
      // It ends, or owes the reply to a call that was given up, for who knows how long.
      let_go_of_session();
    }
  }
}

result<layer_ptr> http_client_core::make_tls() {
  if (!config_.ssl) return layer_ptr();
  // Never in the clear instead.
  if (!config_.with) return std::unexpected(unavailable_part("tls"));
  return config_.with->make("tls", {config_.host, &config_.tls, &loop_, config_.watch});
}

void http_client_core::connect() {
  // For each connection anew: a layer belongs to one.
  auto tls = make_tls();
  if (!tls) return fail_all(tls.error());
  tls_ = *std::move(tls);
  connecting_until_ = loop_.now() + config_.connect_timeout;
  connect_plan_config plan;
  plan.attempt_timeout = plan.total_timeout = config_.connect_timeout;
  if (auto ok = guarded([&] { connector_.start(config_.where(), attempts_++, plan); }); !ok) {
    connector_.cancel();
    fail_all(ok.error());
  }
}

void http_client_core::connected(connection& c, time_point now) {
  auto made =
      std::make_unique<http_client_session>(*this, loop_, config_.limits, host_, std::move(tls_));
  loop_.set_timer(*this, connecting_until_);
  session_ = made.release();
  ++connects_;
  session_->attach(c);
  // From the connector's driver to this one; the connection itself stays.
  c.rebind(*session_);
  session_->start(now);
}

void http_client_core::connect_failed(const error& why) { fail_all(why); }

void http_client_core::fired(time_point) {
  let_go_of_session();
  fail_all(error(errc::timed_out,
                 "the TLS handshake is not complete after " + seconds(config_.connect_timeout)));
}

void http_client_core::let_go_of_session() noexcept {
  if (is_armed()) loop_.set_timer(*this, std::nullopt);
  if (auto* const s = std::exchange(session_, nullptr)) s->retire(loop_.now());
}

void http_client_core::on_opened() {
  loop_.set_timer(*this, std::nullopt);
  advance();
}

void http_client_core::on_over(const error* why) {
  const bool was_open = std::exchange(session_, nullptr)->is_open();
  loop_.set_timer(*this, std::nullopt);
  // Between two calls that is no news, and the next one opens another.
  if (was_open && !under_way_) return advance();
  const error reason = why ? *why : error(errc::closed, "by the server");
  if (!was_open) return fail_all(reason);
  end_front(std::unexpected(about(calls_.front()->request, reason)));
  advance();
}

// --- a call under way
// -----------------------------------------------------------------------------

void http_client_core::send_front() {
  pending_call& c = *calls_.front();
  const auto fields = c.request.headers.views();
  const http::request head{c.request.method, c.request.target, fields};
  c.tag = ++last_tag_;
  const auto sent = session_->client().send(head, c.request.body, c.tag, {}, loop_.now());
  if (!sent) return end_front(std::unexpected(about(c.request, sent.error())));
  under_way_ = true;
  session_->wake();
}

http_client_core::pending_call* http_client_core::current(std::uint64_t tag) noexcept {
  return under_way_ && calls_.front()->tag == tag ? calls_.front().get() : nullptr;
}

void http_client_core::refuse_body(const pending_call& c, const std::string& what) {
  const std::string limit = ": max_body is " + std::to_string(config_.max_body) + " bytes";
  give_up(c, about(c.request, error(errc::too_large, what + limit)));
}

void http_client_core::on_head(const http::response_event& e) {
  pending_call* const c = current(e.tag);
  if (!c) return;
  c->has_head = true;
  c->reply.status = e.head->status;
  c->reply.reason = e.head->reason;
  c->reply.headers = owned(e.head->headers);
  const http::body_info& body = e.head->body;
  if (body.how == http::framing::length && body.length > config_.max_body) {
    refuse_body(*c, "the reply has a body of " + std::to_string(body.length) + " bytes");
  }
}

void http_client_core::on_body(const http::response_body& e) {
  pending_call* const c = current(e.tag);
  if (!c) return;
  if (e.data.size() > config_.max_body - c->reply.body.size()) {
    return refuse_body(*c, "the reply's body goes on and on");
  }
  c->reply.body.append(as_text(e.data));
}

void http_client_core::on_end(const http::response_end& e) {
  pending_call* const c = current(e.tag);
  if (!c) return;
  c->reply.trailers = owned(e.trailers);
  end_front(std::move(c->reply));
  advance();
}

void http_client_core::on_unanswered(const http::unanswered& e) {
  pending_call* const c = current(e.tag);
  if (!c) return;
  const bool is_stale = session_->answered > 0 && !c->has_head;
  let_go_of_session();
  if (e.may_retry && is_stale && !c->again) {
    c->again = true;
    under_way_ = false;
    if (config_.watch) {
      config_.watch->log(log_level::info, "http",
                         name_of(c->request) + ": sent again, after " + e.why.to_string());
    }
    return advance();
  }
  error why = e.why;
  if (is_stale && !e.may_retry) {
    why = std::move(why).with_hint(
        "the server may have carried it out: look before you send it again");
  }
  end_front(std::unexpected(about(c->request, why)));
  advance();
}

// --- what is said of it
// ---------------------------------------------------------------------------

void http_client_core::on_deadline(pending_call& c) {
  give_up(c, about(c.request, error(errc::timed_out, overdue(c))));
}

// What was awaited when the time was over.
std::string http_client_core::overdue(const pending_call& c) {
  const duration given = c.request.timeout > duration::zero() ? c.request.timeout : config_.timeout;
  const std::string after = " after " + seconds(given);
  if (!under_way_) return "there is no connection" + after;
  if (calls_.front().get() != &c) return "earlier calls are not answered" + after;
  if (c.has_head) {
    return "the reply is not complete" + after + ": " + std::to_string(c.reply.body.size()) +
           " bytes of its body have come";
  }
  if (session_->client().buffered() > 0) return "the request is not sent" + after;
  return "there is no reply" + after;
}

// "GET http://host:8080/path", without the values of parameters that are named like secrets.
std::string http_client_core::name_of(const http_request& r) const {
  constexpr std::size_t most = 200;
  std::string url = (config_.ssl ? "https://" : "http://") + host_;
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
