#include <fmt/format.h>

#include <cstdio>
#include <parley/adapters/cli/report.hpp>

namespace parley::cli {
namespace {

// One write for all lines: several programs may share the terminal.
void print_error(const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string summary(const error& e) {
  if (e.message().empty()) return std::string(e.info().text);
  return fmt::format("{}: {}", e.info().text, e.message());
}

}  // namespace

int exit_code_of(const error& why) noexcept {
  switch (why.kind()) {
    case error_class::transient:
    case error_class::protocol:
      return exit_connection;
    case error_class::authentication:
    case error_class::configuration:
      return exit_refused;
    case error_class::misuse:
    case error_class::cancelled:
    case error_class::limit:
    case error_class::reply:
      break;
  }
  return exit_failed;
}

void report(std::string_view what, const error& why) {
  std::string text = fmt::format("parley: {}: {}\n", what, summary(why));
  std::string_view hint = why.hint();
  for (const error* c = why.cause(); c; c = c->cause()) {
    text += fmt::format("cause: {}\n", summary(*c));
    // The deepest cause is what has to be mended.
    if (!c->hint().empty()) hint = c->hint();
  }
  if (!hint.empty()) text += fmt::format("hint: {}\n", hint);
  print_error(text);
}

void note(std::string_view line) { print_error(fmt::format("parley: {}\n", line)); }

std::string without_passwords(std::string text) {
  for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos;) {
    at += 3;
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::size_t mark = text.rfind('@', end);
    if (mark == std::string::npos || mark < at) continue;
    text.replace(at, mark - at, "***");
  }
  return text;
}

}  // namespace parley::cli
