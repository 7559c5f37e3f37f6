// What a bounded queue does with what no longer fits: one word for all protocols.
#pragma once

#include <cstdint>

namespace parley {

enum class overflow : std::uint8_t {
  reject,       // the new one fails at once with errc::queue_full
  drop_oldest,  // the oldest make room, and end with errc::dropped: latest values count
  drop_newest,  // the new one ends with errc::dropped: what was first counts
  conflate,     // as drop_oldest, but a new one first takes the place of one with the same key: of
                // each channel the latest counts. For queues whose entries have keys
  close,        // the connection that the queue belongs to ends: who is too slow comes again. For
                // queues of one receiver among many
};

}  // namespace parley
