// The tree of topics, both directions, against trying each filter with topic_matches().
//
// Input: lines. "<filter" adds, ">filter" removes, "=name" stores a name, "!name" erases it, and
// any other line is asked for, as a name among the filters and as a filter among the names.
#include <parley/core/api/topic_index.hpp>
#include <parley/core/api/topic_names.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using topics = std::set<std::string, std::less<>>;

void require(bool holds) {
  if (!holds) std::abort();
}

class pair_of_trees {
 public:
  void take(std::string_view line) {
    if (line.size() < 2) return;
    const std::string_view topic = line.substr(1);
    switch (line[0]) {
      case '<':
        if (parley::is_topic_filter(topic) && filters_.emplace(topic).second) {
          index_.add(topic, who_);
        }
        break;
      case '>':
        require(index_.remove(topic, who_) == erase(filters_, topic));
        break;
      case '=':
        if (!parley::is_topic_name(topic)) break;
        names_.set(topic, 1);
        stored_.emplace(topic);
        break;
      case '!':
        require(names_.erase(topic) == erase(stored_, topic));
        break;
      default:
        ask(line);
    }
    require(index_.size() == filters_.size() && names_.size() == stored_.size());
  }

 private:
  static bool erase(topics& from, std::string_view topic) {
    const auto found = from.find(topic);
    if (found == from.end()) return false;
    from.erase(found);
    return true;
  }

  void ask(std::string_view topic) {
    topics found, expected;
    if (parley::is_topic_name(topic)) {
      index_.match(topic, [&](int&, std::string_view f) { require(found.emplace(f).second); });
      for (const auto& f : filters_) {
        if (parley::topic_matches(f, topic)) expected.insert(f);
      }
    }
    require(found == expected);
    if (!parley::is_topic_filter(topic)) return;
    found.clear();
    expected.clear();
    names_.match(topic, [&](int&, std::string_view n) { require(found.emplace(n).second); });
    for (const auto& n : stored_) {
      if (parley::topic_matches(topic, n)) expected.insert(n);
    }
    require(found == expected);
  }

  int who_ = 0;
  parley::topic_index<int> index_;
  parley::topic_names<int> names_;
  topics filters_, stored_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  pair_of_trees trees;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    trees.take(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return 0;
}
