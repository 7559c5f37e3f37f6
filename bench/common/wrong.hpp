// How a benchmark ends when a peer does not do what is measured.
#pragma once

#include <string_view>

namespace parley::bench {

// Ends the program with exit code 1: a figure for wrong answers is worth nothing.
[[noreturn]] void wrong(std::string_view peer, std::string_view what);

}  // namespace parley::bench
