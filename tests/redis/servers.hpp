// The servers that the provider's suite runs against, behind one shape, and their pairs
// with the loops, and the fixture of such a pair.
#pragma once

#include <unistd.h>

#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <parley/core/net/endpoint.hpp>
#include <stdexcept>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/redis_server.hpp"

namespace parley::test {

// redis-server: one process for all tests of the program.
class on_redis {
 public:
  static constexpr const char* name = "redis";
  on_redis(loop&, const address&) {}

  std::uint16_t port() { return process().port(); }
  std::string socket_path() { return process().socket_path(); }

 private:
  static redis_server& process() {
    static redis_server one({"--user", "ann", "on", ">right", "~*", "&*", "+@all",  //
                             "--user", "bob", "on", ">poor", "~bob:*", "&bob:*", "+@all"});
    return one;
  }
};

// The embedded server, on the loop of the provider.
class on_embedded {
 public:
  static constexpr const char* name = "embedded";
  on_embedded(loop& home, const address& at)
      : server_(home, config(at)), local_(home, local_config()) {
    for (auto* s : {&server_, &local_}) {
      auto ok = s->listen();
      if (!ok) throw std::runtime_error(ok.error().to_string());
    }
  }

  std::uint16_t port() { return server_.local_address()->port(); }
  // Another server, as one listens on one address.
  std::string socket_path() { return local_.config().unix_socket; }

 private:
  static redis_server_config config(const address& at) {
    redis_server_config c;
    c.host = endpoint(at).host();
    c.port = 0;
    resp::server_user ann, bob;
    ann.name = "ann";
    ann.password = secret("right");
    bob.name = "bob";
    bob.password = secret("poor");
    bob.keys = bob.channels = {"bob:*"};
    c.users = {ann, bob};
    return c;
  }
  // An abstract name: no file, and no other test has it.
  static redis_server_config local_config() {
    static int count = 0;
    redis_server_config c;
    c.unix_socket = "@parley-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
    return c;
  }

  parley::redis_server server_;
  parley::redis_server local_;
};

template <class L, class S>
struct pair_of {
  using on = L;
  using server = S;
};
struct pair_names {
  template <class P>
  static std::string GetName(int) {
    return std::string(P::on::name) + "_" + P::server::name;
  }
};

namespace detail {
template <class... A, class... B>
::testing::Types<pair_of<A, on_redis>..., pair_of<B, on_embedded>...> all_pairs(
    ::testing::Types<A...>*, ::testing::Types<B...>*);
}
// The simulated loop reaches no process outside.
using loops_and_servers = decltype(detail::all_pairs(static_cast<real_loops*>(nullptr),
                                                     static_cast<all_loops*>(nullptr)));

// Each test begins with an empty database.
template <class Pair>
class redis_with : public loop_suite<typename Pair::on> {
 protected:
  redis_config config() {
    redis_config c;
    c.host = "127.0.0.1";
    c.port = server.port();
    c.reconnect.base = 5ms;
    c.reconnect.cap = 100ms;
    c.watch = &watch;
    return c;
  }
  std::unique_ptr<redis_provider> up(redis_config c) {
    auto p = std::make_unique<redis_provider>(this->home, std::move(c));
    auto ok = this->at.wait(p->initialize());
    EXPECT_TRUE(ok) << ok.error().to_string();
    auto flushed = this->at.wait(p->command("FLUSHDB"));
    EXPECT_TRUE(flushed) << flushed.error().to_string();
    return p;
  }
  std::unique_ptr<redis_provider> up() { return up(config()); }

  typename Pair::server server{this->home, this->at.bind_address()};
  watcher watch;
};

}  // namespace parley::test
