#include "resp_data/hand_written.hpp"

#include <filesystem>
#include <fstream>

namespace parley::test {
namespace {

hand_written_family read(const std::filesystem::path& path) {
  hand_written_family family{path.stem(), {}};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') family.lines.push_back(line);
  }
  return family;
}

}  // namespace

std::vector<hand_written_family> hand_written() {
  std::vector<hand_written_family> all;
  const std::filesystem::path folder = PARLEY_SOURCE_DIR "/tests/vectors/resp_commands";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    all.push_back(read(file.path()));
  }
  return all;
}

}  // namespace parley::test
