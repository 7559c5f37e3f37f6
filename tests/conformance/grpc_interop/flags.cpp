#include "flags.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace parley::interop {
namespace {

struct text_flag {
  std::string_view name;
  std::string flags::* member;
};
constexpr text_flag text_flags[] = {
    {"server_host", &flags::server_host}, {"server_host_override", &flags::server_host_override},
    {"test_case", &flags::test_case},     {"ca_file", &flags::ca_file},
    {"cert_file", &flags::cert_file},     {"key_file", &flags::key_file},
};

bool read_port(std::string_view text, std::uint16_t& to) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), to);
  return fault == std::errc() && end == text.data() + text.size();
}

bool read_bool(std::string_view text, bool& to) {
  to = text == "true" || text == "1";
  return to || text == "false" || text == "0";
}

bool read_flag(std::string_view name, const std::string& content, flags& to) {
  if (name == "server_port") return read_port(content, to.server_port);
  if (name == "port") return read_port(content, to.port);
  if (name == "use_tls") return read_bool(content, to.use_tls);
  const auto* known = std::ranges::find(text_flags, name, &text_flag::name);
  if (known == std::end(text_flags)) return false;
  to.*(known->member) = content;
  return true;
}

bool wrong(std::string_view word) {
  std::fprintf(stderr, "no such flag, or not a value of it: %.*s\n", static_cast<int>(word.size()),
               word.data());
  return false;
}

}  // namespace

bool read_flags(int argc, const char* const* argv, flags& to) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("--")) return wrong(word);
    const std::size_t equals = word.find('=');
    const bool has_value = equals != std::string_view::npos;
    if (!has_value && i + 1 == argc) return wrong(word);
    const std::string content(has_value ? word.substr(equals + 1) : std::string_view(argv[++i]));
    if (!read_flag(word.substr(2, has_value ? equals - 2 : equals), content, to))
      return wrong(word);
  }
  return true;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace parley::interop
