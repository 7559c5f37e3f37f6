#pragma once

#include "support/epoll_loop.hpp"
#include "support/turning_world.hpp"

namespace parley::test {

// The loop of a user.
class epoll_world : public turning_world<epoll_loop> {
 public:
  static constexpr const char* name = "epoll";
};

}  // namespace parley::test
