// Commands whose every option and error is to agree with the real server's, by family.
// Each family begins with an empty database and runs in order. They stand in
// tests/vectors/resp_commands.
#pragma once

#include <string>
#include <vector>

namespace parley::test {

struct hand_written_family {
  std::string name;
  std::vector<std::string> lines;
};

std::vector<hand_written_family> hand_written();

}  // namespace parley::test
