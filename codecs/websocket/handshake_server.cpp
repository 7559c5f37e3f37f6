#include <algorithm>
#include <parley/codecs/websocket/detail/fields.hpp>
#include <parley/codecs/websocket/handshake.hpp>
#include <string>

namespace parley::websocket {
namespace {

using http::field;

constexpr std::string_view version = "13";

// Base64 of 16 bytes: 22 characters, and two that fill up (RFC 4648 section 4).
bool is_key(std::string_view text) noexcept {
  if (text.size() != 24 || !text.ends_with("==")) return false;
  return std::ranges::all_of(text.substr(0, 22), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

std::unexpected<error> malformed(field which) {
  return fail(errc::not_a_handshake, std::string(http::to_string(which)) + " is malformed");
}

// RFC 6455 section 4.2.1, but for what may be chosen.
result<void> check_fields(const http::request_head& head) {
  if (head.verb != http::method::get) return fail(errc::not_a_handshake, "the method is not GET");
  if (head.minor == 0) return fail(errc::not_a_handshake, "HTTP/1.0 knows no upgrade");
  if (!detail::asks_for_websocket(head.headers)) {
    return fail(errc::not_a_handshake, "Upgrade: websocket and Connection: upgrade are missing");
  }
  const auto asked = detail::values_of(head.headers, field::sec_websocket_version);
  if (asked.count != 1 || asked.first != version) {
    return fail(errc::bad_handshake_version, std::string(asked.first));
  }
  const auto key = detail::values_of(head.headers, field::sec_websocket_key);
  if (key.count != 1 || !is_key(key.first)) return fail(errc::bad_key);
  return {};
}

bool offers(const http::request_head& head, std::string_view subprotocol) {
  return !detail::for_each_element(head.headers, field::sec_websocket_protocol,
                                   [&](std::string_view name) { return name != subprotocol; });
}

result<std::string_view> choose_subprotocol(const http::request_head& head,
                                            const handshake_settings& settings) {
  if (!detail::for_each_element(head.headers, field::sec_websocket_protocol,
                                http::detail::is_token)) {
    return malformed(field::sec_websocket_protocol);
  }
  for (const std::string_view ours : settings.subprotocols) {
    if (offers(head, ours)) return ours;
  }
  if (settings.needs_subprotocol) return fail(errc::bad_subprotocol);
  return std::string_view();
}

}  // namespace

result<accepted_handshake> check_request(const http::request_head& head,
                                         const handshake_settings& settings) {
  if (auto ok = check_fields(head); !ok) return std::unexpected(std::move(ok).error());
  accepted_handshake accepted;
  accepted.key = head.headers.value_of(field::sec_websocket_key);
  const auto page = detail::values_of(head.headers, field::origin);
  accepted.origin = page.first;
  if (page.count > 1) return malformed(field::origin);
  if (page.count == 1 && !is_origin_allowed(page.first, head.authority, settings)) {
    return fail(errc::bad_origin, std::string(page.first));
  }
  auto subprotocol = choose_subprotocol(head, settings);
  if (!subprotocol) return std::unexpected(std::move(subprotocol).error());
  accepted.subprotocol = *subprotocol;
  const auto deflate = choose_deflate(head.headers, settings.deflate);
  if (!deflate) return malformed(field::sec_websocket_extensions);
  accepted.deflate = *deflate;
  return accepted;
}

std::uint16_t http_status_of(const error& why) noexcept {
  if (why == errc::bad_origin) return 403;
  return why == errc::bad_handshake_version ? 426 : 400;
}

std::span<const http::header> refusal_headers(const error& why) noexcept {
  static constexpr auto speaks =
      std::to_array<http::header>({{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", version}});
  if (why == errc::bad_handshake_version) return speaks;
  return {};
}

handshake_response::handshake_response(const accepted_handshake& accepted) noexcept
    : accept_(accept_of(accepted.key)),
      extension_(accepted.deflate.value_or(deflate_parameters())) {
  add(field::sec_websocket_accept, {accept_.data(), accept_.size()});
  if (!accepted.subprotocol.empty()) add(field::sec_websocket_protocol, accepted.subprotocol);
  if (accepted.deflate) add(field::sec_websocket_extensions, extension_.view());
}

void handshake_response::add(field name, std::string_view value) noexcept {
  headers_[count_++] = {http::to_string(name), value};
}

}  // namespace parley::websocket
