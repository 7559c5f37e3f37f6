// A process to be killed in the middle of what it does:
//
//   grpc_process server URL [stuck]   prints its URL, then a line for whatever it is asked for:
//     work    a call: "run " and its request, which is the answer as well, unless it is stuck
//     feed    a server_stream: 0, 1, ... as fast as they are read
//     sink    a client_stream: "got " and each; their sum
//     mirror  both: each back
//     channels between its clients
//   grpc_process client URL call|feed|sink|mirror|listen   the same from the other side, for ever
//
// Lines are written at once, so that they are there when it has been killed.
#include <unistd.h>

#include <deque>
#include <memory>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/core/async/task.hpp>
#include <string>
#include <string_view>

namespace {

using parley::grpc_kind;
using parley::grpc_message;
using parley::grpc_provider;
using parley::grpc_stream;
using parley::task;

void say(std::string line) {
  line.push_back('\n');
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(1);
}

std::int64_t integer_of(const grpc_message& m) { return m.content().as_int().value_or(0); }

// --- the server ---------------------------------------------------------------------------------

task<> feed(grpc_stream s) {
  for (std::int64_t i = 0;; ++i) {
    parley::value next(i);
    if (const auto ok = co_await s.write(std::move(next)); !ok) co_return;
  }
}

task<> sink(grpc_stream s) {
  std::int64_t sum = 0;
  for (;;) {
    const auto next = co_await s.read();
    if (!next) co_return;
    if (!*next) break;
    say("got " + std::to_string(integer_of(**next)));
    sum += integer_of(**next);
  }
  parley::value answer(sum);
  (void)co_await s.write(std::move(answer));
  s.end();
}

task<> mirror(grpc_stream s) {
  for (;;) {
    auto next = co_await s.read();
    if (!next || !*next) co_return s.end();
    grpc_message same = **std::move(next);
    if (const auto ok = co_await s.write(std::move(same)); !ok) co_return;
  }
}

class server {
 public:
  server(parley::loop& home, parley::grpc_config config, bool is_stuck)
      : home_(home), provider_(home, std::move(config)), is_stuck_(is_stuck) {}

  task<bool> begin() {
    (void)provider_.serve("work", [this](parley::grpc_answer a) { work(std::move(a)); });
    stream("feed", &feed);
    stream("sink", &sink);
    stream("mirror", &mirror);
    const auto up = co_await provider_.initialize();
    if (up) {
      const auto at = *provider_.local_address();
      say(at.is_local() ? "grpc+unix:" + std::string(at.path()) : "grpc://" + at.to_string());
    }
    co_return up.has_value();
  }

 private:
  void work(parley::grpc_answer a) {
    say("run " + std::to_string(integer_of(a.request())));
    if (is_stuck_) return held_.push_back(std::move(a));
    grpc_message same = a.request();
    a.reply(std::move(same));
  }
  void stream(std::string_view name, task<> (*run)(grpc_stream)) {
    (void)provider_.serve_stream(
        name, [this, run](grpc_stream s) { (void)parley::spawn(home_, run(std::move(s))); });
  }

  parley::loop& home_;
  grpc_provider provider_;
  bool is_stuck_;
  std::deque<parley::grpc_answer> held_;
};

// --- the client ---------------------------------------------------------------------------------

// Reads what comes, and writes a number before each read if it is one that writes.
task<> exchange(grpc_stream s, bool writes, bool reads) {
  for (std::int64_t i = 0;; ++i) {
    parley::value next(i);
    if (writes) {
      if (const auto ok = co_await s.write(std::move(next)); !ok) co_return;
    }
    if (!reads) continue;
    const auto got = co_await s.read();
    if (!got || !*got) co_return;
  }
}

task<bool> talk(parley::loop& home, grpc_provider& client, std::string_view what) {
  if (const auto up = co_await client.initialize(); !up) co_return false;
  if (what == "call") {
    parley::grpc_call_options patient;
    patient.timeout = std::chrono::hours(1);
    grpc_message request(1);
    auto call = client.call("work", std::move(request), patient);
    co_return (co_await std::move(call)).has_value();
  }
  if (what == "listen") {
    auto ignore = [](const parley::message&) {};
    const auto s = co_await client.create_speaker("news", ignore);
    say("listens");
    const parley::completer<void> held(home);
    auto never = held.op();
    (void)co_await std::move(never);
    co_return s.has_value();
  }
  const grpc_kind kind = what == "feed"   ? grpc_kind::server_stream
                         : what == "sink" ? grpc_kind::client_stream
                                          : grpc_kind::both;
  const auto s = client.open(what, kind);
  if (!s) co_return false;
  co_await exchange(*s, kind != grpc_kind::server_stream, kind != grpc_kind::client_stream);
  co_return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  parley::blocking::loop loop;
  const bool serves = argv[1] == std::string_view("server");
  const auto where = parley::uri::parse(argv[2]);
  if (!where) return 2;
  auto config =
      serves ? parley::grpc_config::server_from_uri(*where) : parley::grpc_config::from_uri(*where);
  if (!config) return 2;
  if (!serves) {
    grpc_provider client(loop, *std::move(config));
    const auto ok = loop.wait(parley::spawn(loop, talk(loop, client, argv[3])));
    return ok && *ok ? 0 : 1;
  }
  config->relay = true;
  server s(loop, *std::move(config), argc > 3);
  const auto ok = loop.wait(parley::spawn(loop, s.begin()));
  if (!ok || !*ok) return 1;
  loop.run();
  return 0;
}
