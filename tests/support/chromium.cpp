#include "support/chromium.hpp"

#include <fstream>
#include <sstream>

namespace parley::test {

std::string page_with_ports(const std::string& name,
                            const std::vector<std::pair<std::string, unsigned>>& ports) {
  std::ifstream in(std::string(PARLEY_SOURCE_DIR) + "/tests/" + name);
  std::ostringstream text;
  text << in.rdbuf();
  std::string page = text.str();
  for (const auto& [word, port] : ports) {
    const std::string host = "127.0.0.1:";
    page.replace(page.find(host + word) + host.size(), word.size(), std::to_string(port));
  }
  return page;
}

}  // namespace parley::test
