// hiredis as a second opinion on RESP2: replies in the form of
// support/resp_canonical.hpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

struct second_opinion {
  std::vector<std::string> replies;  // those that were complete
  bool failed = false;
  std::string error;  // what hiredis says about it
};

// What hiredis reads from `bytes`, fed `chunk` at a time.
second_opinion hiredis_decode(std::string_view bytes, std::size_t chunk);

// The command as hiredis writes it.
std::string hiredis_encode(std::span<const std::string_view> arguments);

}  // namespace parley::test
