// The connection of an http_client, and the call that is under way on it.
#include <parley/codecs/http/detail/http_client_core.hpp>
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
  while (!calls_.empty() && !under_way_ && !link_.is_connecting()) {
    if (!link_.is_open()) {
      if (auto ok = link_.connect(attempts_++); !ok) fail_all(ok.error());
      return;
    }
    if (link_.is_reusable()) {
      send_front();
    } else {
      // It ends, or owes the reply to a call that was given up, for who knows how long.
      link_.drop();
    }
  }
}

void http_client_core::link_opened() { advance(); }

void http_client_core::link_over(const error& why, bool was_open) {
  if (!was_open) return fail_all(why);
  // Between two calls that is no news, and the next one opens another.
  if (under_way_) end_front(std::unexpected(about(calls_.front()->request, why)));
  advance();
}

// --- a call under way -----------------------------------------------------------------

void http_client_core::send_front() {
  pending_call& c = *calls_.front();
  const auto fields = c.request.headers.views();
  c.tag = ++last_tag_;
  const auto sent = link_.send(c.request.method, c.request.target, fields, c.request.body, c.tag);
  if (!sent) return end_front(std::unexpected(about(c.request, sent.error())));
  under_way_ = true;
}

http_client_core::pending_call* http_client_core::current(std::uint64_t tag) noexcept {
  return under_way_ && calls_.front()->tag == tag ? calls_.front().get() : nullptr;
}

void http_client_core::refuse_body(const pending_call& c, const std::string& what) {
  const std::string limit = ": max_body is " + std::to_string(config_.max_body) + " bytes";
  give_up(c, about(c.request, error(errc::too_large, what + limit)));
}

void http_client_core::link_head(const http::response_event& e) {
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

void http_client_core::link_body(const http::response_body& e) {
  pending_call* const c = current(e.tag);
  if (!c) return;
  if (e.data.size() > config_.max_body - c->reply.body.size()) {
    return refuse_body(*c, "the reply's body goes on and on");
  }
  c->reply.body.append(as_text(e.data));
}

void http_client_core::link_end(const http::response_end& e) {
  pending_call* const c = current(e.tag);
  if (!c) return;
  c->reply.trailers = owned(e.trailers);
  end_front(std::move(c->reply));
  advance();
}

void http_client_core::link_unanswered(const http::unanswered& e, bool was_used) {
  pending_call* const c = current(e.tag);
  if (!c) return;
  const bool is_stale = was_used && !c->has_head;
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
