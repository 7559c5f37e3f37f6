#include <algorithm>
#include <charconv>
#include <parley/codecs/http/encoder.hpp>
#include <parley/codecs/websocket/detail/fields.hpp>
#include <parley/codecs/websocket/handshake.hpp>
#include <string>

namespace parley::websocket {
namespace {

using http::field;

std::unexpected<error> refuse(std::string message) {
  return fail(parley::errc::invalid_argument, std::move(message));
}

// --- the request ---------------------------------------------------------------------------------

result<void> check_subprotocols(std::span<const std::string_view> names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!http::detail::is_token(names[i])) {
      return refuse("the subprotocol \"" + std::string(names[i]) + "\" is not a token");
    }
    // They must differ (RFC 6455 section 4.1).
    const auto before = names.first(i);
    if (std::ranges::find(before, names[i]) != before.end()) {
      return refuse("the subprotocol \"" + std::string(names[i]) + "\" is there twice");
    }
  }
  return {};
}

bool is_own(std::string_view name, bool has_origin) noexcept {
  constexpr std::string_view ours = "Sec-WebSocket-";
  return http::equals_ignoring_case(name.substr(0, ours.size()), ours) ||
         http::equals_ignoring_case(name, "Upgrade") ||
         http::equals_ignoring_case(name, "Connection") ||
         (has_origin && http::equals_ignoring_case(name, "Origin"));
}

result<void> check_wish(const handshake_wish& wish) {
  if (auto ok = check_subprotocols(wish.subprotocols); !ok) return ok;
  if (auto ok = http::check_header({"Origin", wish.origin}); !ok) return ok;
  for (const http::header& h : wish.headers) {
    if (auto ok = http::check_header(h); !ok) return ok;
    if (is_own(h.name, !wish.origin.empty())) {
      return refuse("the header " + std::string(h.name) + " is written by the handshake");
    }
  }
  return {};
}

// --- the response --------------------------------------------------------------------------------

// "503 Service Unavailable"
std::string status_text(const http::response_head& head) {
  std::string text = std::to_string(head.status);
  const std::string_view reason = head.reason.empty() ? http::reason_of(head.status) : head.reason;
  if (!reason.empty()) text.append(" ").append(reason);
  return text;
}

bool may_pass(std::uint16_t status) noexcept {
  return status == 429 || (status >= 502 && status <= 504);
}

// Retry-After in seconds. A date says nothing to those that do not know what time it is.
std::optional<std::chrono::seconds> wait_of(const http::response_head& head) noexcept {
  const std::string_view text = head.headers.value_of(field::retry_after);
  std::uint32_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return std::chrono::seconds(seconds);
}

error refused(const http::response_head& head) {
  error why(errc::handshake_refused, status_text(head));
  if (head.status >= 300 && head.status < 400) {
    if (const auto location = head.headers.find(field::location)) {
      why = error(errc::handshake_refused,
                  status_text(head) + ", Location: " + std::string(*location))
                .with_hint("connect to the address that Location names");
    }
  } else if (head.status == 426) {
    const std::string_view spoken = head.headers.value_of(field::sec_websocket_version);
    why = error(errc::handshake_refused,
                status_text(head) + ", Sec-WebSocket-Version: " + std::string(spoken))
              .with_hint("the server speaks no WebSocket of version 13");
  } else if (head.status >= 200 && head.status < 300) {
    why = std::move(why).with_hint("a web server answered: check the path of the URI");
  }
  return why;
}

error why_not_switched(const http::response_head& head) {
  if (head.status == 401) return {errc::unauthorized, status_text(head)};
  if (head.status == 403) {
    return error(errc::unauthorized, status_text(head))
        .with_hint("check the credentials, and whether the server accepts this Origin");
  }
  if (!may_pass(head.status)) return refused(head);
  error why(errc::peer_unavailable, status_text(head));
  if (const auto wait = wait_of(head)) why = std::move(why).with_retry_after(*wait);
  return why;
}

result<std::string_view> chosen_subprotocol(const http::response_head& head,
                                            const handshake_wish& wish) {
  const auto chosen = detail::values_of(head.headers, field::sec_websocket_protocol);
  if (chosen.count == 0) {
    if (wish.needs_subprotocol) return fail(errc::bad_subprotocol, "the server chose none");
    return std::string_view();
  }
  const auto at = std::ranges::find(wish.subprotocols, chosen.first);
  if (chosen.count > 1 || at == wish.subprotocols.end()) {
    return fail(errc::bad_subprotocol,
                "the server chose \"" + std::string(chosen.first) + "\", which was not offered");
  }
  return *at;
}

}  // namespace

result<handshake_request> handshake_request::make(const handshake_wish& wish,
                                                  std::span<const std::byte, 16> random) {
  if (auto ok = check_wish(wish); !ok) return std::unexpected(std::move(ok).error());
  handshake_request made;
  std::vector<char>& text = made.text_;
  const auto add = [&](std::string_view more) {
    text.insert(text.end(), more.begin(), more.end());
  };
  const auto key = make_key(random);
  add({key.data(), key.size()});
  for (const std::string_view name : wish.subprotocols) {
    add(text.size() == key.size() ? "" : ", ");
    add(name);
  }
  const std::size_t extension = text.size();
  if (const auto offer = offer_of(wish.deflate)) add(deflate_text(*offer).view());

  // Only now the text stays where it is.
  const std::string_view all(text.data(), text.size());
  const auto put = [&](field name, std::string_view value) {
    if (!value.empty()) made.headers_.push_back({http::to_string(name), value});
  };
  put(field::sec_websocket_key, made.key());
  put(field::sec_websocket_version, "13");
  put(field::sec_websocket_protocol, all.substr(key.size(), extension - key.size()));
  put(field::sec_websocket_extensions, all.substr(extension));
  put(field::origin, wish.origin);
  made.headers_.insert(made.headers_.end(), wish.headers.begin(), wish.headers.end());
  return made;
}

result<agreed_handshake> check_response(const http::response_head& head, std::string_view key,
                                        const handshake_wish& wish) {
  if (head.status != 101) return std::unexpected(why_not_switched(head));
  if (!detail::asks_for_websocket(head.headers)) return fail(errc::bad_upgrade);
  const auto accept = detail::values_of(head.headers, field::sec_websocket_accept);
  const auto due = accept_of(key);
  if (accept.count != 1 || accept.first != std::string_view(due.data(), due.size())) {
    return fail(errc::bad_accept);
  }
  agreed_handshake agreed;
  const auto subprotocol = chosen_subprotocol(head, wish);
  if (!subprotocol) return std::unexpected(subprotocol.error());
  agreed.subprotocol = *subprotocol;
  const auto deflate = check_answer(head.headers, offer_of(wish.deflate));
  if (!deflate) {
    return fail(deflate.error(),
                std::string(head.headers.value_of(field::sec_websocket_extensions)));
  }
  agreed.deflate = *deflate;
  return agreed;
}

}  // namespace parley::websocket
