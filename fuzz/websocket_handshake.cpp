// Heads that ask for WebSocket, or answer: the checks end, what they choose is what was offered,
// and what they write is read back as it was meant.
//
// Input: one byte chooses the settings and whether the rest is a request, a response, or the text
// of a field.
#include <array>
#include <cstring>
#include <parley/codecs/http/encoder.hpp>
#include <parley/codecs/websocket/extensions.hpp>
#include <parley/codecs/websocket/handshake.hpp>
#include <string>

#include "support/http_head.hpp"
#include "support/reader.hpp"

namespace {

using namespace parley;
using fuzz::must;

constexpr auto subprotocols = std::to_array<std::string_view>({"v2", "v1", "chat"});
constexpr auto origins = std::to_array<std::string_view>({"https://a.example", "null", "file://"});
constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

websocket::deflate_settings choose(std::uint8_t choice) {
  websocket::deflate_settings s;
  s.enabled = (choice & 1) == 0;
  if ((choice & 2) != 0) s.own_max_window_bits = 10;
  if ((choice & 4) != 0) s.peer_max_window_bits = 11;
  s.own_no_context_takeover = (choice & 8) != 0;
  s.peer_no_context_takeover = (choice & 16) != 0;
  return s;
}

// What a server answers is what a client, or a server, understands.
void check_choice(const websocket::deflate_parameters& answer,
                  const websocket::deflate_settings& ours) {
  const auto agreed = websocket::agreement_of(answer);
  must(ours.enabled && agreed.server_max_window_bits >= 9 && agreed.client_max_window_bits >= 8);
  must(agreed.server_max_window_bits <= ours.own_max_window_bits);
  must(agreed.client_max_window_bits <= ours.peer_max_window_bits);
  must(!ours.own_no_context_takeover || agreed.server_no_context_takeover);
  must(!ours.peer_no_context_takeover || agreed.client_no_context_takeover);
  const websocket::deflate_text text(answer);
  must(http::check_header({"x", text.view()}).has_value());
  websocket::deflate_parameters offer;
  offer.has_client_bits = true;
  const auto understood = websocket::check_answer(text.view(), offer);
  must(understood && *understood && **understood == agreed);
}

void read_field(std::string_view text, const websocket::deflate_settings& ours) {
  websocket::extension_reader list(text);
  while (const auto name = list.next_extension()) {
    must(!name->empty() && lies_in(*name, text));
    while (const auto p = list.next_parameter()) {
      must(!p->name.empty() && lies_in(p->name, text) && lies_in(p->value, text));
      must(p->has_value == !p->value.empty());
    }
  }
  must(!list.next_extension() && !list.next_parameter());

  const auto answer = websocket::choose_deflate(text, ours);
  must(answer.has_value() == !list.is_malformed());
  if (answer && *answer) check_choice(**answer, ours);

  const auto offer = websocket::offer_of(ours);
  const auto agreed = websocket::check_answer(text, offer);
  must(!agreed || !list.is_malformed());
  if (agreed && *agreed) {
    must((*agreed)->server_max_window_bits <= ours.peer_max_window_bits);
    must((*agreed)->client_max_window_bits <= ours.own_max_window_bits);
    must(!ours.peer_no_context_takeover || (*agreed)->server_no_context_takeover);
  }

  const std::size_t half = text.size() / 2;
  const auto allowed = [&](std::string_view origin, std::string_view host) {
    return websocket::is_origin_allowed(origin, host, {.origins = origins});
  };
  if (allowed(text, text.substr(half))) must(!text.empty());
  (void)allowed(text.substr(0, half), text.substr(half));
  // Who says our own name is ours, however it is spelt.
  const std::string own = "http://" + std::string(text);
  if (websocket::is_origin_allowed(own, text, {})) must(!text.empty());
  (void)websocket::accept_of(text);
}

void check_request(std::string_view text, const websocket::deflate_settings& ours) {
  const test::http_head head{std::string(text)};
  if (!head.is_good()) return;
  const auto accepted = websocket::check_request(
      head.request(), {.origins = origins, .subprotocols = subprotocols, .deflate = ours});
  if (!accepted) {
    const std::uint16_t status = websocket::http_status_of(accepted.error());
    must(status == 400 || status == 403 || status == 426);
    (void)accepted.error().to_string();
    return;
  }
  must(head.request().upgrades && accepted->key.size() == 24);
  if (accepted->deflate) check_choice(*accepted->deflate, ours);
  const websocket::handshake_response answer(*accepted);
  must(http::check_headers(answer.headers()).has_value());
  // A client that offered the same takes it.
  std::string response = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  for (const http::header& h : answer.headers()) {
    if (h.name == "Sec-WebSocket-Extensions") continue;
    response.append(h.name).append(": ").append(h.value).append("\r\n");
  }
  const test::http_head back(response + "\r\n", http::role::response);
  must(back.is_good());
  const auto agreed =
      websocket::check_response(back.response(), accepted->key,
                                {.subprotocols = subprotocols, .deflate = {.enabled = false}});
  must(agreed && agreed->subprotocol == accepted->subprotocol);
}

void check_response(std::string_view text, const websocket::deflate_settings& ours) {
  const test::http_head head(std::string(text), http::role::response);
  if (!head.is_good()) return;
  const auto agreed = websocket::check_response(head.response(), key,
                                                {.subprotocols = subprotocols, .deflate = ours});
  if (!agreed) {
    (void)agreed.error().to_string();
    return;
  }
  must(head.response().status == 101 && (!agreed->deflate || ours.enabled));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in({reinterpret_cast<const char*>(data), size});
  const std::uint8_t choice = in.byte();
  const std::string_view rest = in.bytes(size);
  const auto ours = choose(choice & 31);
  switch (choice >> 5) {
    case 0:
    case 1:
      check_request(rest, ours);
      break;
    case 2:
    case 3:
      check_response(rest, ours);
      break;
    default:
      read_field(rest, ours);
  }
  return 0;
}
