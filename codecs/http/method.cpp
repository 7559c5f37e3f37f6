#include <array>
#include <parley/codecs/http/method.hpp>

namespace parley::http {
namespace {

constexpr std::array<std::string_view, 10> names = {
    "", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

method if_named(method candidate, std::string_view name) noexcept {
  return name == names[static_cast<std::size_t>(candidate)] ? candidate : method::other;
}

}  // namespace

method parse_method(std::string_view name) noexcept {
  if (name.empty()) return method::other;
  switch (name[0]) {
    case 'G':
      return if_named(method::get, name);
    case 'H':
      return if_named(method::head, name);
    case 'D':
      return if_named(method::delete_, name);
    case 'C':
      return if_named(method::connect, name);
    case 'O':
      return if_named(method::options, name);
    case 'T':
      return if_named(method::trace, name);
    case 'P':
      if (name.size() == 3) return if_named(method::put, name);
      return if_named(name.size() == 4 ? method::post : method::patch, name);
    default:
      return method::other;
  }
}

std::string_view to_string(method m) noexcept { return names[static_cast<std::size_t>(m)]; }

bool is_safe(method m) noexcept {
  return m == method::get || m == method::head || m == method::options || m == method::trace;
}

bool is_idempotent(method m) noexcept {
  return is_safe(m) || m == method::put || m == method::delete_;
}

bool is_cacheable(method m) noexcept { return m == method::get || m == method::head; }

}  // namespace parley::http
