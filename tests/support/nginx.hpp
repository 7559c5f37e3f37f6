// A real nginx for tests: one process on a free loopback port, in a folder of its own. Stopped by
// its process id.
//
//   nginx web("server { listen 127.0.0.1:PORT; root FOLDER; }");
//   web.folder.write("page.html", "hello");
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "support/child.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {

class nginx {
 public:
  // What stands inside `http { }`; PORT and FOLDER are replaced. Waits until it accepts. Throws
  // std::runtime_error with its log if it does not come up.
  explicit nginx(const std::string& blocks);

  std::uint16_t port() const noexcept { return port_; }
  // "http://127.0.0.1:PORT" and the path.
  std::string url(const std::string& path) const;
  std::string log() const;

  temporary_folder folder;

 private:
  bool start(const std::string& blocks);

  std::uint16_t port_ = 0;
  std::unique_ptr<child> process_;
};

}  // namespace parley::test
