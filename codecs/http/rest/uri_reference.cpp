#include <algorithm>
#include <optional>
#include <parley/codecs/http/field.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/http/rest/uri_reference.hpp>
#include <parley/core/net/uri.hpp>

namespace parley::http {
namespace {

// The five parts of RFC 3986 appendix B.
struct parts {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;
};

std::optional<std::string_view> take_tail(std::string_view& text, char mark) noexcept {
  const std::size_t at = text.find(mark);
  if (at == text.npos) return std::nullopt;
  const std::string_view tail = text.substr(at + 1);
  text = text.substr(0, at);
  return tail;
}

parts split(std::string_view text) noexcept {
  parts out;
  out.fragment = take_tail(text, '#');
  out.query = take_tail(text, '?');
  // A colon behind a slash belongs to a path.
  const std::size_t colon = text.find_first_of(":/");
  if (colon != text.npos && text[colon] == ':') {
    out.scheme = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    const std::size_t end = text.find('/', 2);
    out.authority = text.substr(2, end == text.npos ? end : end - 2);
    text = end == text.npos ? std::string_view() : text.substr(end);
  }
  out.path = text;
  return out;
}

// RFC 3986 section 5.2.3.
std::string merged(const parts& base, std::string_view path) {
  if (base.path.empty()) return std::string("/").append(path);
  const std::size_t slash = base.path.rfind('/');
  return std::string(base.path.substr(0, slash + 1)).append(path);
}

// RFC 3986 sections 5.2.2 and 5.3.
std::string joined(const parts& base, const parts& reference) {
  const bool absolute = reference.scheme || reference.authority;
  std::string path;
  auto query = reference.query;
  if (absolute || reference.path.starts_with('/')) {
    path = without_dot_segments(reference.path);
  } else if (reference.path.empty()) {
    path = base.path;
    if (!query) query = base.query;
  } else {
    path = without_dot_segments(merged(base, reference.path));
  }
  std::string out(reference.scheme.value_or(*base.scheme));
  out.append("://").append(absolute ? reference.authority.value_or("") : *base.authority);
  out += path.empty() ? "/" : path;
  if (query) out.append("?").append(*query);
  const auto fragment = reference.fragment ? reference.fragment : base.fragment;
  if (fragment) out.append("#").append(*fragment);
  return out;
}

std::uint16_t port_of(const uri& u) noexcept {
  return u.port().value_or(u.scheme() == "https" ? 443 : 80);
}

bool is_http(const uri& u) noexcept {
  return (u.scheme() == "http" || u.scheme() == "https") && !u.host().empty();
}

}  // namespace

std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t slash = path.find('/', 1);
    const std::string_view part = path.substr(0, slash);  // with the slash in front
    const std::string_view segment = part.substr(part.front() == '/' ? 1 : 0);
    const bool last = slash == path.npos;
    path = last ? std::string_view() : path.substr(slash);
    if (segment != "." && segment != "..") {
      out += part;
      continue;
    }
    if (segment == "..") {
      const std::size_t before = out.rfind('/');
      out.resize(before == out.npos ? 0 : before);
    }
    if (last) out += '/';
  }
  return out;
}

result<std::string> resolve_reference(std::string_view base, std::string_view reference) {
  const auto from = uri::parse(base);
  if (!from || !is_http(*from)) return fail(rest_errc::bad_uri_reference, "the base is none");
  const parts base_parts = split(base);
  if (!base_parts.authority) return fail(rest_errc::bad_uri_reference, "the base is none");
  const parts wanted = split(reference);
  // "http:path" is a relative reference to old parsers and none to new ones.
  if (wanted.scheme && !wanted.authority) {
    return fail(rest_errc::bad_uri_reference, "another scheme than http and https");
  }
  std::string target = joined(base_parts, wanted);
  const auto to = uri::parse(target);
  if (!to) return fail(rest_errc::bad_uri_reference, std::string(to.error().message()));
  if (!is_http(*to)) {
    return fail(rest_errc::bad_uri_reference, "another scheme than http and https, or no host");
  }
  if (wanted.authority && to->has_user()) {
    return fail(rest_errc::bad_uri_reference, "it brings a user name");
  }
  return target;
}

bool is_same_origin(std::string_view a, std::string_view b) {
  const auto first = uri::parse(a);
  const auto second = uri::parse(b);
  return first && second && is_http(*first) && is_http(*second) &&
         first->scheme() == second->scheme() && first->host() == second->host() &&
         port_of(*first) == port_of(*second);
}

}  // namespace parley::http
