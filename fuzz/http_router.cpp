// Routes: what is added, removed and looked up must come out as from a list that is searched from
// front to back.
//
// Input: lines. "+METHOD pattern" adds, "-METHOD pattern" removes, "METHOD path" looks up; the
// first byte chooses what trailing slashes mean.
#include <algorithm>
#include <parley/codecs/http/rest/detail/route_pattern.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/codecs/http/rest/router.hpp>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;
using http::route_outcome;
using http::detail::segment_kind;

struct listed {
  std::string method;
  std::string pattern;
  http::detail::route_pattern parts;
  http::route_id id = 0;
};

struct split_path {
  std::vector<std::string> segments;
  std::vector<bool> hides_slash;
  bool slash = false;
  bool bad = false;
};

bool is_dotted(std::string_view s) {
  if (s == "." || s == "..") return true;
  std::string with = std::string("/").append(s).append("/");
  std::ranges::replace(with, '\\', '/');
  return with.contains("/../");
}

split_path split(std::string_view path) {
  split_path out;
  out.slash = path.size() > 1 && path.ends_with('/');
  std::string_view rest = path.substr(1, path.size() - (out.slash ? 2 : 1));
  if (path == "/") return out;
  for (;;) {
    const std::size_t end = rest.find('/');
    std::string s;
    if (!http::append_percent_decoded(s, rest.substr(0, end)) || s.contains('\0') || is_dotted(s)) {
      out.bad = true;
    }
    out.hides_slash.push_back(s.find_first_of("/\\") != s.npos);
    out.segments.push_back(std::move(s));
    if (end == rest.npos) break;
    rest.remove_prefix(end + 1);
  }
  const auto empty = std::ranges::count(out.segments, std::string());
  if (out.segments.size() - static_cast<std::size_t>(empty) > http::max_path_segments) {
    out.bad = true;
  }
  return out;
}

// How good the pattern is for the path, segment by segment; nothing if it does not match.
std::optional<std::vector<int>> rank(const listed& r, const split_path& path,
                                     http::trailing_slash slashes) {
  std::vector<int> ranks;
  const auto& parts = r.parts.segments;
  const bool has_rest = !parts.empty() && parts.back().kind == segment_kind::rest;
  for (const std::string& s : path.segments) {
    if (s.empty()) return std::nullopt;
  }
  if (has_rest ? path.segments.size() < parts.size() : path.segments.size() != parts.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& p = parts[i];
    if (p.kind == segment_kind::literal) {
      if (p.text != path.segments[i]) return std::nullopt;
    } else if (p.kind == segment_kind::rest) {
      for (std::size_t k = i; k < path.segments.size(); ++k) {
        if (path.hides_slash[k]) return std::nullopt;
      }
    } else if (!http::detail::fits(p.kind, path.segments[i])) {
      return std::nullopt;
    }
    ranks.push_back(static_cast<int>(p.kind));
  }
  const bool same = has_rest || r.parts.slash == path.slash;
  if (!same && slashes == http::trailing_slash::distinct) return std::nullopt;
  ranks.push_back(same ? 0 : 1);
  return ranks;
}

class world {
 public:
  explicit world(http::trailing_slash slashes) : slashes_(slashes), router_(slashes) {}

  void add(std::string_view method, std::string_view pattern) {
    const auto id = router_.add(method, pattern);
    if (!id) return;
    auto parts = http::detail::parse_route_pattern(pattern);
    fuzz::must(parts.has_value());
    for (const listed& r : routes_) fuzz::must(r.id != *id);
    routes_.push_back({std::string(method), std::string(pattern), std::move(*parts), *id});
    fuzz::must(router_.pattern_of(*id) == pattern && router_.method_of(*id) == method);
  }

  void remove(std::string_view method, std::string_view pattern) {
    const auto at = std::ranges::find_if(
        routes_, [&](const listed& r) { return r.method == method && r.pattern == pattern; });
    if (at == routes_.end()) return;
    fuzz::must(router_.remove(method, pattern));
    fuzz::must(router_.method_of(at->id).empty());
    routes_.erase(at);
  }

  void look_up(std::string_view method, std::string_view path) {
    const auto m = router_.lookup(method, path, parameters_);
    fuzz::must(router_.size() == routes_.size());
    if (!path.starts_with('/')) {
      fuzz::must(m.how == route_outcome::not_found || path == "*");
      return;
    }
    const split_path where = split(path);
    const bool has_empty = std::ranges::count(where.segments, std::string()) != 0;
    if (where.bad) {
      // An empty segment may be seen first.
      fuzz::must(m.how == route_outcome::bad_path ||
                 (has_empty && m.how == route_outcome::not_found));
      return;
    }
    const listed* best = nullptr;
    std::vector<int> best_rank;
    bool any = false;
    for (const listed& r : routes_) {
      auto ranks = rank(r, where, slashes_);
      if (!ranks) continue;
      any = true;
      const bool stands_in = method == "HEAD" && r.method == "GET";
      if (r.method != method && !stands_in) continue;
      // The method itself comes before its stand-in, at the same node, and then the slash.
      ranks->insert(ranks->end() - 1, stands_in ? 1 : 0);
      if (best != nullptr && !(*ranks < best_rank)) continue;
      best = &r;
      best_rank = *ranks;
    }
    if (best != nullptr) {
      fuzz::must(m.how == route_outcome::found && m.route == best->id);
      fuzz::must(m.head_by_get == (method == "HEAD" && best->method == "GET"));
      check_values(*best, where);
    } else if (method == "OPTIONS" && any) {
      fuzz::must(m.how == route_outcome::options);
    } else {
      fuzz::must(m.how == (any ? route_outcome::method_not_allowed : route_outcome::not_found));
    }
    fuzz::must((m.allowed != 0) == (best == nullptr && any));
  }

 private:
  void check_values(const listed& r, const split_path& where) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < r.parts.segments.size(); ++i) {
      const auto& p = r.parts.segments[i];
      if (p.kind == segment_kind::literal) continue;
      std::string value = where.segments[i];
      if (p.kind == segment_kind::rest) {
        for (std::size_t k = i + 1; k < where.segments.size(); ++k)
          value += "/" + where.segments[k];
        if (where.slash) value += "/";
      }
      fuzz::must(parameters_[n].name == p.text && parameters_[n].value == value);
      ++n;
    }
    fuzz::must(n == parameters_.size());
    const std::vector<http::path_parameter> values(parameters_.begin(), parameters_.end());
    // What was found can be asked for again.
    fuzz::must(http::fill_path(r.pattern, values).has_value());
  }

  http::trailing_slash slashes_;
  http::router router_;
  http::path_parameters parameters_;
  std::vector<listed> routes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in({reinterpret_cast<const char*>(data), size});
  const bool distinct = in.byte() % 2 != 0;
  world w(distinct ? http::trailing_slash::distinct : http::trailing_slash::same);
  for (std::string_view rest = in.bytes(size); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t space = line.find(' ');
    if (space == line.npos || space == 0) continue;
    const std::string_view method = line.substr(0, space);
    const std::string_view path = line.substr(space + 1);
    if (method.front() == '+') {
      w.add(method.substr(1), path);
    } else if (method.front() == '-') {
      w.remove(method.substr(1), path);
    } else {
      w.look_up(method, path);
    }
  }
  return 0;
}
