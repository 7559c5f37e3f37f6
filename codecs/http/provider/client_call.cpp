// What comes of the requests of a call: a reply, or another request.
#include <algorithm>
#include <charconv>
#include <parley/codecs/http/date.hpp>
#include <parley/codecs/http/provider/client_call.hpp>
#include <parley/codecs/http/provider/client_core.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/http/rest/uri_reference.hpp>
#include <utility>

namespace parley::detail {
namespace {

// What is read of a body that nobody wants, so that its connection may be kept.
constexpr std::uint64_t most_dropped = 64 * 1024;

bool is_redirection(std::uint16_t status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool may_pass(std::uint16_t status) noexcept {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

std::optional<std::chrono::milliseconds> retry_after_of(std::string_view text,
                                                        wall_time now) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint32_t seconds = 0;
  const char* const last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), last, seconds);
  if (fault == std::errc() && end == last) return std::chrono::seconds(seconds);
  const auto at = http::parse_date(text, now);
  if (!at) return std::nullopt;
  const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(*at - now);
  return std::max(pause, std::chrono::milliseconds(0));
}

rest_call::rest_call(rest_client_core& core, rest_order order)
    : order_(std::move(order)), core_(core) {}

rest_call::~rest_call() {
  withdraw();
  if (waits_for_token_) core_.tokens().forget(*this);
}

// --- its begin and its end --------------------------------------------------------------------

void rest_call::start() {
  const time_point now = home().now();
  const duration given =
      order_.timeout > duration::zero() ? order_.timeout : core_.config().timeout;
  if (given < time_point::max() - now) {
    until_ = now + given;
    home().set_timer(deadline_, until_);
  }
  attempt();
}

void rest_call::forget_deadline() noexcept {
  until_.reset();
  if (deadline_.is_armed()) home().set_timer(deadline_, std::nullopt);
}

void rest_call::finish(result<http_reply>&& outcome) {
  withdraw();
  if (std::exchange(waits_for_token_, false)) core_.tokens().forget(*this);
  core_.record("calls_total", 1, order_.method, outcome ? "ok" : outcome.error().name());
  ended(std::move(outcome));
  core_.forget(*this);
}

void rest_call::fail(const error& why) { finish(std::unexpected(why)); }

void rest_call::cancel(operation_base&) { fail(error(errc::cancelled)); }

void rest_call::deadline_passed() {
  error why(errc::timed_out, overdue());
  if (last_) why = std::move(why).with_cause(*last_);
  fail(about(why));
}

// What was awaited when the time was over.
std::string rest_call::overdue() const {
  const duration given =
      order_.timeout > duration::zero() ? order_.timeout : core_.config().timeout;
  const std::string after = " after " + seconds_text(given);
  if (waits_for_token_) return "there is no token" + after;
  if (pause_.is_armed()) return "no try has succeeded" + after;
  if (is_unreached()) return "no connection is open" + after;
  if (!is_sent()) return "no connection was free" + after;
  if (!has_head_) return "there is no reply" + after;
  return "the reply is not complete" + after + ": " + std::to_string(reply_.body.size()) +
         " bytes of its body have come";
}

std::string rest_call::name() const {
  constexpr std::size_t most = 200;
  std::string url = order_.site->origin + order_.target;
  if (const auto whole = uri::parse(url)) url = whole->to_string();
  if (url.size() > most) url.replace(most, std::string::npos, "...");
  if (!order_.site->unix_socket.empty()) url += " over unix:" + order_.site->unix_socket;
  return order_.method.substr(0, most) + " " + url;
}

error rest_call::about(const error& why) const {
  std::string text = name();
  if (!why.message().empty()) text.append(": ").append(why.message());
  return error(why).with_message(std::move(text));
}

void rest_call::log(const std::string& text) {
  if (core_.config().watch) core_.config().watch->log(log_level::info, "rest", name() + text);
}

// --- a reply ----------------------------------------------------------------------------------

rest_call::verdict rest_call::judge(const http::response_head& head) {
  const http::header_list& fields = head.headers;
  if (is_redirection(head.status) && core_.config().max_redirects > 0) {
    location_ = fields.value_of(http::field::location);
    if (!location_.empty()) return verdict::follow;
  }
  // Nothing was carried out, so that it may be said again with another token, whatever the method.
  if (head.status == 401 && token_ != 0 && !refreshed_) return verdict::refresh;
  if (repeats_statuses() && may_pass(head.status) && is_repeatable()) {
    const auto wish = retry_after_of(fields.value_of(http::field::retry_after), home().wall_now());
    if (plan_pause(nullptr, wish)) return verdict::again;
  }
  return verdict::take;
}

void rest_call::on_head(const http::response_head& head) {
  verdict_ = judge(head);
  status_ = head.status;
  if (verdict_ == verdict::again) {
    last_.emplace(http::rest_errc::server_unavailable, std::to_string(head.status));
  }
  if (verdict_ != verdict::take) return;
  // In place of a tunnel the proxy of http:// says it in a reply.
  if (head.status == 407 && !core_.config().proxy.empty()) {
    return fail(about(error(http::rest_errc::proxy_unauthorized, "407 by the proxy")));
  }
  has_head_ = true;
  reply_.status = head.status;
  reply_.reason = head.reason;
  reply_.body.clear();
  taken(head);
}

void rest_call::keep_fields(const http::response_head& head) {
  reply_.headers = http_headers();
  for (const http::header h : head.headers) {
    reply_.headers.add(std::string(h.name), std::string(h.value));
  }
}

void rest_call::taken(const http::response_head& head) {
  keep_fields(head);
  const std::size_t most = core_.config().max_reply;
  if (head.body.how != http::framing::length || head.body.length <= most) return;
  fail(about(error(errc::too_large, "the reply has a body of " + std::to_string(head.body.length) +
                                        " bytes: max_reply is " + std::to_string(most))));
}

void rest_call::on_body(byte_view data) {
  if (verdict_ == verdict::take) return piece(data);
  dropped_ += data.size();
  if (dropped_ <= most_dropped) return;
  // Another connection costs less than reading all of it.
  withdraw();
  act();
}

void rest_call::piece(byte_view data) {
  const std::size_t most = core_.config().max_reply;
  if (data.size() > most - reply_.body.size()) {
    return fail(about(error(errc::too_large, "the reply's body goes on and on: max_reply is " +
                                                 std::to_string(most) + " bytes")));
  }
  reply_.body.append(as_text(data));
}

void rest_call::on_end(const http::header_list& trailers) {
  if (verdict_ == verdict::take) return complete(trailers);
  act();
}

void rest_call::complete(const http::header_list& trailers) {
  reply_.trailers = http_headers();
  for (const http::header h : trailers) {
    reply_.trailers.add(std::string(h.name), std::string(h.value));
  }
  finish(std::move(reply_));
}

// --- another request --------------------------------------------------------------------------

void rest_call::act() {
  switch (verdict_) {
    case verdict::follow:
      return follow();
    case verdict::refresh:
      refreshed_ = true;
      core_.tokens().refused(token_);
      return attempt();
    case verdict::again:
      log(": sent again, after " + last_->to_string());
      return home().set_timer(pause_, pause_until_);
    case verdict::take:
      break;
  }
}

void rest_call::follow() {
  const std::uint32_t most = core_.config().max_redirects;
  if (redirects_++ == most) {
    return fail(about(error(http::rest_errc::too_many_redirects, std::to_string(most))));
  }
  if (auto ok = move_to(location_); !ok) return fail(about(ok.error()));
  rewrite();
  attempt();
}

// Sets out for another place (RFC 9110 section 10.2.2).
result<void> rest_call::move_to(std::string_view location) {
  auto url = http::resolve_reference(order_.site->origin + order_.target, location);
  if (!url) return std::unexpected(std::move(url).error());
  if (const std::size_t mark = url->find('#'); mark != std::string::npos) url->resize(mark);
  if (order_.site->ssl && !url->starts_with("https:")) {
    return parley::fail(http::rest_errc::bad_redirect, "it leads from https:// to http://");
  }
  const rest_name parts = rest_name::split(*url);
  if (!http::is_same_origin(order_.site->origin, *url)) {
    auto site = rest_site::parse(parts.site);
    if (!site) return std::unexpected(std::move(site).error());
    order_.site = std::make_shared<const rest_site>(*std::move(site));
    left_origin_ = true;
  }
  order_.target = join_path("", parts.path);
  return {};
}

// Which method goes on (RFC 9110 section 15.4): 303 asks for another resource, and 301 and 302 have
// long turned POST into GET.
void rest_call::rewrite() {
  const bool asks_anew = status_ == 303 && order_.method != "HEAD";
  const bool was_post = (status_ == 301 || status_ == 302) && order_.method == "POST";
  if (!asks_anew && !was_post) return;
  order_.method = "GET";
  order_.body = {};
  lost_body_ = true;
}

// --- failures ---------------------------------------------------------------------------------

bool rest_call::is_repeatable() const noexcept {
  return http::is_idempotent(http::parse_method(order_.method));
}

// Whether there is a try left, and time for it: until pause_until_.
bool rest_call::plan_pause(const error* why, std::optional<std::chrono::milliseconds> wish) {
  if (why && !why->is_transient()) return false;
  if (retries_ >= core_.config().max_retries) return false;
  const time_point now = home().now();
  if (!back_) back_.emplace(core_.config().reconnect);
  back_->failed(now, wish);
  const auto pause = back_->next(core_.random_bits());
  if (!pause || (until_ && *pause >= *until_ - now)) return false;
  ++retries_;
  pause_until_ = now + *pause;
  return true;
}

void rest_call::on_failed(const rest_failure& how) {
  const bool had_head = std::exchange(has_head_, false);
  if (had_head && is_stream()) return broken(how.why);
  // A kept connection that the server had ended: no failure of this request (P52).
  if (how.may_retry && how.was_used && !had_head && !std::exchange(was_stale_, true)) {
    log(": sent again, after " + how.why.to_string());
    core_.origin_of(*order_.site).drop_idle();
    return attempt();
  }
  if ((how.may_retry || is_repeatable()) && plan_pause(&how.why, how.why.retry_after())) {
    log(": sent again, after " + how.why.to_string());
    last_ = how.why;
    return home().set_timer(pause_, pause_until_);
  }
  error why = about(how.why);
  if (!how.may_retry && !is_repeatable() && why.is_transient()) {
    why = std::move(why).with_hint(
        "the server may have carried it out: look before you send it again");
  }
  fail(why);
}

}  // namespace parley::detail
