// A browser as client of the REST server: CORS, credentials and server-sent events in Chromium,
// without a window. On the blocking loop; with PARLEY_LONG on every loop that has real sockets.
// What the page looks like at the end is in build/screenshots.
#include <parley/adapters/files/web/static_files.hpp>

#include <cstdlib>
#include <filesystem>

#include "rest_peers/picture.hpp"
#include "rest_provider/served_on.hpp"
#include "support/child.hpp"
#include "support/chromium.hpp"

namespace parley::test {
namespace {

using ::testing::Contains;
using ::testing::Not;

// As the page paints it.
constexpr std::uint32_t good = 0x0A7D32, bad = 0xC01020;

std::uint16_t port_of(const rest_provider& p) { return p.local_address()->port(); }

rest_config on_loopback() {
  rest_config c;
  c.host = "127.0.0.1";
  c.port = 0;
  c.timeout = 150s;  // more than the page is given
  return c;
}

// Where the page comes from, and where it says how it went.
template <class L>
class page_server {
 public:
  page_server(L& at, const temporary_folder& folder) : provider(at.home(), on_loopback()) {
    EXPECT_TRUE(at.wait(provider.initialize()));
    auto site = files::static_files::open(at.home(), folder.path());
    EXPECT_TRUE(site);
    EXPECT_TRUE(provider.route("GET", "/{path...}", site->handler()));
    rest_handler told = [this](rest_request& r) -> result<rest_reply> {
      verdict = r.text();
      return rest_reply();
    };
    EXPECT_TRUE(provider.route("POST", "/verdict", std::move(told)));
    rest_async_handler waits = [this](rest_responder r) { loading_.emplace(std::move(r)); };
    EXPECT_TRUE(provider.route("GET", "/loaded", std::move(waits)));
    provider.log_access_with([this](const rest_access& r) {
      seen.push_back(std::string(r.method) + " " + std::string(r.target) + " " +
                     std::to_string(r.status));
    });
  }
  // The page has loaded: its picture may be taken.
  void let_load() {
    if (loading_) loading_->reply(rest_reply());
  }
  rest_provider provider;
  std::string verdict;
  strings seen;

 private:
  std::optional<rest_responder> loading_;
};

// What the page asks.
template <class L>
class api_server {
 public:
  api_server(L& at, std::uint16_t allowed) : at_(at), provider(at.home(), config(allowed)) {
    EXPECT_TRUE(at.wait(provider.initialize()));
    auto made = at.wait(provider.create_speaker("news"));
    EXPECT_TRUE(made);
    news_.emplace(*std::move(made));
    add_routes();
    provider.log_access_with([this](const rest_access& r) {
      seen.push_back(std::string(r.method) + " " + std::string(r.target) + " " +
                     std::to_string(r.status));
    });
  }

 private:
  L& at_;

 public:
  rest_provider provider;
  strings seen;

 private:
  static rest_config config(std::uint16_t allowed) {
    rest_config c = on_loopback();
    c.cors_origins = {"http://127.0.0.1:" + std::to_string(allowed)};
    c.cors.credentials = true;
    c.cors.headers = {"Content-Type", "X-Custom"};
    c.cors.exposed = {"X-Answer"};
    return c;
  }
  void add(std::string_view method, std::string_view path, rest_handler handler) {
    EXPECT_TRUE(provider.route(method, path, std::move(handler)));
  }
  void add_routes() {
    add("GET", "/open", [](rest_request&) -> result<rest_reply> {
      rest_reply r = rest_reply::text("open");
      r.headers.add("X-Answer", "yes");
      r.headers.add("X-Hidden", "yes");
      return r;
    });
    add("POST", "/login", [](rest_request&) -> result<rest_reply> {
      rest_reply r;
      r.headers.add("Set-Cookie", "id=ann; Path=/; HttpOnly");
      return r;
    });
    add("GET", "/who", [](rest_request& r) -> result<rest_reply> {
      return rest_reply::text(r.cookie("id").value_or(""));
    });
    add("PUT", "/items/{id:uint}", [](rest_request& r) -> result<rest_reply> {
      return parley::fields("custom", r.header("X-Custom").value_or(""), "body", r.body());
    });
    add("POST", "/step", [this](rest_request&) -> result<rest_reply> {
      auto sent = news_->shout("first");
      EXPECT_TRUE(sent.is_complete());
      return rest_reply();
    });
    rest_async_handler streams = [](rest_responder r) { stream(std::move(r)); };
    EXPECT_TRUE(provider.route("GET", "/stream", std::move(streams)));
  }
  // Breaks off after one event, and goes on behind the last id that the client has.
  static void stream(rest_responder r) {
    rest_reply head = rest_reply::empty(200);
    head.content_type = "text/event-stream";
    head.headers.add("Cache-Control", "no-store");
    const std::string last(r.request().header("Last-Event-ID").value_or(""));
    const std::string text = last.empty() ? "retry: 50\nid: 7\nevent: news\ndata: one\n\n"
                                          : "event: news\ndata: two after " + last + "\n\n";
    EXPECT_TRUE(r.begin(head));
    EXPECT_TRUE(r.write(as_bytes(text)));
    r.abandon();
  }

  std::optional<speaker> news_;
};

std::string screenshot_of(std::string loop) {
  std::ranges::replace(loop, ' ', '_');
  const std::filesystem::path folder(PARLEY_BINARY_DIR "/screenshots");
  std::filesystem::create_directories(folder);
  const std::string path = folder / ("rest_browser_" + loop + ".png");
  std::filesystem::remove(path);
  return path;
}

// The headline of the page is in its upper half, that of its frame in the lower one.
void expect_two_verdicts(const std::string& path) {
  const auto seen = read_png(path);
  ASSERT_TRUE(seen) << path;
  ASSERT_EQ(seen->width, 800u) << path;
  ASSERT_EQ(seen->height, 700u) << path;
  EXPECT_GT(seen->colors(), 16u) << "no letters: " << path;
  EXPECT_GT(seen->count(good, 0, 100), 10'000u) << "the page: " << path;
  EXPECT_GT(seen->count(good, 250, 700), 10'000u) << "the frame: " << path;
  EXPECT_EQ(seen->count(bad, 0, 700), 0u) << path;
}

template <class L>
void browse() {
  SCOPED_TRACE(L::name);
  L at;
  temporary_folder folder;
  page_server<L> pages(at, folder), foreign(at, folder);
  api_server<L> api(at, port_of(pages.provider));
  folder.write("page.html", page_with_ports("rest_peers/browser_page.html",
                                            {{"API", port_of(api.provider)},
                                             {"FOREIGN", port_of(foreign.provider)}}));
  const std::string url =
      "http://127.0.0.1:" + std::to_string(port_of(pages.provider)) + "/page.html";
  const std::string screenshot = screenshot_of(L::name);
  temporary_folder profile;
  child browser(chromium(profile / "profile", url,
                         {"--screenshot=" + screenshot, "--window-size=800,700",
                          "--force-color-profile=srgb", "--hide-scrollbars"}));
  EXPECT_TRUE(at.run_until(
      [&] {
        const bool is_over = !pages.verdict.empty() && !foreign.verdict.empty();
        return is_over || (!pages.verdict.empty() && pages.verdict != "ok") || browser.has_ended();
      },
      120s));
  pages.let_load();
  EXPECT_TRUE(at.run_until([&] { return browser.has_ended(); }, 60s));
  EXPECT_EQ(pages.verdict, "ok") << browser.err();
  EXPECT_EQ(foreign.verdict, "ok") << ::testing::PrintToString(api.seen) << "\n"
                                   << ::testing::PrintToString(foreign.seen);
  EXPECT_THAT(api.seen, Contains("OPTIONS /items/7 204"));
  EXPECT_THAT(api.seen, Contains("OPTIONS /items/7 403"));
  EXPECT_THAT(api.seen, Not(Contains("DELETE /items/7 405")));
  EXPECT_THAT(api.seen, Contains("PUT /items/7 200").Times(1));
  expect_two_verdicts(screenshot);
}

template <class... Loops>
void browse_on(::testing::Types<Loops...>) {
  (browse<Loops>(), ...);
}

// S81, S95, S96, S137, S138
TEST(rest_browser, asks_across_origins_and_listens) {
  if (std::getenv("PARLEY_LONG")) return browse_on(real_loops());
  browse<on_loop<blocking_world>>();
}

}  // namespace
}  // namespace parley::test
