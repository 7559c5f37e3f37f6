#include "script.hpp"

#include <algorithm>
#include <cstdio>

namespace parley::bench {

std::vector<batch> make_script(std::size_t depth) {
  constexpr std::size_t values = 8;
  std::vector<batch> script;
  batch current;
  for (std::size_t i = 0; script.size() < std::max(values, 2 * values / depth); ++i) {
    // SET and GET of a pair have one key and one value; each pair of a batch has its own.
    const std::size_t pair = i / 2;
    const std::size_t keys = std::max<std::size_t>(depth / 2, 1);
    step s;
    s.is_set = i % 2 == 0;
    char words[40];
    std::snprintf(words, sizeof words, "bench:key:%06zu", pair % keys);
    s.key = words;
    std::snprintf(words, sizeof words, "val:%05zu:%06zu", pair / keys % values, pair % keys);
    s.text = words;
    s.as_value = value(s.text);
    current.push_back(std::move(s));
    if (current.size() == depth) script.push_back(std::exchange(current, {}));
  }
  return script;
}

}  // namespace parley::bench
