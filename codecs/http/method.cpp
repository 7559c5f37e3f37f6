#include <array>
#include <parley/codecs/http/method.hpp>

namespace parley::http {
namespace {

constexpr std::array<std::string_view, 10> names = {
    "", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

// A short name as a number. The one in front keeps names with zeros in front apart.
constexpr std::uint64_t packed(std::string_view name) noexcept {
  std::uint64_t w = 1;
  for (const char c : name) w = w << 8 | static_cast<unsigned char>(c);
  return w;
}

}  // namespace

method parse_method(std::string_view name) noexcept {
  if (name.size() > 7) return method::other;
  switch (packed(name)) {
    case packed("GET"):
      return method::get;
    case packed("HEAD"):
      return method::head;
    case packed("POST"):
      return method::post;
    case packed("PUT"):
      return method::put;
    case packed("DELETE"):
      return method::delete_;
    case packed("CONNECT"):
      return method::connect;
    case packed("OPTIONS"):
      return method::options;
    case packed("TRACE"):
      return method::trace;
    case packed("PATCH"):
      return method::patch;
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
