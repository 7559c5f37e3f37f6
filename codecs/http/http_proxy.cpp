#include <algorithm>
#include <cstring>
#include <parley/codecs/http/detail/http_proxy.hpp>
#include <parley/codecs/http/rest/authorization.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/core/net/uri.hpp>
#include <utility>

namespace parley::detail {
namespace {

// Above this the layer on top waits.
constexpr std::size_t most_output = 64 * 1024;
// What may wait to be read: a record of TLS and a bit.
constexpr std::size_t most_input = 32 * 1024;

http::client_limits handshake_limits() {
  http::client_limits l;
  // Whoever connects has a timer of its own.
  l.response_timeout = l.body_timeout = l.write_timeout = l.idle_timeout = duration::zero();
  return l;
}

}  // namespace

result<http_proxy> http_proxy::parse(std::string_view text) {
  const auto where = uri::parse(text);
  if (!where) return std::unexpected(where.error());
  // Proxies have no usual port: some are at 80, others at 1080, 3128 or 8080.
  if (where->scheme() != "http" || where->host().empty() || !where->port()) {
    return fail(errc::invalid_argument, "it is not http://host:port");
  }
  const bool has_more = where->target() != "/" || !where->fragment().empty();
  if (has_more) return fail(errc::invalid_argument, "it has a path or parameters");
  http_proxy p;
  p.where = endpoint(where->host(), *where->port());
  if (where->has_user()) {
    auto both = http::basic_authorization(where->user(), where->password().reveal());
    if (!both) return fail(errc::invalid_argument, "its user or password has a bad character");
    p.authorization = *std::move(both);
  }
  return p;
}

proxy_layer::proxy_layer(const http_proxy& by, std::string authority)
    : proxy_layer_limits{handshake_limits()},
      authority_(std::move(authority)),
      authorization_(by.authorization),
      client_(limits, authority_) {}

// --- the request for a tunnel -----------------------------------------------------------------

void proxy_layer::start(time_point now) {
  client_.start(now);
  (void)client_.next_event();  // `opened`
  const http::header field{"Proxy-Authorization", authorization_};
  const std::span<const http::header> fields(&field, authorization_.empty() ? 0 : 1);
  const auto sent =
      client_.send(http::request{"CONNECT", authority_, fields}, byte_view(), 1, {}, now);
  if (!sent) why_ = sent.error();
}

void proxy_layer::refused(const http::response_head& head) {
  std::string text = "CONNECT " + authority_ + ": " + std::to_string(head.status);
  if (!head.reason.empty()) text.append(" ").append(head.reason);
  http::rest_errc code = http::rest_errc::proxy_refused;
  if (head.status == 407) code = http::rest_errc::proxy_unauthorized;
  // It has not reached the server, and may the next time.
  if (head.status >= 500) code = http::rest_errc::server_unavailable;
  why_.emplace(code, "the proxy says to " + text);
}

// Sees what the proxy has answered.
void proxy_layer::ask() {
  while (!opened_ && !why_) {
    const http::client::event e = client_.next_event();
    if (const auto* head = std::get_if<http::response_event>(&e)) {
      refused(*head->head);
    } else if (std::holds_alternative<http::upgraded>(e)) {
      input_ = client_.take_rest();
      output_ = send_buffer(client_.release_output());
      opened_ = true;
    } else if (const auto* none = std::get_if<http::unanswered>(&e)) {
      why_.emplace(errc::closed, "by the proxy");
      why_ = std::move(*why_).with_cause(none->why);
    } else if (is_drained(e) || std::holds_alternative<closed>(e)) {
      return;
    }
  }
}

// --- input ------------------------------------------------------------------------------------

bool proxy_layer::wants_read() const {
  if (why_ || ended_) return false;
  return opened_ ? input_.size() < most_input : client_.wants_read();
}

std::span<std::byte> proxy_layer::prepare(std::size_t hint) {
  if (!wants_read()) return {};
  return opened_ ? input_.prepare(hint) : client_.prepare(hint);
}

void proxy_layer::commit(std::size_t n, time_point now) {
  opened_ ? input_.commit(n) : client_.commit(n, now);
}

void proxy_layer::commit_eof(time_point now) {
  opened_ ? void(ended_ = true) : client_.commit_eof(now);
}

void proxy_layer::commit_error(const error& why, time_point) {
  if (!why_) why_ = why;
}

read_result proxy_layer::read(std::span<std::byte> into, time_point) {
  ask();
  const byte_view have = input_.data();
  const std::size_t n = std::min(have.size(), into.size());
  if (opened_ && n > 0) {
    std::memcpy(into.data(), have.data(), n);
    input_.consume(n);
    return {read_result::status::ok, n};
  }
  if (why_) return {read_result::status::failed, 0};
  if (ended_ && have.empty()) return {read_result::status::eof, 0};
  return {};
}

// --- output -----------------------------------------------------------------------------------

buffer_list proxy_layer::output() { return opened_ ? output_.output() : client_.output(); }

void proxy_layer::consume_output(std::size_t n) {
  opened_ ? output_.consume(n) : client_.consume_output(n);
}

std::size_t proxy_layer::write(buffer_list plain, time_point) {
  // On the way to nowhere: the layer above must come to its end.
  if (why_) return total_size(plain);
  std::size_t taken = 0;
  for (const const_buffer& piece : plain) {
    if (!opened_ || output_.size() >= most_output) break;
    output_.append(byte_view(static_cast<const std::byte*>(piece.data), piece.size));
    taken += piece.size;
  }
  return taken;
}

void proxy_layer::close(time_point now) {
  closing_ = true;
  if (!opened_) client_.close(now);
}

bool proxy_layer::is_done() const {
  if (why_) return true;
  return closing_ && (!opened_ || output_.empty());
}

void proxy_layer::release() {
  if (!opened_) return client_.release();
  input_.release();
  output_.release();
}

}  // namespace parley::detail
