#include <charconv>
#include <parley/codecs/http/rest/detail/route_pattern.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/http/rest/router.hpp>

namespace parley::http {
namespace {

using detail::segment_kind;

constexpr std::uint8_t no_bit = 0;  // of method::other itself: nothing has it

constexpr method_set set_of(method verb) noexcept {
  return method_set{1} << static_cast<unsigned>(verb);
}

// A path in its decoded segments, without memory of its own.
struct split_path {
  enum class state : std::uint8_t { good, empty_segment, bad };

  std::string_view text;  // decoded, slashes between the segments
  // Where each begins and ends in `text`. Not set beyond `count`: that would cost more than a
  // lookup does.
  std::array<std::uint32_t, max_path_segments> begin;
  std::array<std::uint32_t, max_path_segments> end;
  std::size_t count;
  std::uint64_t hides_slash;  // by segment: an encoded slash, or a backslash
  bool slash;                 // at the end

  std::string_view operator[](std::size_t i) const noexcept {
    return text.substr(begin[i], end[i] - begin[i]);
  }
  state split(std::string_view path, std::string& decoded);

 private:
  state add(std::size_t from, std::size_t to) noexcept;
  state split_decoding(std::string_view path, std::string& decoded);
};

split_path::state split_path::add(std::size_t from, std::size_t to) noexcept {
  if (from == to) return state::empty_segment;
  if (count == max_path_segments) return state::bad;
  begin[count] = static_cast<std::uint32_t>(from);
  end[count] = static_cast<std::uint32_t>(to);
  const std::string_view segment = (*this)[count];
  if (segment == "." || segment == "..") return state::bad;
  if (segment.find('\\') != segment.npos) {
    hides_slash |= std::uint64_t{1} << count;
    if (detail::is_dotted(segment)) return state::bad;
  }
  ++count;
  return state::good;
}

split_path::state split_path::split(std::string_view path, std::string& decoded) {
  count = 0;
  hides_slash = 0;
  slash = path.size() > 1 && path.back() == '/';
  if (path.size() >= 0xffffffff || path.find('\0') != path.npos) return state::bad;
  if (path.find('%') != path.npos) return split_decoding(path, decoded);
  text = path;
  const std::size_t size = path.size() - (slash ? 1 : 0);
  if (path == "/") return state::good;
  auto worst = state::good;
  for (std::size_t at = 1;;) {
    std::size_t to = path.find('/', at);
    if (to > size) to = size;
    const state s = add(at, to);
    if (s == state::bad) return s;
    if (s != state::good) worst = s;
    if (to == size) break;
    at = to + 1;
  }
  return worst;
}

// The text goes to `decoded`, segment by segment; a slash in one is no separator any more.
split_path::state split_path::split_decoding(std::string_view path, std::string& decoded) {
  decoded.clear();
  decoded.reserve(path.size());
  std::string_view rest = path.substr(1, path.size() - (slash ? 2 : 1));
  auto worst = state::good;
  for (;;) {
    const std::size_t next = rest.find('/');
    decoded += '/';
    const std::size_t from = decoded.size();
    if (!append_percent_decoded(decoded, rest.substr(0, next))) return state::bad;
    text = decoded;
    const std::string_view segment = text.substr(from);
    const bool slashed = segment.find('/') != segment.npos;
    if (segment.find('\0') != segment.npos) return state::bad;
    if (slashed && detail::is_dotted(segment)) return state::bad;
    if (slashed && count < max_path_segments) hides_slash |= std::uint64_t{1} << count;
    const state s = add(from, text.size());
    if (s == state::bad) return s;
    if (s != state::good) worst = s;
    if (next == rest.npos) break;
    rest.remove_prefix(next + 1);
  }
  if (slash) {
    decoded += '/';
    text = decoded;
  }
  return worst;
}

template <class T>
std::optional<T> number(std::optional<std::string_view> text) noexcept {
  T value{};
  if (!text) return std::nullopt;
  const char* end = text->data() + text->size();
  const auto r = std::from_chars(text->data(), end, value);
  if (r.ec != std::errc() || r.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

struct router::walk {
  const split_path& path;
  std::uint8_t wanted;    // the method's bit, or no_bit
  std::uint8_t fallback;  // GET's for HEAD, else no_bit
  std::size_t values = 0;
  method_set allowed = 0;
  route_id route = none;
  bool by_fallback = false;
  std::array<std::string_view, max_path_parameters> value;

  bool is_over() const noexcept { return route != none; }
};

// The trie is a tree: each node is entered from its parent alone, so at most once per lookup.
// Calls itself no deeper than a pattern has segments.
void router::visit(walk& w, std::uint32_t at, std::size_t depth) const noexcept {
  if (depth == w.path.count) return visit_end(w, at, false);
  const std::string_view segment = w.path[depth];
  if (const std::uint32_t child = child_of(at, segment); child != none) {
    visit(w, child, depth + 1);
    if (w.is_over()) return;
  }
  constexpr auto first = static_cast<std::size_t>(segment_kind::uuid);
  constexpr auto last = static_cast<std::size_t>(segment_kind::rest);
  const auto& by_kind = nodes_[at].by_kind;
  for (std::size_t k = first; k < last && !w.is_over(); ++k) {
    if (by_kind[k] == none || !detail::fits(static_cast<segment_kind>(k), segment)) continue;
    visit_as(w, by_kind[k], depth + 1, segment, false);
  }
  if (w.is_over() || by_kind[last] == none || w.path.hides_slash >> depth != 0) return;
  visit_as(w, by_kind[last], depth, w.path.text.substr(w.path.begin[depth]), true);
}

void router::visit_as(walk& w, std::uint32_t at, std::size_t depth, std::string_view value,
                      bool is_rest) const noexcept {
  w.value[w.values++] = value;
  if (is_rest) {
    visit_end(w, at, true);
  } else {
    visit(w, at, depth);
  }
  if (!w.is_over()) --w.values;
}

void router::visit_end(walk& w, std::uint32_t at, bool is_rest) const noexcept {
  bool exact = false;
  for (const endpoint& e : nodes_[at].ends) {
    const bool same_slash = is_rest || e.slash == w.path.slash;
    if (!same_slash && slashes_ == trailing_slash::distinct) continue;
    w.allowed |= method_set{1} << e.method;
    if (e.method != w.wanted && e.method != w.fallback) continue;
    // The method itself before the one that stands in for it, then the slash as it was asked for.
    const bool stands_in = e.method != w.wanted;
    const bool better = !w.is_over() || (w.by_fallback && !stands_in) ||
                        (w.by_fallback == stands_in && same_slash && !exact);
    if (!better) continue;
    w.route = e.route;
    w.by_fallback = stands_in;
    exact = same_slash;
  }
}

route_match router::report(const walk& w, path_parameters& out) const noexcept {
  const route& r = routes_[w.route];
  for (std::size_t i = 0; i < w.values; ++i) out.items_[i] = {r.names[i], w.value[i]};
  out.size_ = w.values;
  return {route_outcome::found, w.by_fallback, w.route, 0};
}

route_match router::lookup(method verb, std::string_view name, std::string_view path,
                           path_parameters& out) const {
  out.size_ = 0;
  route_match none_found;
  method_set allowed = 0;
  if (path == "*" && verb == method::options) {
    for (std::size_t i = 0; i < per_method_.size(); ++i) {
      if (per_method_[i] != 0) allowed |= method_set{1} << i;
    }
  } else if (path.starts_with('/')) {
    split_path split;
    const auto state = split.split(path, out.decoded_);
    if (state == split_path::state::bad) none_found.how = route_outcome::bad_path;
    if (state != split_path::state::good) return none_found;
    walk w{.path = split,
           .wanted = bit_of(verb, name).value_or(no_bit),
           .fallback = verb == method::head ? static_cast<std::uint8_t>(method::get) : no_bit,
           .value = {}};
    visit(w, 0, 0);
    if (w.is_over()) return report(w, out);
    allowed = w.allowed;
  }
  if (allowed == 0 && path != "*") return none_found;
  if (path == "*" && verb != method::options) return none_found;
  if ((allowed & set_of(method::get)) != 0) allowed |= set_of(method::head);
  allowed |= set_of(method::options);
  const auto how =
      verb == method::options ? route_outcome::options : route_outcome::method_not_allowed;
  return {how, false, 0, allowed};
}

std::optional<std::string_view> path_parameters::find(std::string_view name) const noexcept {
  for (const path_parameter& p : *this) {
    if (p.name == name) return p.value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> path_parameters::as_uint(std::string_view name) const noexcept {
  return number<std::uint64_t>(find(name));
}

std::optional<std::int64_t> path_parameters::as_int(std::string_view name) const noexcept {
  return number<std::int64_t>(find(name));
}

std::optional<double> path_parameters::as_double(std::string_view name) const noexcept {
  return number<double>(find(name));
}

namespace {

std::unexpected<error> unfit(std::string_view pattern, std::string_view name,
                             std::string_view what) {
  return fail(rest_errc::bad_pattern,
              std::string(pattern).append(": {").append(name).append("}: ").append(what));
}

// A rest keeps its slashes, and each of its segments must be one.
bool append_rest(std::string& out, std::string_view value) {
  for (;;) {
    const std::size_t end = value.find('/');
    const std::string_view segment = value.substr(0, end);
    const bool last = end == value.npos;
    if ((segment.empty() && !last) || detail::is_dotted(segment)) return false;
    append_percent_encoded(out, segment);
    if (last) return true;
    out += '/';
    value.remove_prefix(end + 1);
  }
}

}  // namespace

result<std::string> fill_path(std::string_view pattern, std::span<const path_parameter> values) {
  const auto parts = detail::parse_route_pattern(pattern);
  if (!parts) return std::unexpected(parts.error());
  std::string path;
  for (const auto& s : parts->segments) {
    path += '/';
    if (s.kind == segment_kind::literal) {
      append_percent_encoded(path, s.text);
      continue;
    }
    const path_parameter* given = nullptr;
    for (const path_parameter& v : values) {
      if (v.name == s.text) given = &v;
    }
    if (given == nullptr) return unfit(pattern, s.text, "has no value");
    if (given->value.empty()) return unfit(pattern, s.text, "is empty");
    if (!detail::fits(s.kind, given->value)) return unfit(pattern, s.text, "is of another type");
    if (s.kind == segment_kind::rest) {
      if (!append_rest(path, given->value)) return unfit(pattern, s.text, "has a dot segment");
    } else if (detail::is_dotted(given->value)) {
      return unfit(pattern, s.text, "is a dot segment");
    } else {
      append_percent_encoded(path, given->value);
    }
  }
  if (parts->slash || path.empty()) path += '/';
  return path;
}

}  // namespace parley::http
