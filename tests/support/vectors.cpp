#include "support/vectors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <ostream>

namespace parley::test {
namespace {

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// Puts the cases of one document at the end of `cases`.
void load_document(const std::filesystem::path& path, std::vector<vector_case>& cases) {
  std::string* block = nullptr;
  for (const std::string& line : lines_of(path)) {
    if (block != nullptr) {
      if (line == "```") {
        block = nullptr;
      } else {
        block->append(line).push_back('\n');
      }
    } else if (line.starts_with("## ")) {
      cases.push_back({path.filename().string(), line.substr(3), {}});
    } else if (line.starts_with("```") && !cases.empty()) {
      block = &cases.back().blocks[line.substr(3)];
    }
  }
  EXPECT_EQ(block, nullptr) << path << ": a block is not closed";
}

// Takes "200x " away from the front of a line. 1 if it is not there.
std::size_t take_count(std::string_view& line) {
  std::size_t count = 0;
  const auto [end, status] = std::from_chars(line.data(), line.data() + line.size(), count);
  const auto digits = static_cast<std::size_t>(end - line.data());
  if (status != std::errc{} || !line.substr(digits).starts_with("x ")) return 1;
  line.remove_prefix(digits + 2);
  return count;
}

// The byte that the escape at the front of `text` means; takes it away.
char take_escape(std::string_view& text) {
  const char letter = text.size() > 1 ? text[1] : '\\';
  if (letter == 'x' && text.size() >= 4) {
    unsigned char value = 0;
    std::from_chars(text.data() + 2, text.data() + 4, value, 16);
    text.remove_prefix(4);
    return static_cast<char>(value);
  }
  text.remove_prefix(std::min<std::size_t>(2, text.size()));
  switch (letter) {
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

std::string unescape_line(std::string_view line) {
  const std::size_t count = take_count(line);
  std::string once;
  while (!line.empty()) {
    if (line.front() == '\\') {
      once.push_back(take_escape(line));
    } else {
      once.push_back(line.front());
      line.remove_prefix(1);
    }
  }
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all.append(once);
  return all;
}

}  // namespace

std::string_view vector_case::block(std::string_view name) const {
  const auto found = blocks.find(name);
  return found == blocks.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<vector_case> load_vectors(std::string_view protocol) {
  const std::filesystem::path directory =
      std::filesystem::path(PARLEY_SOURCE_DIR) / "tests/vectors" / protocol;
  std::vector<std::filesystem::path> documents;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".md") documents.push_back(entry.path());
  }
  std::ranges::sort(documents);
  std::vector<vector_case> cases;
  for (const auto& document : documents) load_document(document, cases);
  EXPECT_FALSE(cases.empty()) << directory << " has no vectors";
  return cases;
}

std::string unescape(std::string_view block) {
  std::string bytes;
  while (!block.empty()) {
    const std::size_t end = std::min(block.find('\n'), block.size());
    bytes.append(unescape_line(block.substr(0, end)));
    block.remove_prefix(std::min(end + 1, block.size()));
  }
  return bytes;
}

std::string escape(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r' || c == '\n' || c == '\\') {
      text.append(c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\\\");
    } else if (byte < 32 || byte > 126) {
      text.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
    } else {
      text.push_back(c);
    }
  }
  return text;
}

std::string test_name(const vector_case& v) {
  std::string name = v.file.substr(0, v.file.find('.')) + "_" + v.title;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

void PrintTo(const vector_case& v, std::ostream* out) { *out << v.file << ": " << v.title; }

}  // namespace parley::test
