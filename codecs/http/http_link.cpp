#include <chrono>
#include <parley/codecs/http/detail/http_link.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>
#include <vector>

namespace parley::detail {
namespace {

std::string host_field_of(const http_client_config& c) {
  http_client_config without_path = c;
  without_path.unix_socket.clear();
  const std::string text = without_path.to_string();
  return text.substr(text.find("//") + 2);
}

std::optional<http_proxy> proxy_of(const http_client_config& c) {
  if (c.proxy.empty() || !c.unix_socket.empty()) return std::nullopt;
  auto by = http_proxy::parse(c.proxy);
  if (!by) return std::nullopt;  // validate() has seen to it
  return *std::move(by);
}

}  // namespace

std::string seconds_text(duration d) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(d).count();
  const auto tenths = milliseconds / 100;
  if (tenths == 0) return std::to_string(milliseconds) + " ms";
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text.append(".").append(std::to_string(tenths % 10));
  return text + " s";
}

http_link::http_link(loop& home, http_link_owner& owner, const http_client_config& config)
    : loop_(home),
      owner_(owner),
      config_(config),
      proxy_(proxy_of(config)),
      host_(host_field_of(config)),
      connector_(home, *this) {}

http_link::~http_link() { drop(); }

// --- its begin --------------------------------------------------------------------------------

result<layer_ptr> http_link::make_tls() {
  if (!config_.ssl) return layer_ptr();
  // Never in the clear instead.
  if (!config_.with) return std::unexpected(unavailable_part("tls"));
  return config_.with->make("tls", {config_.host, &config_.tls, &loop_, config_.watch});
}

result<void> http_link::connect(std::uint64_t round) {
  // For each connection anew: a layer belongs to one.
  auto tls = make_tls();
  if (!tls) return std::unexpected(std::move(tls).error());
  tls_ = *std::move(tls);
  connecting_until_ = loop_.now() + config_.connect_timeout;
  connect_plan_config plan;
  plan.attempt_timeout = plan.total_timeout = config_.connect_timeout;
  auto ok =
      guarded([&] { connector_.start(proxy_ ? proxy_->where : config_.where(), round, plan); });
  if (!ok) connector_.cancel();
  return ok;
}

void http_link::connected(connection& c, time_point now) {
  layer_ptr tunnel;
  if (is_tunnelled()) {
    tunnel =
        std::make_unique<proxy_layer>(*proxy_, endpoint(config_.host, config_.port).to_string());
  }
  auto made = std::make_unique<http_client_session>(*this, loop_, config_.limits, host_,
                                                    std::move(tls_), std::move(tunnel));
  loop_.set_timer(*this, connecting_until_);
  session_ = made.release();
  ++connects_;
  session_->attach(c);
  // From the connector's driver to this one; the connection itself stays.
  c.rebind(*session_);
  session_->start(now);
}

void http_link::connect_failed(const error& why) {
  if (!proxy_) return owner_.link_over(why, false);
  std::string text = "by the proxy";
  if (!why.message().empty()) text.append(": ").append(why.message());
  owner_.link_over(error(why).with_message(std::move(text)), false);
}

void http_link::on_opened() {
  loop_.set_timer(*this, std::nullopt);
  owner_.link_opened();
}

// --- a request --------------------------------------------------------------------------------

result<void> http_link::send(std::string_view method, std::string_view target,
                             std::span<const http::header> fields, const shared_bytes& body,
                             std::uint64_t tag) {
  std::string absolute;
  std::vector<http::header> more;
  if (proxy_ && !config_.ssl) {
    // RFC 9112 section 3.2.2. "*" of OPTIONS is the origin without a path (section 3.2.4).
    absolute.append("http://").append(host_);
    if (target != "*") absolute.append(target);
    target = absolute;
    if (!proxy_->authorization.empty()) {
      more.assign(fields.begin(), fields.end());
      more.push_back({"Proxy-Authorization", proxy_->authorization});
      fields = more;
    }
  }
  const http::request head{method, target, fields};
  const auto sent = session_->client().send(head, body, tag, {}, loop_.now());
  if (!sent) return std::unexpected(sent.error());
  session_->wake();
  return {};
}

// --- its end ----------------------------------------------------------------------------------

void http_link::drop() noexcept {
  connector_.cancel();
  if (is_armed()) loop_.set_timer(*this, std::nullopt);
  tls_.reset();
  if (auto* const s = std::exchange(session_, nullptr)) s->retire(loop_.now());
}

void http_link::fired(time_point) {
  drop();
  std::string late = config_.ssl ? "the TLS handshake" : "the handshake";
  if (is_tunnelled()) late += " behind the proxy";
  late += " is not complete after " + seconds_text(config_.connect_timeout);
  owner_.link_over(error(errc::timed_out, std::move(late)), false);
}

void http_link::on_unanswered(const http::unanswered& e) {
  const bool was_used = session_->answered > 0;
  drop();
  owner_.link_unanswered(e, was_used);
}

void http_link::on_over(const error* why) {
  const bool was_open = std::exchange(session_, nullptr)->is_open();
  loop_.set_timer(*this, std::nullopt);
  owner_.link_over(why ? *why : error(errc::closed, "by the server"), was_open);
}

}  // namespace parley::detail
