// What this program hands to the system to be sent: send() and sendmsg() are replaced, and while
// somebody watches, the buffers are noted.
#pragma once

#include <cstddef>

namespace parley::test {

struct sent {
  std::size_t pieces = 0;   // of all gather lists
  std::size_t buffers = 0;  // places in memory that these pieces lay at
  std::size_t alone = 0;    // bytes of pieces from a place that nothing else was sent from
};

// Notes from now on, with nothing noted before.
void watch_sending();
// What was noted so far.
sent sent_so_far();
// Notes no more; sending costs what it always does.
void stop_watching_sending();

}  // namespace parley::test
