// The patterns of Redis: KEYS, SCAN MATCH, PSUBSCRIBE.
//
//   ?  one byte        *  any bytes, also none       \x  the byte x
//   [abc] [a-c] [^a]   one byte that is (or is not) among these
#pragma once

#include <string_view>

namespace parley::resp {

// True if the pattern fits all of the text, byte by byte and case-sensitively. Costs at
// most |pattern| * |text| steps, whatever the pattern. As in Redis, an unfinished class
// ends with the pattern, and an empty text fits the empty pattern alone.
bool glob_match(std::string_view pattern, std::string_view text) noexcept;

}  // namespace parley::resp
