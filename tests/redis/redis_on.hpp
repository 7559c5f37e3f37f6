// A provider on loop L and a fake server on the same loop: the fixture of the tests that
// run on every loop.
#pragma once

#include <parley/codecs/resp/redis_provider.hpp>

#include "redis/loops.hpp"
#include "redis/watcher.hpp"
#include "support/fake_redis.hpp"

namespace parley::test {

template <class L>
class redis_on : public loop_suite<L> {
 protected:
  redis_on() { listen(); }

  void listen() {
    auto where = server.listen(port == 0 ? this->at.bind_address()
                                         : this->at.bind_address().with_port(port));
    ASSERT_TRUE(where) << where.error().to_string();
    port = where->port();
  }
  redis_config config() {
    redis_config c;
    c.host = "127.0.0.1";
    c.port = port;
    c.connect_timeout = 2s;
    c.reconnect.base = 5ms;
    c.reconnect.cap = 50ms;
    c.watch = &watch;
    return c;
  }
  // A provider that is up.
  std::unique_ptr<redis_provider> up(redis_config c) {
    auto p = std::make_unique<redis_provider>(this->home, std::move(c));
    auto ok = this->at.wait(p->initialize());
    EXPECT_TRUE(ok) << ok.error().to_string();
    return p;
  }
  std::unique_ptr<redis_provider> up() { return up(config()); }

  fake_redis server{this->home};
  std::uint16_t port = 0;
  watcher watch;
};

}  // namespace parley::test
