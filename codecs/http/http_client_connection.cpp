// The connection of an http_client, and the call that is under way on it.
#include <parley/codecs/http/detail/http_client_core.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {
namespace {

http_headers owned(const http::header_list& from) {
  http_headers to;
  for (const http::header h : from) to.add(std::string(h.name), std::string(h.value));
  return to;
}

}  // namespace

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

// --- a call under way -----------------------------------------------------------------

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

}  // namespace parley::detail
