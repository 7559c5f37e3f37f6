// The upgrade from HTTP, both sides: the example of RFC 6455, every fault, origins, subprotocols.
#include <gmock/gmock.h>

#include <cstring>
#include <parley/codecs/http/client.hpp>
#include <parley/codecs/http/encoder.hpp>
#include <parley/codecs/http/server.hpp>
#include <parley/codecs/websocket/handshake.hpp>
#include <parley/core/version.hpp>
#include <string>
#include <vector>

#include "support/http_head.hpp"

namespace parley::test {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;
using websocket::errc;
using websocket::handshake_settings;
using websocket::handshake_wish;

constexpr std::string_view rfc_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view rfc_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

template <std::size_t size>
std::string_view text_of(const std::array<char, size>& chars) {
  return {chars.data(), size};
}

std::span<const std::byte, 16> sixteen(std::string_view text) { return as_bytes(text).first<16>(); }

TEST(handshake_keys, are_those_of_the_rfc) {
  EXPECT_EQ(text_of(websocket::accept_of(rfc_key)), rfc_accept);
  EXPECT_EQ(text_of(websocket::make_key(sixteen("the sample nonce"))), rfc_key);
  EXPECT_EQ(text_of(websocket::make_key(sixteen("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv))),
            "AAAAAAAAAAAAAAAAAAAAAA==");
  // Of any length without harm.
  EXPECT_NE(text_of(websocket::accept_of(std::string(1000, 'a'))), rfc_accept);
  EXPECT_NE(text_of(websocket::accept_of("")), rfc_accept);
}

// --- a server
// --------------------------------------------------------------------------------------

// The request of RFC 6455 section 1.2 without Origin and subprotocols.
const std::vector<std::string> good_request = {"GET /chat HTTP/1.1",
                                               "Host: server.example.com",
                                               "Upgrade: websocket",
                                               "Connection: Upgrade",
                                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                                               "Sec-WebSocket-Version: 13"};

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (!line.empty()) text += line + "\r\n";
  }
  return text + "\r\n";
}

// With line `i` replaced, which may be by none or several.
std::string with_line(std::vector<std::string> lines, std::size_t i, std::string_view line) {
  lines[i] = line;
  return joined(lines);
}
std::string with_more(std::vector<std::string> lines, std::string_view more) {
  lines.emplace_back(more);
  return joined(lines);
}

// What was chosen, "subprotocol|extension", or the name of the fault.
std::string answer_to(const std::string& request, const handshake_settings& settings = {}) {
  const http_head head(request);
  EXPECT_TRUE(head.is_good()) << request;
  const auto accepted = websocket::check_request(head.request(), settings);
  if (!accepted) return std::string(accepted.error().name());
  const websocket::handshake_response response(*accepted);
  std::string seen;
  for (const http::header& h : response.headers()) {
    EXPECT_TRUE(http::check_header(h));
    if (h.name != "Sec-WebSocket-Accept") {
      seen.append(h.value).append("|");
    } else {
      EXPECT_EQ(h.value, rfc_accept);
    }
  }
  return seen;
}

TEST(handshake_server, accepts_the_request_of_the_rfc) {
  EXPECT_EQ(answer_to(joined(good_request)), "");
  static constexpr auto origins = std::to_array<std::string_view>({"http://example.com"});
  static constexpr auto protocols = std::to_array<std::string_view>({"superchat", "chat"});
  const handshake_settings settings{.origins = origins, .subprotocols = protocols};
  EXPECT_EQ(answer_to(with_more(good_request,
                                "Origin: http://example.com\r\n"
                                "Sec-WebSocket-Protocol: chat, superchat"),
                      settings),
            "superchat|");
}

TEST(handshake_server, spelling_does_not_matter_where_it_must_not) {
  EXPECT_EQ(answer_to(with_line(good_request, 2, "uPgRaDe: WebSocket")), "");
  EXPECT_EQ(answer_to(with_line(good_request, 2, "Upgrade: h2c, websocket")), "");
  EXPECT_EQ(answer_to(with_line(good_request, 3, "Connection: keep-alive, upgrade")), "");
  EXPECT_EQ(answer_to(with_line(good_request, 3, "Connection: keep-alive\r\nConnection: UPGRADE")),
            "");
  EXPECT_EQ(answer_to(with_line(good_request, 0, "GET http://other.example/chat HTTP/1.1")), "");
}

TEST(handshake_server, every_fault_is_found) {
  struct fault {
    std::size_t line;
    std::string_view instead;
    std::string_view name;
  };
  const fault faults[] = {
      {0, "POST /chat HTTP/1.1", "not_a_handshake"},
      {0, "HEAD /chat HTTP/1.1", "not_a_handshake"},
      {0, "GET /chat HTTP/1.0", "not_a_handshake"},
      {2, "", "not_a_handshake"},
      {2, "Upgrade: h2c", "not_a_handshake"},
      {2, "Upgrade: websockets", "not_a_handshake"},
      {3, "", "not_a_handshake"},
      {3, "Connection: keep-alive", "not_a_handshake"},
      {4, "", "bad_key"},
      {4, "Sec-WebSocket-Key: ", "bad_key"},
      {4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ", "bad_key"},
      {4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=a", "bad_key"},
      {4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQaa", "bad_key"},
      {4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j*Q==", "bad_key"},
      {4, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA==", "bad_key"},
      {4,
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
       "bad_key"},
      {5, "", "bad_handshake_version"},
      {5, "Sec-WebSocket-Version: 8", "bad_handshake_version"},
      {5, "Sec-WebSocket-Version: 013", "bad_handshake_version"},
      {5, "Sec-WebSocket-Version: 13, 8", "bad_handshake_version"},
      {5, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13", "bad_handshake_version"},
  };
  for (const fault& f : faults) {
    EXPECT_EQ(answer_to(with_line(good_request, f.line, f.instead)), f.name) << f.instead;
  }
  for (const std::string_view more :
       {"Sec-WebSocket-Protocol: a b", "Sec-WebSocket-Protocol: a, (b)",
        "Sec-WebSocket-Extensions: permessage-deflate;", "Sec-WebSocket-Extensions: a b",
        "Origin: http://server.example.com\r\nOrigin: http://server.example.com"}) {
    EXPECT_EQ(answer_to(with_more(good_request, more)), "not_a_handshake") << more;
  }
}

TEST(handshake_server, a_fault_says_what_is_wrong) {
  const http_head head(with_more(good_request, "Sec-WebSocket-Extensions: a b"));
  const auto accepted = websocket::check_request(head.request(), {});
  ASSERT_FALSE(accepted);
  EXPECT_THAT(accepted.error().to_string(), HasSubstr("Sec-WebSocket-Extensions is malformed"));
}

TEST(handshake_server, a_refusal_has_its_status) {
  EXPECT_EQ(websocket::http_status_of(errc::not_a_handshake), 400);
  EXPECT_EQ(websocket::http_status_of(errc::bad_key), 400);
  EXPECT_EQ(websocket::http_status_of(errc::bad_subprotocol), 400);
  EXPECT_EQ(websocket::http_status_of(errc::bad_origin), 403);
  EXPECT_EQ(websocket::http_status_of(errc::bad_handshake_version), 426);
  EXPECT_TRUE(websocket::refusal_headers(errc::bad_key).empty());
  const auto fields = websocket::refusal_headers(errc::bad_handshake_version);
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].name, "Upgrade");
  EXPECT_EQ(fields[0].value, "websocket");
  EXPECT_EQ(fields[1].name, "Sec-WebSocket-Version");
  EXPECT_EQ(fields[1].value, "13");
}

TEST(handshake_server, chooses_the_first_of_its_own_subprotocols) {
  static constexpr auto protocols = std::to_array<std::string_view>({"v2", "v1"});
  const handshake_settings ours{.subprotocols = protocols};
  handshake_settings needs = ours;
  needs.needs_subprotocol = true;
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"Sec-WebSocket-Protocol: v1", "v1|"},
      {"Sec-WebSocket-Protocol: v1, v2", "v2|"},
      {"Sec-WebSocket-Protocol: v1\r\nSec-WebSocket-Protocol: x,v2", "v2|"},
      {"Sec-WebSocket-Protocol: V2, v3", ""},
      {"Sec-WebSocket-Protocol: ,", ""},
  };
  for (const auto& [field, due] : cases) {
    const std::string request = with_more(good_request, field);
    EXPECT_EQ(answer_to(request, ours), due) << field;
    EXPECT_EQ(answer_to(request, needs), due.empty() ? "bad_subprotocol" : due) << field;
  }
  EXPECT_EQ(answer_to(with_more(good_request, "Sec-WebSocket-Protocol: v1")), "");
}

TEST(handshake_server, agrees_on_compression) {
  const std::string request = with_more(good_request,
                                        "Sec-WebSocket-Extensions: foo, permessage-deflate; bar\r\n"
                                        "Sec-WebSocket-Extensions: permessage-deflate; "
                                        "client_max_window_bits=10");
  EXPECT_EQ(answer_to(request),
            PARLEY_HAS_ZLIB != 0 ? "permessage-deflate; client_max_window_bits=10|" : "");
  EXPECT_EQ(answer_to(request, {.deflate = {.enabled = false}}), "");
}

struct origin_case {
  std::string_view origin;
  std::string_view host;
  bool is_tls;
  bool allowed;
};

TEST(handshake_origins, the_same_origin_passes) {  // P48
  const origin_case cases[] = {
      {"http://a.example", "a.example", false, true},
      {"https://a.example", "a.example", true, true},
      {"https://a.example:443", "a.example", true, true},
      {"https://a.example", "a.example:443", true, true},
      {"http://a.example:80", "a.example", false, true},
      {"http://a.example", "a.example:", false, true},
      {"HTTP://A.Example", "a.eXAMPLE:80", false, true},
      {"http://a.example:8080", "a.example:8080", false, true},
      {"http://[::1]:8080", "[::1]:8080", false, true},
      {"http://[::1]", "[::1]:80", false, true},
      {"http://127.0.0.1:3000", "127.0.0.1:3000", false, true},
      // Another scheme, host or port is another origin.
      {"https://a.example", "a.example", false, false},
      {"http://a.example", "a.example", true, false},
      {"http://b.example", "a.example", false, false},
      {"http://a.example.evil.example", "a.example", false, false},
      {"http://evila.example", "a.example", false, false},
      {"http://a.example:8080", "a.example", false, false},
      {"http://a.example", "a.example:8080", false, false},
      {"https://a.example:80", "a.example:80", true, true},
      {"http://a.example:443", "a.example", false, false},
      // No origin at all.
      {"null", "a.example", false, false},
      {"null", "null", false, false},
      {"", "a.example", false, false},
      {"a.example", "a.example", false, false},
      {"//a.example", "a.example", false, false},
      {"://a.example", "a.example", false, false},
      {"http://", "", false, false},
      {"http://a.example/", "a.example", false, false},
      {"http://a.example http://b.example", "a.example", false, false},
      {"http://a.example, http://b.example", "a.example", false, false},
      {"http://x@a.example", "a.example", false, false},
      {"http://a.example:x", "a.example", false, false},
      {"http://a.example:0", "a.example:0", false, false},
      {"http://a.example:65616", "a.example:80", false, false},
      {"http://a.example:+80", "a.example", false, false},
      {"file://", "a.example", false, false},
      {"ws://a.example", "a.example", false, false},
  };
  for (const origin_case& c : cases) {
    EXPECT_EQ(websocket::is_origin_allowed(c.origin, c.host, {.is_tls = c.is_tls}), c.allowed)
        << c.origin << " at " << c.host;
    EXPECT_FALSE(websocket::is_origin_allowed(c.origin, c.host,
                                              {.is_tls = c.is_tls, .allows_same_origin = false}));
  }
}

TEST(handshake_origins, listed_ones_pass) {
  static constexpr auto listed = std::to_array<std::string_view>(
      {"https://App.example", "http://b.example:8080", "chrome-extension://abc", "file://"});
  static constexpr auto any = std::to_array<std::string_view>({"*"});
  static constexpr auto sandboxes = std::to_array<std::string_view>({"null"});
  const auto passes = [](std::string_view origin, std::span<const std::string_view> list) {
    return websocket::is_origin_allowed(origin, "server.example", {.origins = list});
  };
  for (const char* good : {"https://app.example", "https://app.example:443",
                           "http://B.example:8080", "chrome-extension://abc", "file://"}) {
    EXPECT_TRUE(passes(good, listed)) << good;
  }
  for (const char* bad : {"http://app.example", "https://app.example:444", "http://b.example",
                          "https://app.example.evil", "chrome-extension://abd", "null", "",
                          "https://x.app.example", "*"}) {
    EXPECT_FALSE(passes(bad, listed)) << bad;
  }
  EXPECT_TRUE(passes("https://anything.example", any));
  EXPECT_FALSE(passes("null", any));
  EXPECT_TRUE(passes("null", sandboxes));
  EXPECT_FALSE(passes("https://app.example", sandboxes));
}

TEST(handshake_origins, are_checked_where_a_browser_sends_one) {
  EXPECT_EQ(answer_to(with_more(good_request, "Origin: http://server.example.com")), "");
  EXPECT_EQ(answer_to(with_more(good_request, "Origin: https://server.example.com")), "bad_origin");
  EXPECT_EQ(answer_to(with_more(good_request, "Origin: http://evil.example")), "bad_origin");
  EXPECT_EQ(answer_to(with_more(good_request, "Origin: ")), "bad_origin");
  EXPECT_EQ(
      answer_to(with_more(good_request, "Origin: https://server.example.com"), {.is_tls = true}),
      "");
}

// --- a client
// --------------------------------------------------------------------------------------

std::string request_text(const handshake_wish& wish) {
  const auto fields = websocket::handshake_request::make(wish, sixteen("the sample nonce"));
  if (!fields) return std::string(fields.error().message());
  std::string text;
  for (const http::header& h : fields->headers()) {
    EXPECT_TRUE(http::check_header(h));
    text.append(h.name).append(": ").append(h.value).append("\n");
  }
  return text;
}

TEST(handshake_client, asks_for_what_is_wished) {
  EXPECT_EQ(request_text({.deflate = {.enabled = false}}),
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n");
  static constexpr auto protocols = std::to_array<std::string_view>({"v2", "v1"});
  static constexpr auto more = std::to_array<http::header>({{"Authorization", "Bearer x"}});
  EXPECT_EQ(request_text({.subprotocols = protocols,
                          .origin = "http://a.example",
                          .headers = more,
                          .deflate = {.enabled = false}}),
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n"
            "Sec-WebSocket-Protocol: v2, v1\nOrigin: http://a.example\nAuthorization: Bearer x\n");
#if PARLEY_HAS_ZLIB
  EXPECT_THAT(request_text({}), HasSubstr("\nSec-WebSocket-Extensions: permessage-deflate; "
                                          "client_max_window_bits\n"));
#endif
}

TEST(handshake_client, refuses_wishes_that_split_or_contradict) {
  const auto with = [](http::header h, std::string_view origin = "") {
    return request_text({.origin = origin, .headers = {&h, 1}});
  };
  EXPECT_THAT(with({"Sec-WebSocket-Key", "x"}), HasSubstr("is written by the handshake"));
  EXPECT_THAT(with({"sec-websocket-foo", "x"}), HasSubstr("is written by the handshake"));
  EXPECT_THAT(with({"upgrade", "x"}), HasSubstr("is written by the handshake"));
  EXPECT_THAT(with({"Connection", "x"}), HasSubstr("is written by the handshake"));
  EXPECT_THAT(with({"Origin", "x"}, "http://a"), HasSubstr("is written by the handshake"));
  EXPECT_THAT(with({"Origin", "http://a"}), HasSubstr("Origin: http://a"));
  EXPECT_THAT(with({"X", "a\r\nY: b"}), ::testing::Not(HasSubstr("Sec-WebSocket-Key")));
  EXPECT_THAT(with({"X", "y"}, "a\r\nb"), ::testing::Not(HasSubstr("Sec-WebSocket-Key")));
  const auto offering = [](std::vector<std::string_view> names) {
    return request_text({.subprotocols = names});
  };
  EXPECT_THAT(offering({"a b"}), HasSubstr("is not a token"));
  EXPECT_THAT(offering({""}), HasSubstr("is not a token"));
  EXPECT_THAT(offering({"a", "b", "a"}), HasSubstr("is there twice"));
}

TEST(handshake_client, a_request_can_be_moved) {
  auto made = websocket::handshake_request::make({}, sixteen("the sample nonce"));
  const websocket::handshake_request moved = std::move(*made);
  EXPECT_EQ(moved.key(), rfc_key);
  EXPECT_EQ(moved.headers()[0].value.data(), moved.key().data());
}

const std::vector<std::string> good_response = {
    "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};

error verdict_on(const std::string& response, const handshake_wish& wish = {}) {
  const http_head head(response, http::role::response);
  EXPECT_TRUE(head.is_good()) << response;
  const auto agreed = websocket::check_response(head.response(), rfc_key, wish);
  return agreed ? error(parley::errc::closed) : agreed.error();
}

TEST(handshake_client, takes_the_response_of_the_rfc) {
  static constexpr auto protocols = std::to_array<std::string_view>({"superchat", "chat"});
  const http_head head(with_more(good_response, "Sec-WebSocket-Protocol: chat"),
                       http::role::response);
  const auto agreed =
      websocket::check_response(head.response(), rfc_key, {.subprotocols = protocols});
  ASSERT_TRUE(agreed);
  EXPECT_EQ(agreed->subprotocol.data(), protocols[1].data());
  EXPECT_FALSE(agreed->deflate);
  EXPECT_EQ(verdict_on(with_line(good_response, 1, "Upgrade: WebSocket")), parley::errc::closed);
}

TEST(handshake_client, every_fault_of_a_101_is_found) {
  struct fault {
    std::size_t line;
    std::string_view instead;
    errc due;
  };
  const fault faults[] = {
      {1, "Upgrade: h2c", errc::bad_upgrade},
      {1, "", errc::bad_upgrade},
      {2, "Connection: keep-alive", errc::bad_upgrade},
      {2, "", errc::bad_upgrade},
      {3, "", errc::bad_accept},
      {3, "Sec-WebSocket-Accept: ", errc::bad_accept},
      {3, "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==", errc::bad_accept},
      {3, "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", errc::bad_accept},
      {3, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo", errc::bad_accept},
  };
  for (const fault& f : faults) {
    EXPECT_EQ(verdict_on(with_line(good_response, f.line, f.instead)), f.due) << f.instead;
  }
  EXPECT_EQ(verdict_on(with_more(good_response, good_response[3])), errc::bad_accept);
  EXPECT_EQ(verdict_on(with_more(good_response, "Sec-WebSocket-Protocol: chat")),
            errc::bad_subprotocol);
  for (const char* extension : {"foo", "permessage-deflate; foo", "permessage-deflate;",
                                "permessage-deflate, permessage-deflate"}) {
    EXPECT_EQ(
        verdict_on(with_more(good_response, std::string("Sec-WebSocket-Extensions: ") + extension)),
        errc::bad_extension)
        << extension;
  }
}

TEST(handshake_client, a_subprotocol_must_be_one_of_those_offered) {
  static constexpr auto protocols = std::to_array<std::string_view>({"chat"});
  const handshake_wish wish{.subprotocols = protocols};
  EXPECT_EQ(verdict_on(joined(good_response), wish), parley::errc::closed);
  EXPECT_EQ(
      verdict_on(joined(good_response), {.subprotocols = protocols, .needs_subprotocol = true}),
      errc::bad_subprotocol);
  for (const char* bad : {"Chat", "chat, chat", "", "chat\r\nSec-WebSocket-Protocol: chat"}) {
    EXPECT_EQ(
        verdict_on(with_more(good_response, std::string("Sec-WebSocket-Protocol: ") + bad), wish),
        errc::bad_subprotocol)
        << bad;
  }
}

TEST(handshake_client, other_statuses_tell_what_to_do) {
  const auto verdict = [](std::string_view line, std::string_view more = "") {
    return verdict_on("HTTP/1.1 " + std::string(line) + "\r\nContent-Length: 0\r\n" +
                      std::string(more) + "\r\n");
  };
  EXPECT_EQ(verdict("401 Unauthorized"), errc::unauthorized);
  EXPECT_EQ(verdict("403 Forbidden"), errc::unauthorized);
  EXPECT_THAT(verdict("403 Forbidden").to_string(), HasSubstr("Origin"));
  for (const char* passing : {"429 x", "502 x", "503 x", "504 x"}) {
    EXPECT_EQ(verdict(passing), errc::peer_unavailable);
    EXPECT_TRUE(verdict(passing).is_transient());
  }
  EXPECT_EQ(verdict("503 x", "Retry-After: 120\r\n").retry_after(), std::chrono::seconds(120));
  for (const char* no_number :
       {"", "x", "-1", "12 s", "99999999999", "Fri, 31 Dec 1999 23:59:59 GMT"}) {
    EXPECT_FALSE(verdict("503 x", std::string("Retry-After: ") + no_number + "\r\n").retry_after());
  }
  for (const char* refused : {"200 OK", "204 No Content", "302 Found", "400 Bad Request",
                              "404 Not Found", "426 Upgrade Required", "500 x"}) {
    EXPECT_EQ(verdict(refused), errc::handshake_refused) << refused;
    EXPECT_THAT(std::string(verdict(refused).message()), ::testing::StartsWith(refused));
    EXPECT_FALSE(verdict(refused).hint().empty());
  }
  // Without a reason in the response.
  EXPECT_EQ(verdict("404 ").message(), "404 Not Found");
  EXPECT_THAT(verdict("302 Found", "Location: wss://b.example/feed\r\n").to_string(),
              HasSubstr("Location: wss://b.example/feed"));
  EXPECT_THAT(verdict("426 Upgrade Required", "Sec-WebSocket-Version: 8, 7\r\n").to_string(),
              HasSubstr("Sec-WebSocket-Version: 8, 7"));
}

// --- both
// ------------------------------------------------------------------------------------------

template <class From, class To>
void move_bytes(From& from, To& to) {
  for (const const_buffer piece : from.output()) {
    const auto room = to.prepare(piece.size);
    ASSERT_GE(room.size(), piece.size);
    std::memcpy(room.data(), piece.data, piece.size);
    to.commit(piece.size, {});
    from.consume_output(piece.size);
    break;
  }
}

template <class Event, class Machine>
Event wait_for(Machine& m) {
  for (int i = 0; i < 10; ++i) {
    auto e = m.next_event();
    if (auto* found = std::get_if<Event>(&e)) return *found;
  }
  ADD_FAILURE() << "no such event";
  return {};
}

TEST(handshake, goes_through_the_machines_of_http) {
  static constexpr auto protocols = std::to_array<std::string_view>({"v2", "v1"});
  const http::server_limits server_limits;
  const http::client_limits client_limits;
  http::server server(server_limits);
  http::client client(client_limits, "a.example");
  server.start({});
  client.start({});
  wait_for<http::opened>(client);

  const handshake_wish wish{.subprotocols = protocols, .origin = "http://a.example"};
  const auto fields = websocket::handshake_request::make(wish, sixteen("the sample nonce"));
  ASSERT_TRUE(fields);
  ASSERT_TRUE(client.send({.target = "/feed", .headers = fields->headers()}, byte_view(), 1,
                          {.upgrade = "websocket"}, {}));
  move_bytes(client, server);

  const auto asked = wait_for<http::request_event>(server);
  ASSERT_NE(asked.head, nullptr);
  const auto accepted = websocket::check_request(*asked.head, {.subprotocols = protocols});
  ASSERT_TRUE(accepted) << accepted.error().to_string();
  const websocket::handshake_response answer(*accepted);
  wait_for<http::request_end>(server);
  ASSERT_TRUE(server.upgrade(asked.id, "websocket", answer.headers(), {}));
  move_bytes(server, client);

  const auto switched = wait_for<http::upgraded>(client);
  ASSERT_NE(switched.head, nullptr);
  const auto agreed = websocket::check_response(*switched.head, fields->key(), wish);
  ASSERT_TRUE(agreed) << agreed.error().to_string();
  EXPECT_EQ(agreed->subprotocol, "v2");
  EXPECT_EQ(agreed->deflate.has_value(), PARLEY_HAS_ZLIB != 0);
}

}  // namespace
}  // namespace parley::test
