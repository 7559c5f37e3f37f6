// Sec-WebSocket-Extensions: the grammar, offers that are accepted and declined, answers that a
// client takes and refuses (RFC 6455 section 9.1, RFC 7692 section 7.1).
#include <gmock/gmock.h>

#include <parley/codecs/websocket/deflate_agreement.hpp>
#include <parley/codecs/websocket/extensions.hpp>
#include <parley/core/version.hpp>
#include <string>

namespace parley::test {
namespace {

using websocket::deflate_agreement;
using websocket::deflate_parameters;
using websocket::deflate_settings;
using websocket::role;

// "a b=c | d": what a reader finds, or "malformed".
std::string read(std::string_view value) {
  std::string seen;
  websocket::extension_reader list(value);
  while (const auto name = list.next_extension()) {
    seen.append(seen.empty() ? "" : " | ").append(*name);
    while (const auto p = list.next_parameter()) {
      seen.append(" ").append(p->name);
      if (p->has_value) seen.append("=").append(p->value);
    }
  }
  // The end is the end.
  EXPECT_FALSE(list.next_extension());
  EXPECT_FALSE(list.next_parameter());
  return list.is_malformed() ? "malformed" : seen;
}

TEST(websocket_extensions, are_read_apart) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {" , ,\t,", ""},
      {"foo", "foo"},
      {" foo ", "foo"},
      {"foo, bar", "foo | bar"},
      {"foo,,bar,", "foo | bar"},
      {"foo;a", "foo a"},
      {"foo ; a ; b = c", "foo a b=c"},
      {"foo;a=1,foo;a=2", "foo a=1 | foo a=2"},
      {"foo; a=\"b\"; c=\"\\d\\e\"", "foo a=b c=\\d\\e"},
      {"permessage-deflate; client_max_window_bits; server_max_window_bits=10",
       "permessage-deflate client_max_window_bits server_max_window_bits=10"},
  };
  for (const auto& [value, due] : cases) EXPECT_EQ(read(value), due) << value;
}

TEST(websocket_extensions, what_is_not_of_the_grammar_is_malformed) {
  for (const char* value : {"foo bar",        ";",
                            "foo;",           "foo;;a",
                            "foo; =1",        "foo; a=",
                            "foo; a=,bar",    "foo; a=\"",
                            "foo; a=\"\"",    "foo; a=\"b",
                            "foo; a=\"b c\"", "foo; a=\"b,c\"",
                            "foo; a=\"\\\"",  "foo; a=\"b\"c",
                            "foo=1",          "foo; a b",
                            "foo; a=b=c",     "foo/bar",
                            "\"foo\"",        "foo; a='b', @",
                            "foo; a=\"\\,\"", "foo, (bar)",
                            "f\xc3\xb6o",     "foo; a=\"b\\"}) {
    EXPECT_EQ(read(value), "malformed") << value;
  }
}

TEST(websocket_extensions, parameters_that_nobody_reads_are_checked) {
  websocket::extension_reader good("a; b=1, c");
  EXPECT_EQ(good.next_extension(), "a");
  EXPECT_EQ(good.next_extension(), "c");
  EXPECT_FALSE(good.is_malformed());
  websocket::extension_reader bad("a; b=, c");
  EXPECT_EQ(bad.next_extension(), "a");
  EXPECT_FALSE(bad.next_extension());
  EXPECT_TRUE(bad.is_malformed());
}

std::string answer_to(std::string_view offers, const deflate_settings& ours = {}) {
  const auto answer = websocket::choose_deflate(offers, ours);
  if (!answer) return std::string(describe(answer.error()).name);
  return *answer ? std::string(websocket::deflate_text(**answer).view()) : "none";
}

struct offer_case {
  std::string_view offers;
  std::string_view answer;
};

#if PARLEY_HAS_ZLIB

TEST(deflate_offers, the_first_good_one_is_accepted) {
  const offer_case cases[] = {
      {"", "none"},
      {"x-webkit-deflate-frame", "none"},
      {"permessage-deflate", "permessage-deflate"},
      {"PerMessage-Deflate", "permessage-deflate"},
      {"permessage-bzip2, permessage-deflate", "permessage-deflate"},
      {"permessage-deflate; client_max_window_bits", "permessage-deflate"},
      {"permessage-deflate; client_max_window_bits=15", "permessage-deflate"},
      {"permessage-deflate; client_max_window_bits=10",
       "permessage-deflate; client_max_window_bits=10"},
      // What they write with 8 bits we read.
      {"permessage-deflate; client_max_window_bits=8",
       "permessage-deflate; client_max_window_bits=8"},
      {"permessage-deflate; server_max_window_bits=15",
       "permessage-deflate; server_max_window_bits=15"},
      {"permessage-deflate; server_max_window_bits=9",
       "permessage-deflate; server_max_window_bits=9"},
      {"permessage-deflate; server_max_window_bits=\"10\"",
       "permessage-deflate; server_max_window_bits=10"},
      {"permessage-deflate; server_max_window_bits=\"1\\0\"",
       "permessage-deflate; server_max_window_bits=10"},
      {"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
       "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
      // What we write we cannot write with 8 bits.
      {"permessage-deflate; server_max_window_bits=8", "none"},
      {"permessage-deflate; server_max_window_bits=8, permessage-deflate", "permessage-deflate"},
      // RFC 7692 section 7.1.3: in the order of the client's liking.
      {"permessage-deflate; client_max_window_bits; server_max_window_bits=10, "
       "permessage-deflate; client_max_window_bits",
       "permessage-deflate; server_max_window_bits=10"},
  };
  for (const auto& c : cases) EXPECT_EQ(answer_to(c.offers), c.answer) << c.offers;
}

TEST(deflate_offers, invalid_ones_are_declined) {
  for (const std::string_view parameters :
       {"unknown",
        "unknown=1",
        "server_no_context_takeover=1",
        "client_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=0",
        "server_max_window_bits=010",
        "server_max_window_bits=1e1",
        "server_max_window_bits=-9",
        "server_max_window_bits=10; server_max_window_bits=10",
        "server_max_window_bits=99999999999999999999",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=08",
        "client_max_window_bits=\"1 0\"",
        "client_max_window_bits; client_max_window_bits",
        "client_max_window_bits; client_max_window_bits=10",
        "client_max_window_bits=10; client_max_window_bits",
        "client_max_window_bits=x"}) {
    const std::string offer = "permessage-deflate; " + std::string(parameters);
    const bool malformed = parameters.find(' ') != std::string_view::npos &&
                           parameters.find('"') != std::string_view::npos;
    EXPECT_EQ(answer_to(offer), malformed ? "bad_extension" : "none") << offer;
    EXPECT_EQ(answer_to(offer + ", permessage-deflate"),
              malformed ? "bad_extension" : "permessage-deflate");
  }
}

TEST(deflate_offers, a_malformed_field_is_an_error_wherever_it_is_so) {
  EXPECT_EQ(answer_to("permessage-deflate, ;"), "bad_extension");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits=, foo"), "bad_extension");
  EXPECT_EQ(answer_to("foo bar", {.enabled = false}), "bad_extension");
}

TEST(deflate_offers, settings_limit_what_is_agreed) {
  deflate_settings ours;
  ours.own_max_window_bits = 12;
  EXPECT_EQ(answer_to("permessage-deflate", ours), "permessage-deflate; server_max_window_bits=12");
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=10", ours),
            "permessage-deflate; server_max_window_bits=10");
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=14", ours),
            "permessage-deflate; server_max_window_bits=12");
  ours = {};
  ours.peer_max_window_bits = 12;
  // Who does not know the parameter may use a full window.
  EXPECT_EQ(answer_to("permessage-deflate", ours), "none");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits", ours),
            "permessage-deflate; client_max_window_bits=12");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits=14", ours),
            "permessage-deflate; client_max_window_bits=12");
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits=9", ours),
            "permessage-deflate; client_max_window_bits=9");
  ours = {};
  ours.own_no_context_takeover = true;
  EXPECT_EQ(answer_to("permessage-deflate", ours),
            "permessage-deflate; server_no_context_takeover");
  ours.peer_no_context_takeover = true;
  EXPECT_EQ(answer_to("permessage-deflate", ours),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_EQ(answer_to("permessage-deflate", {.enabled = false}), "none");
}

TEST(deflate_offers, values_out_of_range_are_the_nearest) {
  deflate_settings ours;
  ours.own_max_window_bits = 3;
  ours.peer_max_window_bits = 77;
  EXPECT_EQ(answer_to("permessage-deflate", ours), "permessage-deflate; server_max_window_bits=9");
}

TEST(deflate_offers, an_answer_is_an_agreement) {
  const auto answer = websocket::choose_deflate(
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9; "
      "client_no_context_takeover",
      {});
  ASSERT_TRUE(answer && *answer);
  const deflate_agreement agreed = websocket::agreement_of(**answer);
  EXPECT_EQ(agreed, (deflate_agreement{false, true, 10, 9}));
  EXPECT_TRUE(agreed.takes_over(role::server));
  EXPECT_FALSE(agreed.takes_over(role::client));
  EXPECT_EQ(agreed.window_bits(role::server), 10);
  EXPECT_EQ(agreed.window_bits(role::client), 9);
  EXPECT_EQ(websocket::agreement_of({}), deflate_agreement{});
}

std::string offer_text(const deflate_settings& ours) {
  const auto offer = websocket::offer_of(ours);
  return offer ? std::string(websocket::deflate_text(*offer).view()) : "none";
}

TEST(deflate_offers, a_client_says_what_it_wants) {
  EXPECT_EQ(offer_text({}), "permessage-deflate; client_max_window_bits");
  EXPECT_EQ(offer_text({.enabled = false}), "none");
  deflate_settings all;
  all.own_max_window_bits = 10;
  all.peer_max_window_bits = 11;
  all.own_no_context_takeover = true;
  all.peer_no_context_takeover = true;
  EXPECT_EQ(offer_text(all),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=11; client_max_window_bits=10");
}

std::string understood(std::string_view answer, const deflate_settings& ours = {}) {
  const auto agreed = websocket::check_answer(answer, websocket::offer_of(ours));
  if (!agreed) return std::string(describe(agreed.error()).name);
  if (!*agreed) return "none";
  const deflate_agreement& a = **agreed;
  return std::to_string(a.server_max_window_bits) + (a.server_no_context_takeover ? "-" : "+") +
         std::to_string(a.client_max_window_bits) + (a.client_no_context_takeover ? "-" : "+");
}

TEST(deflate_answers, are_taken_if_they_fit_the_offer) {
  const offer_case cases[] = {
      {"", "none"},
      {"permessage-deflate", "15+15+"},
      {"permessage-deflate; server_no_context_takeover", "15-15+"},
      {"permessage-deflate; client_no_context_takeover", "15+15-"},
      {"permessage-deflate; server_max_window_bits=8", "8+15+"},
      {"permessage-deflate; client_max_window_bits=8", "15+8+"},
      {"permessage-deflate; client_max_window_bits=\"12\"; server_max_window_bits=15", "15+12+"},
  };
  for (const auto& c : cases) EXPECT_EQ(understood(c.offers), c.answer) << c.offers;
}

TEST(deflate_answers, that_were_not_offered_are_errors) {
  for (const std::string_view answer :
       {"foo", "permessage-deflate, permessage-deflate", "permessage-deflate, foo",
        "foo, permessage-deflate", "permessage-deflate; foo", "permessage-deflate; foo=1",
        "permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=08",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
        "permessage-deflate;", "permessage-deflate permessage-deflate"}) {
    EXPECT_EQ(understood(answer), "bad_extension") << answer;
  }
  EXPECT_EQ(understood("permessage-deflate", {.enabled = false}), "bad_extension");
  EXPECT_EQ(understood("", {.enabled = false}), "none");
  // An offer without that parameter, as another client may make it.
  EXPECT_FALSE(websocket::check_answer("permessage-deflate; client_max_window_bits=10",
                                       deflate_parameters{}));
}

TEST(deflate_answers, what_was_asked_for_must_be_confirmed) {
  deflate_settings ours;
  ours.peer_max_window_bits = 11;
  EXPECT_EQ(understood("permessage-deflate", ours), "bad_extension");
  EXPECT_EQ(understood("permessage-deflate; server_max_window_bits=12", ours), "bad_extension");
  EXPECT_EQ(understood("permessage-deflate; server_max_window_bits=11", ours), "11+15+");
  EXPECT_EQ(understood("permessage-deflate; server_max_window_bits=9", ours), "9+15+");
  ours = {};
  ours.peer_no_context_takeover = true;
  EXPECT_EQ(understood("permessage-deflate", ours), "bad_extension");
  EXPECT_EQ(understood("permessage-deflate; server_no_context_takeover", ours), "15-15+");
}

TEST(deflate_answers, what_a_client_said_of_itself_holds) {
  deflate_settings ours;
  ours.own_max_window_bits = 10;
  ours.own_no_context_takeover = true;
  EXPECT_EQ(understood("permessage-deflate", ours), "15+10-");
  EXPECT_EQ(understood("permessage-deflate; client_max_window_bits=9", ours), "15+9-");
  EXPECT_EQ(understood("permessage-deflate; client_max_window_bits=12", ours), "15+10-");
}

// Whatever both want, they come to the same agreement or to none.
TEST(deflate_answers, both_sides_mean_the_same) {
  for (unsigned n = 0; n < 7 * 7 * 7 * 16; ++n) {
    deflate_settings client;
    deflate_settings server;
    client.own_max_window_bits = static_cast<std::uint8_t>(9 + n % 7);
    client.peer_max_window_bits = static_cast<std::uint8_t>(9 + n / 7 % 7);
    server.own_max_window_bits = static_cast<std::uint8_t>(9 + n / 49 % 7);
    server.peer_max_window_bits = static_cast<std::uint8_t>(9 + n % 5);
    const unsigned flags = n / 343;
    client.own_no_context_takeover = (flags & 1) != 0;
    client.peer_no_context_takeover = (flags & 2) != 0;
    server.own_no_context_takeover = (flags & 4) != 0;
    server.peer_no_context_takeover = (flags & 8) != 0;
    const auto offer = websocket::offer_of(client);
    const auto answer = websocket::choose_deflate(websocket::deflate_text(*offer).view(), server);
    ASSERT_TRUE(answer && *answer);
    const auto agreed = websocket::check_answer(websocket::deflate_text(**answer).view(), offer);
    ASSERT_TRUE(agreed && *agreed);
    EXPECT_EQ(**agreed, websocket::agreement_of(**answer));
    EXPECT_LE((*agreed)->server_max_window_bits, client.peer_max_window_bits);
    EXPECT_LE((*agreed)->server_max_window_bits, server.own_max_window_bits);
    EXPECT_LE((*agreed)->client_max_window_bits, server.peer_max_window_bits);
    EXPECT_LE((*agreed)->client_max_window_bits, client.own_max_window_bits);
  }
}

#else

TEST(deflate_offers, nothing_is_agreed_without_zlib) {  // S161
  EXPECT_FALSE(websocket::deflate_is_available());
  EXPECT_EQ(answer_to("permessage-deflate"), "none");
  EXPECT_FALSE(websocket::offer_of({}));
}

#endif

TEST(deflate_memory, is_estimated_for_both_directions) {
  deflate_settings ours;
  const std::size_t full = websocket::memory_estimate(role::server, {}, ours);
  EXPECT_GT(full, 290'000U);
  EXPECT_LT(full, 320'000U);
  ours.memory_level = 5;
  const deflate_agreement small{false, false, 12, 12};
  EXPECT_LT(websocket::memory_estimate(role::server, small, ours), 52'000U);
  // A side that may not compress has only its inflater.
  EXPECT_LT(websocket::memory_estimate(role::client, {false, false, 15, 8}, {}), 41'000U);
}

}  // namespace
}  // namespace parley::test
