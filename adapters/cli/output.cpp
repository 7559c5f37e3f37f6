#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <parley/adapters/cli/output.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/version.hpp>
#if PARLEY_HAS_JSON
#include <parley/codecs/json/json.hpp>
#endif

namespace parley::cli {
namespace {

constexpr std::size_t max_input = std::size_t{512} << 20;

result<void> output_failed(int code) {
  if (code == EPIPE) return fail(errc::closed, "standard output");
  return fail(errc::io, fmt::format("standard output: {}", std::strerror(code)));
}

// Whoever started us may have made the terminal or pipe non-blocking.
bool waited_for(int descriptor, short events) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN) return false;
  pollfd one{descriptor, events, 0};
  return ::poll(&one, 1, -1) >= 0 || errno == EINTR;
}

result<std::string> read_all(int fd, std::string_view name) {
  std::string all;
  std::size_t used = 0;
  for (;;) {
    all.resize(used + std::max<std::size_t>(used, 64 * 1024));
    const ssize_t n = ::read(fd, all.data() + used, all.size() - used);
    if (n == 0) break;
    if (n > 0) {
      used += static_cast<std::size_t>(n);
    } else if (!waited_for(fd, POLLIN)) {
      return fail(errc::io, fmt::format("{}: {}", name, std::strerror(errno)));
    }
    if (used > max_input) {
      return fail(errc::too_large, fmt::format("{} has more than 512 MiB", name));
    }
  }
  all.resize(used);
  return all;
}

}  // namespace

void secure_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is this one. The wrong direction on purpose.
    (void)!::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

result<void> write_output(std::string_view text) {
  while (!text.empty()) {
    // Not stdio: a message that was printed must have left, and an error must be
    // seen now.
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (!waited_for(STDOUT_FILENO, POLLOUT)) {
      return output_failed(errno);
    }
  }
  return {};
}

result<std::string> read_input() { return read_all(STDIN_FILENO, "standard input"); }

result<std::string> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return std::unexpected(error(errc::io, fmt::format("{}: {}", path, std::strerror(errno)))
                               .with_hint("check the path and its permissions"));
  }
  auto all = read_all(fd, path);
  ::close(fd);
  return all;
}

result<std::string> as_line(const message& m) {
  // Bytes that are no text could command a terminal, and would break lines.
  if (m.value().is_text()) return std::string(m.text()) + '\n';
  const auto* bytes = reinterpret_cast<const unsigned char*>(m.payload().data());
  return fmt::format("{:02x}\n", fmt::join(bytes, bytes + m.payload().size(), ""));
}

#if PARLEY_HAS_JSON
result<std::string> as_json_line(const message& m) {
  value line = value::object();
  const auto add = [&](const char* name, const char* binary_name, std::string_view text) {
    const auto read = decode(as_bytes(text), decode_policy::text, nullptr);
    const bool is_text = read && read->is_text();
    line.set(is_text ? name : binary_name,
             is_text ? value(text) : value::from_bytes(as_bytes(text)));
  };
  add("topic", "topic_base64", m.topic());
  if (!m.pattern().empty()) add("pattern", "pattern_base64", m.pattern());
  add("payload", "payload_base64", m.text());
  json::write_options how;
  how.bytes = json::bytes_form::base64;
  // A message has its own limits; base64 and escapes make it longer.
  how.max_bytes = static_cast<std::size_t>(-1);
  auto text = json::to_text(line, how);
  if (text) text->push_back('\n');
  return text;
}
#else
result<std::string> as_json_line(const message&) {
  return std::unexpected(unavailable_part("json"));
}
#endif

}  // namespace parley::cli
