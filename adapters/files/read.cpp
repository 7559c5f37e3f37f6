#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <parley/adapters/files/detail/system.hpp>
#include <parley/adapters/files/read.hpp>
#include <parley/codecs/tls/errc.hpp>
#include <set>
#include <string_view>
#include <utility>

namespace parley::files {
namespace {

class descriptor {
 public:
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const noexcept { return number_; }

 private:
  int number_;
};

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

std::unexpected<error> too_large(const std::string& path, std::size_t most) {
  return fail(errc::too_large, path + ": more than " + std::to_string(most) + " bytes");
}

// Up to the end, whatever the size was said to be: the file may grow, and those of /proc have none.
result<std::string> read_rest(int from, const std::string& path, std::size_t size,
                              std::size_t most) {
  std::string bytes;
  std::size_t have = 0;
  for (;;) {
    // One byte more than the file has, so that its end is seen without another round.
    if (have == bytes.size()) bytes.resize(std::min(most, std::max(size, 2 * have)) + 1);
    const ssize_t n = ::read(from, bytes.data() + have, bytes.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(detail::os_error(errno, path));
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
    if (have > most) return too_large(path, most);
  }
  bytes.resize(have);
  return bytes;
}

// RFC 4648 section 4, in lines of 64 characters (RFC 7468 section 2).
void append_base64(std::string& to, std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view three = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < three.size() ? static_cast<unsigned char>(three[k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      to += k <= three.size() ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    if (i % 48 == 45) to += '\n';
  }
  if (!to.ends_with('\n')) to += '\n';
}

// Many a .cer and .crt is DER: an ASN.1 sequence begins with '0'.
result<void> append_pem(std::string& to, std::string_view bytes, const std::string& path) {
  if (bytes.contains("-----BEGIN ")) {
    to += bytes;
    if (!to.ends_with('\n')) to += '\n';
  } else if (bytes.starts_with('0')) {
    to += "-----BEGIN CERTIFICATE-----\n";
    append_base64(to, bytes);
    to += "-----END CERTIFICATE-----\n";
  } else {
    return fail(tls::errc::bad_pem, path);
  }
  return {};
}

// One file may have several names: the links by hash, and the certificates themselves.
result<tls::source> read_folder(const std::string& folder) {
  const auto paths = detail::certificates_in(folder);
  if (!paths) return std::unexpected(paths.error());
  tls::source found{.name = folder};
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (const std::string& path : *paths) {
    const detail::look at = detail::look_at(path);
    if (!at.is_file() || !seen.emplace(at.device, at.node).second) continue;
    const auto bytes = read_file(path, most_bytes - found.bytes.size());
    if (!bytes) return std::unexpected(bytes.error());
    if (auto ok = append_pem(found.bytes, *bytes, path); !ok) return std::unexpected(ok.error());
    // DER grows on its way to PEM.
    if (found.bytes.size() > most_bytes) return too_large(folder, most_bytes);
  }
  if (!found.bytes.empty()) return found;
  return std::unexpected(
      error(errc::empty, folder).with_hint("put files *.pem, *.crt or *.cer into the folder"));
}

}  // namespace

result<std::string> read_file(const std::string& path, std::size_t most) {
  // Without O_NONBLOCK a pipe would wait for its writer.
  const descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (in.get() < 0) return std::unexpected(detail::os_error(errno, path));
  struct stat found{};
  if (::fstat(in.get(), &found) != 0) return std::unexpected(detail::os_error(errno, path));
  if (!S_ISREG(found.st_mode)) {
    return fail(errc::wrong_kind, path + ": " + std::string(kind_of(found.st_mode)));
  }
  // Room for arithmetic, in what no file will ever reach.
  most = std::min(most, std::numeric_limits<std::size_t>::max() / 4);
  const auto size = static_cast<std::size_t>(found.st_size);
  if (size > most) return too_large(path, most);
  return read_rest(in.get(), path, size, most);
}

result<tls::source> read_pem(const std::string& path) {
  if (detail::look_at(path).is_folder()) return read_folder(path);
  auto bytes = read_file(path, most_bytes);
  if (!bytes) return std::unexpected(std::move(bytes).error());
  if (bytes->empty()) return fail(errc::empty, path);
  return tls::source{*std::move(bytes), path};
}

}  // namespace parley::files
