// What a bounded queue does with what no longer fits: one word for all protocols.
#pragma once

#include <cstdint>

namespace parley {

enum class overflow : std::uint8_t {
  reject,       // the new one fails at once with errc::queue_full
  drop_oldest,  // the oldest make room, and end with errc::dropped: latest values count
  drop_newest,  // the new one ends with errc::dropped: what was first counts
};

}  // namespace parley
