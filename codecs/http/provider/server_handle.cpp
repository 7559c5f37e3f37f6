// From a request to its answer: middleware, handler, and what is added to the reply.
#include <algorithm>
#include <parley/codecs/http/provider/server_core.hpp>
#include <parley/codecs/http/rest/conditional.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {

using phase = rest_exchange::phase;

void rest_server_core::look_up(rest_exchange& e) {
  e.match = routes_.lookup(e.verb(), e.method(), e.path(), e.values);
  if (e.match.how == http::route_outcome::found) e.route_state = by_id_[e.match.route];
}

std::uint64_t rest_server_core::body_limit(const rest_exchange& e) const noexcept {
  if (e.route_state && e.route_state->stream_limit) return *e.route_state->stream_limit;
  return config_.max_body;
}

// The request is complete, or its handler takes the body by itself.
void rest_server_core::start(rest_exchange& e) {
  e.enter(phase::looking);
  const bool is_stream = e.route_state && e.route_state->stream_limit;
  const auto own = e.route_state ? e.route_state->timeout : std::nullopt;
  const duration limit = own.value_or(is_stream ? duration::zero() : config_.timeout);
  const rest_exchange_ref keep(e);
  e.name(entropy_);
  // A browser's question, which no middleware is to refuse: it carries no credentials.
  const bool is_preflight = config_.cors_enabled && e.match.how != http::route_outcome::found &&
                            http::cors_policy::is_preflight(e.verb(), e.headers());
  if (is_preflight) return finish(e, {});
  advance(e);
  // A timer for those that take their time alone.
  const bool is_due = e.at() == phase::looking || e.at() == phase::handling;
  if (is_due && limit > duration::zero()) e.set_deadline(loop_.now() + limit);
}

void rest_server_core::advance(rest_exchange& e) {
  const rest_core_ref keep(*this);
  const rest_exchange_ref held(e);
  while (e.at() == phase::looking) {
    const std::size_t at = e.looked++;
    const auto& route = e.route_state;
    const std::size_t of_route = at - std::min(at, before_.size());
    std::shared_ptr<rest_any_before> next;
    if (at < before_.size()) {
      next = before_[at];
    } else if (route && of_route < route->before.size()) {
      next = route->before[of_route];
    } else {
      return handle(e);
    }
    if (!std::visit([&](auto& before) { return look(e, before); }, *next)) return;
  }
}

// True if the request passes.
bool rest_server_core::look(rest_exchange& e, rest_before& before) {
  result<std::optional<rest_reply>> verdict;
  if (auto ran = guarded([&] { verdict = before(e); }); !ran) {
    callback_failed(ran.error());
    verdict = std::unexpected(std::move(ran).error());
  }
  if (!verdict) {
    finish(e, rest_reply::problem(verdict.error()));
  } else if (*verdict) {
    finish(e, std::move(**verdict));
  }
  return e.at() == phase::looking;
}

// It goes on by itself, once it is let pass.
bool rest_server_core::look(rest_exchange& e, rest_before_async& before) {
  if (auto ran = guarded([&] { before(rest_exchange::gate_of(e)); }); !ran) {
    callback_failed(ran.error());
    finish(e, rest_reply::problem(ran.error()));
  }
  return false;
}

// --- handlers -----------------------------------------------------------------------------------

void rest_server_core::handle(rest_exchange& e) {
  e.enter(phase::handling);
  const auto route = e.route_state;
  if (!route) return finish(e, without_route(e));
  if (route->takes_json && !e.json()) return finish(e, rest_reply::problem(e.json().error()));
  std::visit([&](auto& handler) { call(e, handler); }, route->handler);
}

void rest_server_core::call(rest_exchange& e, rest_handler& handler) {
  result<rest_reply> made;
  if (auto ran = guarded([&] { made = handler(e); }); !ran) {
    callback_failed(ran.error());
    made = std::unexpected(std::move(ran).error());
  }
  finish(e, made ? *std::move(made) : rest_reply::problem(made.error()));
}

void rest_server_core::call(rest_exchange& e, rest_task_handler& handler) {
  const auto begun = guarded([&] {
    spawn(loop_, handler(e)).then([held = rest_exchange_ref(e)](result<rest_reply> made) {
      rest_server_core& core = held->core();
      if (!made && made.error() == errc::callback_threw) core.callback_failed(made.error());
      core.finish(*held, made ? *std::move(made) : rest_reply::problem(made.error()));
    });
  });
  if (begun) return;
  callback_failed(begun.error());
  finish(e, rest_reply::problem(begun.error()));
}

void rest_server_core::call(rest_exchange& e, rest_async_handler& handler) {
  const auto begun = guarded([&] { handler(rest_exchange::responder_of(e)); });
  if (!begun) callback_failed(begun.error());
}

rest_reply rest_server_core::without_route(const rest_exchange& e) const {
  using enum http::route_outcome;
  if (e.verb() == http::method::get && is_upgrade_path(e.path())) {
    const auto wish = e.header("Upgrade");
    // It asked, and was not taken over.
    if (wish && http::equals_ignoring_case(*wish, "websocket")) {
      return rest_reply::problem(http::problem(503, "no connection is taken at this moment"));
    }
    auto r = rest_reply::problem(http::problem(426, "this path speaks WebSocket"));
    r.headers.add("Upgrade", "websocket");
    return r;
  }
  switch (e.match.how) {
    case options: {
      rest_reply r;
      r.headers.add("Allow", routes_.allow(e.match.allowed));
      return r;
    }
    case method_not_allowed: {
      auto r = rest_reply::problem(http::problem(405));
      r.headers.add("Allow", routes_.allow(e.match.allowed));
      return r;
    }
    case bad_path:
      return rest_reply::problem(http::problem(400, "the path is no sound one"));
    case found:  // and removed since
    case not_found:
      break;
  }
  return rest_reply::problem(http::problem(404));
}

void rest_server_core::timed_out(rest_exchange& e) {
  const rest_core_ref keep(*this);
  finish(e, rest_reply::problem(http::problem(504, "no answer in time")));
}

// --- answers ------------------------------------------------------------------------------------

// In the reverse of the order in which middleware saw the request.
void rest_server_core::review(rest_exchange& e, rest_reply& what) {
  const auto run = [&](const auto& list) {
    for (std::size_t i = list.size(); i-- > 0 && i < list.size();) {
      std::shared_ptr<rest_after> after = list[i];  // it may be taken away meanwhile
      if (auto ran = guarded([&] { (*after)(e, what); }); !ran) callback_failed(ran.error());
    }
  };
  if (const auto route = e.route_state) run(route->after);
  run(after_);
}

// Whether the client has it already (RFC 9110 section 13.2).
void rest_server_core::judge(const rest_exchange& e, rest_reply& what) const {
  const bool is_read = e.verb() == http::method::get || e.verb() == http::method::head;
  if (!what.tag || !is_read || what.status != 200) return;
  const byte_view body = what.shared.empty() ? as_bytes(what.body) : what.shared.view();
  const auto tag = http::entity_tag_text::of(body);
  what.headers.add("ETag", std::string(tag.text()));
  const http::validators current{.exists = true, .etag = tag.tag(), .last_modified = {}};
  switch (http::judge_preconditions(e.verb(), e.headers(), current, loop_.wall_now())) {
    case http::precondition::proceed:
      return;
    case http::precondition::not_modified:
      what.status = 304;
      break;
    case http::precondition::failed:
      what.status = 412;
      break;
  }
  what.body.clear();
  what.shared = {};
  what.content_type.clear();
}

// With all fields of the reply, in scratch_: views of the reply, the request and cors_answer_. What
// users have given comes first and is looked at again; the rest is known to be sound.
http::response rest_server_core::head_of(const rest_exchange& e, const rest_reply& what) {
  scratch_.clear();
  const bool is_json = what.content_type == "application/json";
  if (!is_json && !what.content_type.empty()) {
    scratch_.push_back({"Content-Type", what.content_type});
  }
  for (std::size_t i = 0; i < what.headers.size(); ++i) scratch_.push_back(what.headers[i]);
  const std::size_t given = scratch_.size();
  if (is_json) scratch_.push_back({"Content-Type", what.content_type});
  if (!e.id().empty()) scratch_.push_back({"X-Request-Id", e.id()});
  if (config_.cors_enabled) {
    for (const http::header& h : cors_answer_->headers()) scratch_.push_back(h);
  }
  const std::span<const http::header> all(scratch_);
  return {.status = what.status,
          .headers = all.first(given),
          .trusted = all.subspan(given),
          .compress = what.compress};
}

void rest_server_core::finish(rest_exchange& e, rest_reply what) {
  const rest_core_ref keep(*this);
  const rest_exchange_ref held(e);
  if (e.peer() == nullptr || e.at() == phase::over || e.at() == phase::streaming) return;
  std::string allowed;  // lives as long as what views it
  if (config_.cors_enabled) {
    const bool asks = e.match.how != http::route_outcome::found;
    if (asks) allowed = routes_.allow(e.match.allowed);
    cors_answer_ = cors_.judge(e.verb(), e.headers(), allowed);
    if (asks && cors_answer_->preflight) what = rest_reply::empty(cors_answer_->status);
  }
  review(e, what);
  if (e.peer() == nullptr || e.at() == phase::over) return;  // it was told, and has ended it
  judge(e, what);
  const http::response head = head_of(e, what);
  http::server& machine = e.peer()->at.machine();
  const time_point now = loop_.now();
  std::size_t size = what.shared.empty() ? what.body.size() : what.shared.size();
  std::uint16_t status = what.status;
  auto sent = what.shared.empty() ? machine.respond(e.number(), head, what.body, now)
                                  : machine.respond(e.number(), head, what.shared, now);
  if (!sent) {
    // A field that would split the message, or more than the connection holds.
    callback_failed(sent.error());
    status = 500;
    size = 0;
    sent = machine.respond(e.number(), {.status = status}, std::string_view(), now);
  }
  e.status = sent ? status : 0;
  e.sent_bytes = size;
  e.enter(phase::over);
  e.peer()->at.wake();
  put_away(e);
}

result<void> rest_server_core::begin_stream(rest_exchange& e, const rest_reply& given,
                                            std::optional<std::uint64_t> length) {
  rest_reply what = given;
  if (config_.cors_enabled) cors_answer_ = cors_.judge(e.verb(), e.headers(), "");
  review(e, what);
  if (e.peer() == nullptr) return fail(errc::closed);
  http::response head = head_of(e, what);
  head.compress = what.compress && !length;
  auto begun = e.peer()->at.machine().begin(e.number(), head, length, loop_.now());
  if (!begun) return std::unexpected(std::move(begun).error());
  e.status = what.status;
  e.enter(phase::streaming);
  e.set_deadline(std::nullopt);
  e.peer()->at.wake();
  return {};
}

}  // namespace parley::detail

namespace parley {

rest_route& rest_route::use(rest_before look) {
  state_->before.push_back(std::make_shared<detail::rest_any_before>(std::move(look)));
  return *this;
}
rest_route& rest_route::use(rest_before_async look) {
  state_->before.push_back(std::make_shared<detail::rest_any_before>(std::move(look)));
  return *this;
}
rest_route& rest_route::use_after(rest_after look) {
  state_->after.push_back(std::make_shared<rest_after>(std::move(look)));
  return *this;
}
rest_route& rest_route::stream_body(std::uint64_t max_body) {
  state_->stream_limit = max_body;
  return *this;
}
rest_route& rest_route::set_timeout(duration limit) {
  state_->timeout = limit;
  return *this;
}
void rest_route::remove() {
  if (state_->core) state_->core->remove_route(*state_);
}

}  // namespace parley
