// A websocket_client for suites whose server plays the cases: Autobahn's protocol.
//   build/conformance/ws_case_client URL AGENT
// URL/getCaseCount sends how many cases there are, as text; on URL/runCase?case=I&agent=AGENT each
// message is echoed until the end; URL/updateReports?agent=AGENT has the verdicts written. The exit
// code says only whether all of that was possible.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <parley/build_config.hpp>
#include <string>
#if PARLEY_HAS_WEBSOCKET && PARLEY_HAS_BLOCKING
#include <parley/adapters/blocking/loop.hpp>
#include <parley/codecs/websocket/websocket_client.hpp>

namespace {

using namespace parley;

constexpr std::size_t largest = std::size_t{64} << 20;

// Echoes, as far as the peer reads, and keeps the last text.
struct echo final : websocket_client_handler {
  void on_event(websocket_client& from, websocket::event& event, time_point now) override {
    if (std::holds_alternative<websocket::opened>(event)) is_open = true;
    if (std::holds_alternative<closed>(event)) is_closed = true;
    if (const auto* why = std::get_if<failed>(&event)) fault = why->why;
    if (std::holds_alternative<websocket::writable>(event)) from.machine().go_on();
    const auto* m = std::get_if<websocket::message_event>(&event);
    if (!m) return;
    if (!answers) {
      text = m->text();
      return;
    }
    const auto waits = from.machine().send(m->type, m->data, now);
    if (waits && *waits > from.config().limits.high_water) from.machine().hold();
  }

  bool answers = true;
  std::string text;
  std::optional<error> fault;
  bool is_open = false;
  bool is_closed = false;
};

// One connection until its end. False, with a line, if there is none.
bool visit(blocking::loop& home, const std::string& url, echo& handler) {
  const auto where = uri::parse(url);
  auto config = where ? websocket_client_config::from_uri(*where)
                      : result<websocket_client_config>(std::unexpected(where.error()));
  if (config) {
    config->limits.max_size = largest;
    config->limits.max_output = 2 * largest;
    config->deflate.max_ratio = 0;
    websocket_client client(home, handler, *std::move(config));
    if (auto ok = client.open(); !ok) handler.fault = ok.error();
    while (client.is_active()) home.run_once(std::chrono::seconds(1));
  } else {
    handler.fault = config.error();
  }
  if (handler.is_open) return true;
  std::puts(handler.fault ? handler.fault->to_string().c_str() : url.c_str());
  return false;
}

int run(const std::string& url, const std::string& agent) {
  blocking::loop home;
  echo counting;
  counting.answers = false;
  if (!visit(home, url + "/getCaseCount", counting)) return 1;
  int count = 0;
  std::from_chars(counting.text.data(), counting.text.data() + counting.text.size(), count);
  std::printf("%d cases\n", count);
  for (int i = 1; i <= count; ++i) {
    echo answering;
    // What happens in a case is judged by the other side.
    (void)visit(home, url + "/runCase?case=" + std::to_string(i) + "&agent=" + agent, answering);
  }
  echo reporting;
  return visit(home, url + "/updateReports?agent=" + agent, reporting) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return argc == 3 ? run(argv[1], argv[2]) : 2; }
#else
int main() {
  std::puts("built without codecs/websocket or adapters/blocking");
  return 2;
}
#endif
