// Runs a check with every set of vector instructions that this machine has.
#pragma once

#include <parley/core/text/kernels.hpp>

#include <gtest/gtest.h>

#include <string>

namespace parley::test {

template <class Check>
void at_every_level(Check check) {
  namespace kernels = text::detail;
  for (std::size_t level = 0; level < kernels::level_count(); ++level) {
    SCOPED_TRACE(std::string(kernels::level_name(level)));
    kernels::use_level(level);
    check();
    if (testing::Test::HasFatalFailure()) break;
  }
  kernels::use_level(kernels::level_count());
}

}  // namespace parley::test
