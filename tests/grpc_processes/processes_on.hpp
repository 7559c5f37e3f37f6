// Processes of program/main.cpp, which are killed by SIGKILL and started again where they were, on
// loop L.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <parley/adapters/grpc/errc.hpp>
#include <parley/adapters/grpc/grpc_provider.hpp>
#include <string>
#include <vector>

#include "redis/loops.hpp"
#include "support/child.hpp"

namespace parley::test {

enum class place { port, socket };
inline constexpr place every_place[] = {place::port, place::socket};

inline bool has_line(const child& c, const std::string& line) {
  return ("\n" + c.out()).find("\n" + line + "\n") != std::string::npos;
}
// How often it has said so.
inline int count_lines(const child& c, const std::string& line) {
  const std::string all = "\n" + c.out();
  int n = 0;
  for (auto at = all.find("\n" + line + "\n"); at != std::string::npos;
       at = all.find("\n" + line + "\n", at + 1)) {
    ++n;
  }
  return n;
}

// A server in a process; where it is started next is where it was.
struct server_process {
  std::string url = "grpc://127.0.0.1:0";
  std::unique_ptr<child> process{};

  void kill() { process->kill(); }
  bool has_run(int n) const { return has_line(*process, "run " + std::to_string(n)); }
  int runs(int n) const { return count_lines(*process, "run " + std::to_string(n)); }
};

template <class L>
class grpc_processes_on : public loop_suite<L> {
 protected:
  template <class F>
  void until(F condition) {
    ASSERT_TRUE(this->at.run_until(condition, 60s));
  }
  // What `f` tests, at a port and at a Unix socket.
  template <class F>
  void at_each_place(F f) {
    for (const place p : every_place) {
      SCOPED_TRACE(p == place::port ? "port" : "socket");
      server = {};
      if (p == place::socket) server.url = "grpc+unix:" + this->at.socket_path("grpc");
      f();
      client.reset();
      server.process.reset();
      std::filesystem::remove(this->at.socket_path("grpc"));
    }
  }
  void start(server_process& s, bool is_stuck = false) {
    std::vector<std::string> words{PARLEY_TEST_GRPC_PROCESS, "server", s.url};
    if (is_stuck) words.push_back("stuck");
    s.process = std::make_unique<child>(words);
    until(
        [&] { return s.process->out().find('\n') != std::string::npos || s.process->has_ended(); });
    const std::string said = s.process->out();
    ASSERT_NE(said, "") << s.process->err();
    s.url = said.substr(0, said.find('\n'));
  }
  void start(bool is_stuck = false) { start(server, is_stuck); }
  // After it was killed; the file of its socket is there still.
  void start_again() {
    ASSERT_TRUE(socket().empty() || std::filesystem::exists(socket()));
    start(server);
  }
  std::string socket() const {
    const auto where = grpc_config::from_uri(*uri::parse(server.url));
    return where ? where->socket_path : "";
  }

  grpc_config called() const { return quick(*grpc_config::from_uri(*uri::parse(server.url))); }
  // Calls end by a loss, and not by time.
  static grpc_config quick(grpc_config c) {
    c.connect_timeout = c.call_timeout = 30s;
    c.reconnect = c.retry = {.base = 5ms, .cap = 50ms};
    return c;
  }
  std::unique_ptr<grpc_provider> connect(grpc_config c) {
    auto p = std::make_unique<grpc_provider>(this->home, std::move(c));
    const auto up = this->at.wait(p->initialize());
    EXPECT_TRUE(up) << up.error().to_string();
    return p;
  }
  void connect() { client = connect(called()); }
  void wait_until_up(grpc_provider& c, std::uint64_t after) {
    until([&] { return c.status().connects > after && c.status().state == provider_state::up; });
  }
  static grpc_call_options repeatable() {
    grpc_call_options o;
    o.repeatable = true;
    return o;
  }
  // Whether calls go through, with an answer of their own.
  void expect_works(grpc_provider& c) {
    const auto r = this->at.wait(c.call("work", grpc_message(99)));
    ASSERT_TRUE(r) << r.error().to_string();
    EXPECT_EQ(r->message.content(), value(99));
  }

  server_process server;
  std::unique_ptr<grpc_provider> client;
};

}  // namespace parley::test
