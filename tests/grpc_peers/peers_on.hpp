// A grpc_provider that knows what the peers of this folder know (python_peer.py lists it), and
// other people's programs beside it, on loop L.
#pragma once

#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <parley/adapters/grpc/errc.hpp>
#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/core/async/task.hpp>

#include "redis/loops.hpp"
#include "support/child.hpp"
#include "support/tls_files.hpp"

namespace parley::test {

enum class wire { tcp, local, tls };
inline constexpr wire every_wire[] = {wire::tcp, wire::local, wire::tls};

inline std::string all_bytes() {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  return all;
}

// --- what our server answers with --------------------------------------------------------------

inline void echo(grpc_answer a) {
  grpc_message same = a.request();
  a.reply(std::move(same));
}

inline result<value> refuse(const value&) {
  return std::unexpected(error(errc::queue_full, "the shelf")
                             .with_hint("take something away")
                             .with_retry_after(std::chrono::milliseconds(250)));
}

inline void tell_metadata(grpc_answer a) {
  const std::string sent(find(a.metadata(), "x-ask"));
  a.set_header("x-answer", sent);
  a.set_trailer("x-end-bin", std::string("\xab\0", 2) + sent);
  echo(std::move(a));
}

inline std::int64_t integer_of(const grpc_message& m) { return m.content().as_int().value_or(0); }

inline task<> count(grpc_stream s) {
  const auto asked = co_await s.read();
  if (!asked || !*asked) co_return;
  for (std::int64_t i = 0; i < integer_of(**asked); ++i) {
    value next(i);
    if (const auto ok = co_await s.write(std::move(next)); !ok) co_return;
  }
  s.end();
}

inline task<> sum(grpc_stream s) {
  std::int64_t all = 0;
  for (;;) {
    const auto next = co_await s.read();
    if (!next) co_return;
    if (!*next) break;
    all += integer_of(**next);
  }
  value answer(all);
  (void)co_await s.write(std::move(answer));
  s.end();
}

inline task<> mirror(grpc_stream s) {
  for (;;) {
    auto next = co_await s.read();
    if (!next) co_return;
    if (!*next) break;
    grpc_message same = **std::move(next);
    if (const auto ok = co_await s.write(std::move(same)); !ok) co_return;
  }
  s.end();
}

// --- the fixture --------------------------------------------------------------------------------

template <class L>
class grpc_peers_on : public loop_suite<L> {
 protected:
  // A server of ours, with all that a client of theirs asks for.
  void serve(wire w) {
    grpc_config c;
    c.relay = true;
    if (w == wire::local) c.socket_path = this->at.socket_path("grpc");
    if (w != wire::local) c.host = "127.0.0.1";
    if (w == wire::tls) {
      c.ssl = true;
      c.tls.certfile = files().chain;
      c.tls.keyfile = files().key;
    }
    ours = std::make_unique<grpc_provider>(this->home, std::move(c));
    const auto up = this->at.wait(ours->initialize());
    ASSERT_TRUE(up) << up.error().to_string();
    register_all();
    target = w == wire::local ? "unix:" + this->at.socket_path("grpc")
                              : "127.0.0.1:" + std::to_string(ours->local_address()->port());
  }
  // A client of theirs from its beginning to its end.
  void expect_ok(std::vector<std::string> words, wire w) {
    words.insert(words.end(), {"client", target});
    if (w == wire::tls) words.push_back(files().ca);
    child c(std::move(words));
    EXPECT_TRUE(this->at.run_until([&] { return c.has_ended(); }, 90s));
    EXPECT_EQ(c.code(), 0) << c.err();
    EXPECT_EQ(c.out(), "ok\n") << c.err();
    // One by its deadline, and perhaps one by the client's wish, which may be as quick as the call.
    EXPECT_FALSE(held.empty());
    const auto waits_for_none = [&] {
      return std::ranges::all_of(held, [](const grpc_answer& a) { return a.is_cancelled(); });
    };
    EXPECT_TRUE(this->at.run_until(waits_for_none));
    held.clear();
  }
  // A server of theirs.
  void start(std::vector<std::string> words, wire w) {
    words.push_back("server");
    if (w == wire::tls) words.insert(words.end(), {files().chain, files().key});
    theirs = std::make_unique<child>(std::move(words));
    const auto is_up = [&] { return theirs->out().ends_with('\n') || theirs->has_ended(); };
    ASSERT_TRUE(this->at.run_until(is_up, 60s));
    grpc_config c;
    c.is_server = false;
    c.host = "127.0.0.1";
    c.port = static_cast<std::uint16_t>(std::atoi(theirs->out().c_str()));
    ASSERT_NE(c.port, 0) << theirs->err();
    c.ssl = w == wire::tls;
    if (w == wire::tls) c.tls.ca_certs = files().ca;
    c.connect_timeout = c.call_timeout = 60s;
    ours = std::make_unique<grpc_provider>(this->home, std::move(c));
    const auto up = this->at.wait(ours->initialize());
    ASSERT_TRUE(up) << up.error().to_string() << theirs->err();
  }
  void TearDown() override {
    held.clear();
    ours.reset();
  }

  std::unique_ptr<grpc_provider> ours;
  std::unique_ptr<child> theirs;
  std::string target;
  std::deque<grpc_answer> held;

 private:
  void register_all() {
    EXPECT_TRUE(ours->serve("echo", &echo));
    EXPECT_TRUE(ours->serve("meta", &tell_metadata));
    EXPECT_TRUE(ours->serve("sleep", [this](grpc_answer a) { held.push_back(std::move(a)); }));
    EXPECT_TRUE(this->at.wait(ours->create_callable("fail", call_handler(&refuse))));
    const auto stream = [this](std::string_view name, task<> (*run)(grpc_stream)) {
      const auto handler = [this, run](grpc_stream s) {
        (void)spawn(this->home, run(std::move(s)));
      };
      EXPECT_TRUE(ours->serve_stream(name, handler));
    };
    stream("count", &count);
    stream("sum", &sum);
    stream("mirror", &mirror);
  }
};

}  // namespace parley::test
