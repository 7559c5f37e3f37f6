// A grpc_provider that serves and ones that are its clients, on loop L: the fixture of the tests
// that run on every loop.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <parley/adapters/grpc/errc.hpp>
#include <parley/adapters/grpc/grpc_provider.hpp>
#include <parley/core/async/task.hpp>
#include <string>
#include <vector>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/temporary_folder.hpp"
#include "support/tls_files.hpp"

namespace parley::test {

using strings = std::vector<std::string>;
using read_outcome = result<std::optional<grpc_message>>;

template <class L>
class grpc_on : public loop_suite<L> {
 protected:
  // In numbers: what resolves names for gRPC keeps some bytes at the end of a process.
  grpc_config served() {
    grpc_config c;
    c.host = "127.0.0.1";
    c.port = port;
    return c;
  }
  grpc_config served_on_socket() {
    grpc_config c;
    c.socket_path = folder / "grpc.sock";
    return c;
  }
  // Of the server that is up.
  grpc_config called() {
    grpc_config c;
    c.is_server = false;
    c.host = "127.0.0.1";
    c.port = port;
    return quick(std::move(c));
  }
  grpc_config called_on_socket() {
    grpc_config c;
    c.is_server = false;
    c.socket_path = folder / "grpc.sock";
    return quick(std::move(c));
  }
  grpc_config quick(grpc_config c) {
    c.reconnect.base = 5ms;
    c.reconnect.cap = 50ms;
    c.watch = &watch;
    return c;
  }
  std::unique_ptr<grpc_provider> up(grpc_config c) {
    auto p = std::make_unique<grpc_provider>(this->home, std::move(c));
    auto ok = this->at.wait(p->initialize());
    EXPECT_TRUE(ok) << ok.error().to_string();
    if (const auto where = p->local_address(); where && !where->is_local()) port = where->port();
    return p;
  }
  std::unique_ptr<grpc_provider> serve() { return up(served()); }
  std::unique_ptr<grpc_provider> call() { return up(called()); }

  void answer(grpc_provider& server, std::string_view name, call_handler handler) {
    EXPECT_TRUE(this->at.wait(server.create_callable(name, std::move(handler))));
  }
  result<value> ask(grpc_provider& client, std::string_view name, const value& request,
                    call_options options = {}) {
    auto c = this->at.wait(client.create_callable(name));
    EXPECT_TRUE(c);
    return this->at.wait(c->call(request, options));
  }
  read_outcome read(grpc_stream& s) { return this->at.wait(s.read()); }
  // What comes until the end.
  strings read_all(grpc_stream& s) {
    strings all;
    for (;;) {
      auto next = read(s);
      if (!next) {
        all.push_back(std::string(next.error().name()));
        return all;
      }
      if (!*next) return all;
      all.push_back(std::string((*next)->content().text()));
    }
  }
  speaker listen(grpc_provider& p, std::string_view name, strings& to) {
    auto s = this->at.wait(p.create_speaker(name, [&to](const message& m) {
      to.push_back(std::string(m.topic()) + ":" + std::string(m.text()));
    }));
    EXPECT_TRUE(s) << s.error().to_string();
    return *s;
  }
  speaker speak(grpc_provider& p, std::string_view name) {
    auto s = this->at.wait(p.create_speaker(name));
    EXPECT_TRUE(s) << s.error().to_string();
    return *s;
  }
  std::int64_t shout(speaker& s, const value& v) {
    auto sent = this->at.wait(s.shout(v));
    EXPECT_TRUE(sent) << sent.error().to_string();
    return sent ? sent->receivers : -2;
  }

  temporary_folder folder;
  watcher watch;
  std::optional<speaker> keep;
  std::uint16_t port = 0;
};

inline result<value> add(const value& request) {
  return fields("result", *request["x"].as_int() + *request["y"].as_int());
}
inline result<value> echo(const value& request) { return request; }

}  // namespace parley::test
