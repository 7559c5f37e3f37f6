#pragma once

#include <parley/adapters/blocking/loop.hpp>

#include "support/turning_world.hpp"

namespace parley::test {

// The loop on poll(2).
class blocking_world : public turning_world<blocking::loop> {
 public:
  static constexpr const char* name = "blocking";
};

}  // namespace parley::test
