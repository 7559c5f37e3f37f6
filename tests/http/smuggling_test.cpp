// codecs/http/smuggling.md names a vector for each rule: it is there, and shows what the rule says.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <parley/codecs/http/errc.hpp>

#include "support/vectors.hpp"

namespace parley::test {
namespace {

// The cells of a row, without the space around them.
std::vector<std::string> cells_of(std::string_view row) {
  std::vector<std::string> cells;
  row.remove_prefix(1);
  while (!row.empty()) {
    const std::string_view cell = row.substr(0, row.find('|'));
    row.remove_prefix(std::min(cell.size() + 1, row.size()));
    const std::size_t begin = std::min(cell.find_first_not_of(' '), cell.size());
    const std::size_t end = cell.find_last_not_of(' ') + 1;
    cells.emplace_back(cell.substr(begin, end > begin ? end - begin : 0));
  }
  return cells;
}

const vector_case* find_case(const std::vector<vector_case>& all, const std::string& name) {
  const auto found = std::ranges::find_if(all, [&](const vector_case& v) {
    return v.file.substr(0, v.file.find('.')) + "/" + v.title == name;
  });
  return found == all.end() ? nullptr : &*found;
}

// The faults that a cell names.
std::vector<std::string> faults_in(const std::string& cell) {
  std::vector<std::string> faults;
  for (auto code = http::errc{}; code <= http::errc::unknown_expectation;
       code = static_cast<http::errc>(static_cast<int>(code) + 1)) {
    const std::string name(describe(code).name);
    if (cell.find(name) != std::string::npos) faults.push_back(name);
  }
  return faults;
}

TEST(http_smuggling, each_rule_is_shown_by_its_vector) {
  const std::vector<vector_case> all = load_vectors("http");
  std::ifstream file(PARLEY_SOURCE_DIR "/codecs/http/smuggling.md");
  std::size_t rules = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| ") || line.starts_with("| what ")) continue;
    const std::vector<std::string> cells = cells_of(line);
    ASSERT_EQ(cells.size(), 5U) << line;
    const vector_case* const shown = find_case(all, cells[4]);
    ASSERT_NE(shown, nullptr) << line;
    const std::string log(shown->block("log"));
    const std::vector<std::string> faults = faults_in(cells[2]);
    const bool fails = log.find("fail ") != std::string::npos;
    EXPECT_EQ(fails, !faults.empty()) << line;
    EXPECT_TRUE(!fails || std::ranges::any_of(faults, [&](const std::string& name) {
      return log.ends_with("fail " + name + "\n");
    })) << line;
    ++rules;
  }
  EXPECT_GT(rules, 50U);
}

}  // namespace
}  // namespace parley::test
