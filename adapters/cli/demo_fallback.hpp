// A speaker over three protocols, whose servers are taken away one after the other while it speaks,
// and then one comes back.
#pragma once

namespace parley::demo {

// Prints what carried, on every loop; returns how many lines are wrong.
int run_fallback();

}  // namespace parley::demo
