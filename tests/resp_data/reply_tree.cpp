#include "resp_data/reply_tree.hpp"

#include <algorithm>
#include <stdexcept>

namespace parley::test {
namespace {

bool read_children(std::string_view bytes, std::size_t& at, std::size_t count, reply_tree& into) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!read_reply(bytes, at, into.children.emplace_back())) return false;
  }
  return true;
}

}  // namespace

bool read_reply(std::string_view bytes, std::size_t& at, reply_tree& into) {
  const std::size_t end = bytes.find("\r\n", at);
  if (end == bytes.npos) return false;
  into.type = bytes[at];
  const std::string line(bytes.substr(at + 1, end - at - 1));
  at = end + 2;
  if (std::string_view("+-:,#_(").find(into.type) != std::string_view::npos) {
    into.null = into.type == '_';
    into.text = line;
    return true;
  }
  if (std::string_view("$=*~%>").find(into.type) == std::string_view::npos) {
    throw std::runtime_error("no reply: " + std::string(bytes.substr(0, 200)));
  }
  const long long size = std::stoll(line);
  into.null = size < 0;
  if (into.null) return true;
  const auto count = static_cast<std::size_t>(size);
  if (into.type != '$' && into.type != '=') {
    return read_children(bytes, at, into.type == '%' ? 2 * count : count, into);
  }
  if (bytes.size() - at < count + 2) return false;
  into.text = bytes.substr(at, count);
  if (bytes.substr(at + count, 2) != "\r\n") throw std::runtime_error("a string without its end");
  at += count + 2;
  return true;
}

reply_tree parse_reply(std::string_view bytes) {
  reply_tree tree;
  std::size_t at = 0;
  if (!read_reply(bytes, at, tree) || at != bytes.size()) {
    throw std::runtime_error("not one reply: " + std::string(bytes.substr(0, 200)));
  }
  return tree;
}

reply_tree sorted(reply_tree tree, bool pairs) {
  if (!pairs && tree.type != '%') {
    std::sort(tree.children.begin(), tree.children.end());
    return tree;
  }
  std::vector<std::pair<reply_tree, reply_tree>> both;
  for (std::size_t i = 0; i + 1 < tree.children.size(); i += 2) {
    both.emplace_back(tree.children[i], tree.children[i + 1]);
  }
  std::sort(both.begin(), both.end());
  tree.children.clear();
  for (auto& [key, value] : both) {
    tree.children.push_back(std::move(key));
    tree.children.push_back(std::move(value));
  }
  return tree;
}

}  // namespace parley::test
