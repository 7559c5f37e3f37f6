#include <algorithm>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/detail/target.hpp>
#include <parley/codecs/http/rest/cors.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>

namespace parley::http {
namespace {

constexpr std::string_view any = "*";
constexpr std::string_view request_method = "Access-Control-Request-Method";
constexpr std::string_view request_headers = "Access-Control-Request-Headers";
constexpr std::string_view preflight_vary =
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

bool has(const std::vector<std::string>& list, std::string_view text) noexcept {
  return std::ranges::find(list, text) != list.end();
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& each : list) {
    if (!text.empty()) text += ", ";
    text += each;
  }
  return text;
}

// Whether a browser sends it like this: scheme://host or scheme://host:port (RFC 6454 section 6.2).
bool is_origin(std::string_view text) noexcept {
  const std::size_t colon = text.find("://");
  if (colon == text.npos || colon == 0) return false;
  const auto in_scheme = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  if (!std::ranges::all_of(text.substr(0, colon), in_scheme)) return false;
  const std::string_view host = text.substr(colon + 3);
  const bool has_upper = std::ranges::any_of(host, [](char c) { return c >= 'A' && c <= 'Z'; });
  return !host.empty() && host.front() != ':' && !host.ends_with(':') && !has_upper &&
         detail::is_host(host);
}

// "https://*.example.com": what precedes and what follows the star.
struct wildcard {
  std::string_view scheme;
  std::string_view domain;  // with its dot
};
std::optional<wildcard> parse_wildcard(std::string_view text) noexcept {
  const std::size_t star = text.find('*');
  if (star == text.npos || !text.substr(0, star).ends_with("://")) return std::nullopt;
  return wildcard{text.substr(0, star), text.substr(star + 1)};
}

bool is_origin_pattern(std::string_view text) {
  if (text == any || text == "null") return true;
  const auto w = parse_wildcard(text);
  if (!w) return is_origin(text) && !text.contains('*');
  return w->domain.size() > 1 && w->domain[0] == '.' && w->domain[1] != '.' &&
         !w->domain.contains('*') && is_origin(std::string(w->scheme).append(w->domain.substr(1)));
}

bool matches(std::string_view pattern, std::string_view origin) noexcept {
  if (pattern == origin) return true;
  const auto w = parse_wildcard(pattern);
  if (!w || !origin.starts_with(w->scheme) || !origin.ends_with(w->domain)) return false;
  if (origin.size() <= w->scheme.size() + w->domain.size()) return false;
  // Labels and nothing else: no port, user or path that would make it another host.
  const std::string_view labels =
      origin.substr(w->scheme.size(), origin.size() - w->scheme.size() - w->domain.size());
  return labels.front() != '.' && labels.back() != '.' && std::ranges::all_of(labels, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

// Collects what is wrong.
class faults {
 public:
  void add(bool wrong, std::string_view what, std::string_view which = {}) {
    if (!wrong) return;
    if (!text_.empty()) text_ += "; ";
    text_.append(what);
    if (!which.empty()) text_.append(": ").append(which);
  }
  void check_tokens(const std::vector<std::string>& list, std::string_view what) {
    for (const std::string& each : list) add(!detail::is_token(each), what, each);
    add(has(list, any) && list.size() > 1, "* beside others makes them useless", what);
  }
  result<void> done() && {
    if (text_.empty()) return {};
    return fail(rest_errc::bad_cors_settings, std::move(text_));
  }

 private:
  std::string text_;
};

// The three that pages may use anyway (Fetch section 2.2.1).
bool is_simple(std::string_view name) noexcept {
  return name == "GET" || name == "HEAD" || name == "POST";
}

}  // namespace

result<void> cors_settings::validate() const {
  faults f;
  for (const std::string& o : origins) {
    f.add(!is_origin_pattern(o), "no origin as browsers send it (scheme://host:port)", o);
  }
  f.add(has(origins, any) && origins.size() > 1, "the origin * beside others makes them useless");
  f.check_tokens(methods, "methods");
  f.add(has(methods, any), "methods may be left empty, but * is none");
  f.check_tokens(headers, "headers");
  f.check_tokens(exposed, "exposed");
  f.add(max_age.count() < 0, "max_age is negative");
  if (credentials) {
    constexpr std::string_view why = "with credentials every one must be named, not *";
    f.add(has(origins, any), why, "origins");
    f.add(has(headers, any), why, "headers");
    f.add(has(exposed, any), why, "exposed");
    // Any page can give itself this origin, by a sandboxed frame.
    f.add(has(origins, "null"), "the origin null is everybody's: never with credentials");
  }
  return std::move(f).done();
}

cors_policy::cors_policy() : cors_policy(cors_settings()) {}

cors_policy::cors_policy(cors_settings settings)
    : settings_(std::move(settings)),
      any_origin_(has(settings_.origins, any)),
      any_header_(has(settings_.headers, any)),
      methods_(joined(settings_.methods)),
      headers_(joined(settings_.headers)),
      exposed_(joined(settings_.exposed)),
      max_age_(std::to_string(settings_.max_age.count())) {}

result<cors_policy> cors_policy::make(cors_settings settings) {
  if (auto ok = settings.validate(); !ok) return std::unexpected(ok.error());
  return cors_policy(std::move(settings));
}

bool cors_policy::is_preflight(method verb, fields_view request) noexcept {
  return verb == method::options && request.single(field::origin) &&
         request.count(request_method) == 1;
}

bool cors_policy::allows_origin(std::string_view origin) const noexcept {
  if (origin.empty()) return false;
  if (any_origin_) return true;
  return std::ranges::any_of(settings_.origins,
                             [&](const std::string& each) { return matches(each, origin); });
}

bool cors_policy::allows_method(std::string_view name,
                                std::string_view route_methods) const noexcept {
  if (is_simple(name)) return true;
  if (!settings_.methods.empty()) return has(settings_.methods, name);
  for (std::string_view rest = route_methods; const auto item = next_element(rest);) {
    if (*item == name) return true;
  }
  return false;
}

bool cors_policy::allows_headers(std::string_view names) const noexcept {
  for (std::string_view rest = names; const auto name = next_element(rest);) {
    // What is sent back must be nothing but names.
    if (!detail::is_token(*name)) return false;
    if (any_header_) continue;
    if (!std::ranges::any_of(settings_.headers, [&](const std::string& each) {
          return equals_ignoring_case(each, *name);
        })) {
      return false;
    }
  }
  return true;
}

cors_answer cors_policy::judge(method verb, fields_view request,
                               std::string_view route_methods) const noexcept {
  cors_answer out;
  if (!settings_.enabled) return out;
  const std::string_view origin = request.single(field::origin).value_or("");
  out.allowed = allows_origin(origin);
  if (is_preflight(verb, request)) {
    answer_preflight(request, origin, route_methods, out);
    return out;
  }
  // With "*" the answer is the same for everybody, and caches may share it.
  if (!any_origin_) out.add("Vary", "Origin");
  if (any_origin_) {
    out.add("Access-Control-Allow-Origin", any);
  } else if (out.allowed) {
    out.add("Access-Control-Allow-Origin", origin);
    if (settings_.credentials) out.add("Access-Control-Allow-Credentials", "true");
  }
  if (!exposed_.empty() && (any_origin_ || out.allowed)) {
    out.add("Access-Control-Expose-Headers", exposed_);
  }
  return out;
}

void cors_policy::answer_preflight(fields_view request, std::string_view origin,
                                   std::string_view route_methods,
                                   cors_answer& out) const noexcept {
  const std::string_view method_name = *request.find(request_method);
  // Several lines are not what a browser sends; none of them is understood then.
  const std::size_t lines = request.count(request_headers);
  const std::string_view names = lines == 1 ? *request.find(request_headers) : std::string_view();
  out.preflight = true;
  out.allowed = out.allowed && lines < 2 && allows_method(method_name, route_methods) &&
                allows_headers(names);
  out.status = out.allowed ? 204 : 403;
  out.add("Vary", preflight_vary);
  if (!out.allowed) return;
  out.add("Access-Control-Allow-Origin", any_origin_ ? any : origin);
  if (settings_.credentials) out.add("Access-Control-Allow-Credentials", "true");
  const std::string_view allowed = methods_.empty() ? route_methods : std::string_view(methods_);
  if (!allowed.empty()) out.add("Access-Control-Allow-Methods", allowed);
  // Spelled out: browsers do not take "*" for Authorization.
  if (const std::string_view list = any_header_ ? names : std::string_view(headers_);
      !list.empty()) {
    out.add("Access-Control-Allow-Headers", list);
  }
  out.add("Access-Control-Max-Age", max_age_);
}

}  // namespace parley::http
