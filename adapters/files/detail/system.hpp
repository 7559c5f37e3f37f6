// What the operating system says about paths. Not installed.
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>
#include <string>
#include <vector>

namespace parley::files::detail {

// What a path leads to, symbolic links followed.
struct look {
  int code = 0;  // errno if it leads nowhere
  std::uint32_t mode = 0;
  std::uint64_t device = 0;
  std::uint64_t node = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds
  std::int64_t changed = 0;   // the same, of mode and owner as well

  bool is_file() const noexcept;
  bool is_folder() const noexcept;
};

look look_at(const std::string& path) noexcept;

// errno as an error with the path, the system's words and a hint.
error os_error(int code, const std::string& path);

// The paths of what lies in a folder under the name of a certificate: *.pem, *.crt, *.cer and
// OpenSSL's a1b2c3d4.0; sorted. What they lead to was not looked at.
result<std::vector<std::string>> certificates_in(const std::string& folder);

// Where the system's store may be. From the environment all of them are meant, and else the
// first that is there.
struct store_places {
  std::vector<std::string> paths{};
  bool is_chosen = false;  // by SSL_CERT_FILE or SSL_CERT_DIR
};
store_places find_store_places();

}  // namespace parley::files::detail
