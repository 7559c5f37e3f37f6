// A publishing process is killed (SIGKILL) at random moments, again and again, with its session in
// a file. What it has accepted arrives, and what is exactly-once arrives once (P5, P6, S52, S53).
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/files/store/file_store.hpp>
#include <random>
#include <set>
#include <thread>

#include "mqtt_on.hpp"

namespace parley::test {
namespace {

mqtt_config writer_config(std::uint16_t port, store& under) {
  mqtt_config c;
  c.broker = "127.0.0.1";
  c.port = port;
  c.client_id = "writer";
  c.clean_session = false;
  c.store = &under;
  return c;
}

// The process. Writes a line to `out` for each message that is accepted: durable in the file.
class writer {
 public:
  writer(const std::string& path, std::uint16_t port, int out)
      : store_(files::file_store::open({.path = path}).value()),
        client_(loop_, writer_config(port, *store_)),
        out_(out) {}

  [[noreturn]] void publish_for_ever(int run) {
    client_.connect().then([](result<void>) {});
    for (int i = 0;; ++i) {
      while (waiting_ >= 50) loop_.run_once(10ms);
      const qos q = i % 2 == 0 ? qos::at_least_once : qos::exactly_once;
      const std::string text = name_of(q) + " " + std::to_string(run) + " " + std::to_string(i);
      ++waiting_;
      client_.publish("log", std::string_view(text), {q, false, mqtt_until::stored})
          .then([this, text](result<mqtt::reason_code> r) {
            --waiting_;
            const std::string line = text + "\n";
            if (r && ::write(out_, line.data(), line.size()) < 0) ::_exit(2);
          });
      loop_.run_once(0ms);
    }
  }
  // Sends what is left. False if it does not come to an end.
  bool finish() {
    if (!loop_.wait(client_.connect())) return false;
    const time_point until = loop_.now() + 30s;
    while (client_.session().size() > 0 && loop_.now() < until) loop_.run_once(10ms);
    return client_.session().size() == 0 && loop_.wait(client_.close()).has_value();
  }

 private:
  blocking::loop loop_;
  std::unique_ptr<files::file_store> store_;
  mqtt_client client_;
  int out_;
  int waiting_ = 0;
};

// Runs it for a while, and kills it. What it has said is added.
void run_and_kill(const std::string& path, std::uint16_t port, int run, duration life,
                  std::set<std::string>& accepted) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    writer(path, port, ends[1]).publish_for_ever(run);
  }
  ::close(ends[1]);
  ASSERT_GT(child, 0);
  std::this_thread::sleep_for(life);
  ::kill(child, SIGKILL);
  std::string said;
  char room[4096];
  for (ssize_t n; (n = ::read(ends[0], room, sizeof room)) > 0;) {
    said.append(room, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  for (std::size_t at = 0, end; (end = said.find('\n', at)) != std::string::npos; at = end + 1) {
    accepted.insert(said.substr(at, end - at));
  }
}

TEST(mqtt_killed, nothing_accepted_is_lost_and_nothing_exactly_once_is_repeated) {
  mosquitto server;
  const temporary_folder folder;
  const std::string path = folder / "session";
  blocking::loop loop;
  mqtt_config c = *mqtt_config::from_uri(server.uri());
  c.client_id = "reader";
  c.clean_session = false;
  // What waits for a session is sent by mosquitto 2.0.11 without regard to a receive maximum.
  c.limits.receive_maximum = 65'535;
  talker reader(loop, c);
  ASSERT_TRUE(loop.wait(reader.client->connect()));
  ASSERT_TRUE(loop.wait(reader.client->subscribe("log", qos::exactly_once)));
  ASSERT_TRUE(loop.wait(reader.client->close()));

  std::set<std::string> accepted;
  std::mt19937 random(20'261'127);
  const int kills = std::getenv("PARLEY_LONG") ? 100 : 8;
  for (int run = 0; run < kills; ++run) {
    const auto life = std::chrono::microseconds(2000 + random() % 200'000);
    run_and_kill(path, server.port(), run, life, accepted);
  }
  EXPECT_GT(accepted.size(), 20U);
  EXPECT_TRUE(writer(path, server.port(), -1).finish());

  ASSERT_TRUE(loop.wait(reader.client->connect()));
  // What comes last is the last that there is: the end of the queue.
  ASSERT_TRUE(loop.wait(reader.client->publish("log", "end", qos::exactly_once)));
  std::map<std::string, int> times;
  const time_point until = loop.now() + 60s;
  while (times["log|2|0|end"] == 0 && loop.now() < until) {
    loop.run_once(10ms);
    for (const std::string& line : std::exchange(reader.got, {})) ++times[line];
  }
  for (int i = 0; i < 20; ++i) loop.run_once(10ms);
  for (const std::string& line : std::exchange(reader.got, {})) ++times[line];
  for (const std::string& text : accepted) {
    EXPECT_TRUE(times.contains("log|" + text.substr(0, 1) + "|0|" + text)) << text;
  }
  for (const auto& [line, often] : times) {
    if (line.starts_with("log|2")) {
      EXPECT_EQ(often, 1) << line;
    }
  }
}

}  // namespace
}  // namespace parley::test
