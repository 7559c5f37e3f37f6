// Replies as trees, to be compared where Redis promises no order.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

struct reply_tree {
  char type = 0;
  // The line behind the type, or the content of a string; empty for aggregates.
  std::string text;
  bool null = false;
  std::vector<reply_tree> children;

  bool operator==(const reply_tree&) const = default;
  bool operator<(const reply_tree& other) const {
    if (type != other.type) return type < other.type;
    if (null != other.null) return null < other.null;
    if (text != other.text) return text < other.text;
    return children < other.children;
  }
};

// Reads one reply at `at` and moves it behind. False if it is not complete; throws what is
// no reply.
bool read_reply(std::string_view bytes, std::size_t& at, reply_tree& into);
reply_tree parse_reply(std::string_view bytes);

// The same with the children in order of content; of a map, or with `pairs`, by pairs.
reply_tree sorted(reply_tree tree, bool pairs);

}  // namespace parley::test
