#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/http/detail/body_writer.hpp>
#include <parley/codecs/http/detail/request_writer.hpp>
#include <parley/codecs/http/detail/target.hpp>
#include <parley/codecs/http/encoder.hpp>
#include <string>

namespace parley::http::detail {
namespace {

constexpr std::string_view chunked_line = "Transfer-Encoding: chunked\r\n";
constexpr std::string_view close_line = "Connection: close\r\n";
constexpr std::string_view upgrade_line = "Connection: upgrade\r\n";
constexpr std::string_view accept_line = "Accept-Encoding: gzip, deflate\r\n";
constexpr std::string_view expect_line = "Expect: 100-continue\r\n";
// All of them, and the names and ends of Host and Upgrade.
constexpr std::size_t added_bound = chunked_line.size() + close_line.size() + upgrade_line.size() +
                                    expect_line.size() + accept_line.size() + content_length_bound +
                                    64;

// A server may take a request of these without Content-Length for one that was cut off.
bool expects_body(method verb) noexcept {
  return verb == method::post || verb == method::put || verb == method::patch;
}

// Whether one of the headers is Host; errc::invalid_argument if several are.
result<bool> find_host(std::span<const header> headers) {
  bool found = false;
  for (const header& h : headers) {
    if (!equals_ignoring_case(h.name, "Host")) continue;
    if (found) return fail(parley::errc::invalid_argument, "there are several headers Host");
    if (!is_host(h.value)) {
      return fail(parley::errc::invalid_argument, "the value of Host names no host");
    }
    found = true;
  }
  return found;
}

result<void> check_options(const request_plan& plan) {
  const request_options& o = *plan.options;
  if (o.upgrade.empty()) return {};
  if (o.close) {
    return fail(parley::errc::invalid_argument, "a connection cannot be both upgraded and closed");
  }
  return check_header({"Upgrade", o.upgrade});
}

}  // namespace

result<request_plan> plan_request(const request& head, const request_options& options,
                                  std::string_view host, body_info body, bool may_ask_coded) {
  request_plan plan{.head = &head, .options = &options, .host = host, .body = body};
  if (auto ok = check_request_line(head.method, head.target); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  plan.verb = parse_method(head.method);
  if (plan.verb == method::connect && body.how != framing::none) {
    return fail(parley::errc::invalid_argument, "CONNECT has no body");
  }
  if (auto ok = check_own_headers(head.headers); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = check_options(plan); !ok) return std::unexpected(std::move(ok).error());
  const auto found = find_host(head.headers);
  if (!found) return std::unexpected(found.error());
  plan.adds_host = !*found;
  // The target knows better than the connection, which may be one to a proxy (RFC 9112 3.2.2).
  target_form form{};
  if (find_target_form(plan.verb, head.target, form) &&
      (form == target_form::absolute || form == target_form::authority)) {
    plan.host = authority_of(head.target, form);
  }
  if (plan.adds_host && !is_host(plan.host)) {
    return fail(parley::errc::invalid_argument, "\"" + std::string(plan.host) + "\" names no host");
  }
  const bool empty = body.how == framing::none || (body.how == framing::length && body.length == 0);
  // Asking for leave to send nothing is not allowed (RFC 9110 section 10.1.1).
  plan.expects = options.expect_continue && !empty;
  plan.asks_coded = may_ask_coded && coding_is_available(coding::gzip) &&
                    !has_header(head.headers, "Accept-Encoding") &&
                    !has_header(head.headers, "Range");
  return plan;
}

std::size_t request_bound(const request_plan& plan) noexcept {
  return request_line_bound(plan.head->method, plan.head->target) + plan.host.size() +
         headers_bound(plan.head->headers) + plan.options->upgrade.size() + added_bound;
}

std::byte* put_request(std::byte* to, const request_plan& plan) noexcept {
  const request_options& o = *plan.options;
  to = put_request_line(to, plan.head->method, plan.head->target);
  // First, as RFC 9110 section 7.2 asks: who serves several hosts needs it first.
  if (plan.adds_host) to = put_header(to, {"Host", plan.host});
  to = put_headers(to, plan.head->headers);
  if (plan.asks_coded) to = put_text(to, accept_line);
  if (plan.body.how == framing::chunked) {
    to = put_text(to, chunked_line);
  } else if (plan.body.how == framing::length || expects_body(plan.verb)) {
    to = put_content_length(to, plan.body.length);
  }
  if (o.close) to = put_text(to, close_line);
  if (!o.upgrade.empty()) to = put_header(put_text(to, upgrade_line), {"Upgrade", o.upgrade});
  if (plan.expects) to = put_text(to, expect_line);
  return put_line_end(to);
}

}  // namespace parley::http::detail
