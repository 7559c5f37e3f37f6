// Callbacks that hold the handles of other speakers, the same for every provider.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <parley/core/api/speaker.hpp>
#include <utility>

namespace parley::test {

// The provider ends by `end()` while a callback holds the last handle of a speaker that came later:
// both go, and nobody is looked at who has gone. `at` runs the provider's loop.
template <class At, class Provider, class End>
void end_while_a_speaker_is_held(At& at, Provider& p, End end) {
  auto box = std::make_shared<std::optional<speaker>>();
  auto holds = [box](const message&) {};
  auto first = at.wait(p.create_speaker("held/first", std::move(holds)));
  auto second = at.wait(p.create_speaker("held/second", [](const message&) {}));
  ASSERT_TRUE(first && second);
  box->emplace(*std::move(second));
  box.reset();
  end();
  EXPECT_FALSE(at.wait(first->shout("x")));
}

}  // namespace parley::test
