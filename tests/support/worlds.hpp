// Every loop, in one shape that tests can run. To add a loop, write a class like
// those that are included here, and name it below:
//
//   name                  a short text
//   port()                the parley::loop
//   run_until(done)       runs it until done() is true; false after a long time, or
//                         after the limit that is given. Waits between turns as long
//                         as the loop does: no ticks that would hide a loop that was
//                         not woken
//   idle()                runs some turns although nothing may happen
//   destroy(), exists()   destroys the loop, at the end of a test at the latest
//   any_port(), local_path(name), abstract_name(name), nobody(), unknown_host()
//                         addresses, see real_network.hpp
#pragma once

#include <gtest/gtest.h>

#include <parley/build_config.hpp>

#include "support/blocking_world.hpp"
#include "support/epoll_world.hpp"
#include "support/sim_world.hpp"
#if PARLEY_HAS_UV
#include "support/uv_world.hpp"
#endif
#if PARLEY_HAS_ASIO
#include "support/asio_world.hpp"
#endif

namespace parley::test {

// gtest's list of types, put together from what was built.
template <class... Worlds>
struct world_list {
  template <class More>
  static auto with() {
    return world_list<Worlds..., More>();
  }
  using types = ::testing::Types<Worlds...>;
};

using worlds_0 = world_list<blocking_world, epoll_world>;
#if PARLEY_HAS_UV
using worlds_1 = decltype(worlds_0::with<uv_world>());
#else
using worlds_1 = worlds_0;
#endif
#if PARLEY_HAS_ASIO
using worlds_2 = decltype(worlds_1::with<asio_world>());
#else
using worlds_2 = worlds_1;
#endif

// Loops on real sockets, and all of them.
using real_worlds = worlds_2::types;
using every_world = decltype(worlds_2::with<sim_world>())::types;

struct loop_names {
  template <class W>
  static std::string GetName(int) {
    return W::name;
  }
};

}  // namespace parley::test
