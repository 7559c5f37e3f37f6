// Commands whose every option and error is to agree with the real server's, by family.
// Each family begins with an empty database and runs in order.
#pragma once

#include <string_view>
#include <vector>

namespace parley::test {

struct hand_written_family {
  std::string_view name;
  std::vector<std::string_view> lines;
};

const std::vector<hand_written_family>& hand_written();

}  // namespace parley::test
