// An endless stream of commands over a few keys, the same for the same seed. Mostly on
// keys of their own type, so that objects grow and shrink; sometimes on others.
#pragma once

#include <cstdint>
#include <parley/codecs/resp/server/keyspace_shared.hpp>
#include <string>
#include <string_view>

#include "resp_data/data_server.hpp"

namespace parley::test {

using random_bits_source = resp::random_bits;

class random_commands {
 public:
  explicit random_commands(std::uint64_t seed) : random_(seed * 0x9e3779b97f4a7c15U) {}

  words next();

 private:
  void expand(std::string_view pattern, words& into);
  void expand_word(std::string_view word, words& into);
  std::string fill(std::string_view name);
  bool chance(std::size_t one_in) { return random_.below(one_in) == 0; }

  random_bits_source random_;
};

}  // namespace parley::test
