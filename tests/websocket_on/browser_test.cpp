// A browser as client of our server: Chromium, without a window. On the blocking loop; with
// PARLEY_LONG on every loop that has real sockets.
#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/codecs/websocket/shared_message.hpp>
#include <parley/codecs/websocket/websocket_server.hpp>

#include "redis/loops.hpp"
#include "support/child.hpp"
#include "support/chromium.hpp"
#include "support/websocket_echo.hpp"

namespace parley::test {
namespace {

using websocket::opcode;

// Echoes, obeys, and broadcasts once three pages are there.
struct browser_server final : websocket_handler {
  void on_event(websocket_peer& peer, websocket::event& event, time_point now) override {
    if (std::holds_alternative<closed>(event)) std::erase(pages, &peer);
    const auto* m = std::get_if<websocket::message_event>(&event);
    if (!m || m->type != opcode::text) return echo.on_event(peer, event, now);
    const std::string_view text = m->text();
    if (text == "page") {
      pages.push_back(&peer);
      if (pages.size() == 3) broadcast(now);
    } else if (text.starts_with("heard ")) {
      heard.emplace_back(text);
    } else if (text.starts_with("verdict ")) {
      verdict = text;
    } else {
      echo.on_event(peer, event, now);
    }
  }
  void broadcast(time_point now) {
    const std::string news(100'000, 'n');
    const auto m = websocket::shared_message::make(opcode::text, as_bytes(news), &deflater);
    ASSERT_TRUE(m);
    for (websocket_peer* p : pages) {
      EXPECT_TRUE(p->machine().send(*m, now));
      p->wake();
    }
  }

  websocket_echo echo{websocket::connection_limits().high_water, true};
  websocket::shared_deflater deflater{websocket::deflate_settings()};
  std::vector<websocket_peer*> pages;
  std::vector<std::string> heard;
  std::string verdict;
};

template <class L>
void browse() {
  SCOPED_TRACE(L::name);
  L at;
  temporary_folder folder;
  browser_server handler;
  websocket_server_config c{.port = 0, .origins = {"null"}, .subprotocols = {"chat"}};
  websocket_server server(at.home(), handler, c);
  ASSERT_TRUE(server.listen());
  const std::string page =
      folder.write("page.html", page_with_ports("websocket_on/browser_page.html",
                                                {{"PORT", server.local_address()->port()}}));
  child browser(chromium(folder / "profile", "file://" + page, {chromium_stays}));
  EXPECT_TRUE(at.run_until(
      [&] {
        return (!handler.verdict.empty() &&
                (handler.verdict != "verdict ok" || handler.heard.size() == 3)) ||
               browser.has_ended();
      },
      120s));
  EXPECT_EQ(handler.verdict, "verdict ok") << browser.err();
  EXPECT_THAT(handler.heard,
              ::testing::ElementsAre("heard 100000", "heard 100000", "heard 100000"));
  // Its helpers go with it only if it is asked.
  browser.terminate();
  EXPECT_TRUE(at.run_until([&] { return browser.has_ended(); }, 30s));
}

template <class... Loops>
void browse_on(::testing::Types<Loops...>) {
  (browse<Loops>(), ...);
}

// S141
TEST(websocket_browser, talks_in_three_pages) {
  if (std::getenv("PARLEY_LONG")) return browse_on(real_loops());
  browse<on_loop<blocking_world>>();
}

}  // namespace
}  // namespace parley::test
