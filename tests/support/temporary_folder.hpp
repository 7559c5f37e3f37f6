// A folder under /tmp that vanishes with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace parley::test {

class temporary_folder {
 public:
  temporary_folder() {
    char name[] = "/tmp/parley-test-XXXXXX";
    if (!::mkdtemp(name)) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  // Private, as keys should be; the path is returned.
  std::string write(const std::string& name, const std::string& bytes) const {
    const std::string path = *this / name;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    return path;
  }
  std::string make_folder(const std::string& name) const {
    std::filesystem::create_directory(*this / name);
    return *this / name;
  }
  void link(const std::string& to, const std::string& name) const {
    std::filesystem::create_symlink(to, *this / name);
  }

 private:
  std::string path_;
};

}  // namespace parley::test
