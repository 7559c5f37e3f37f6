// Routes: a method and a pattern for paths, found again in a time that does not depend on how many
// there are.
//
//   http::router routes;
//   auto one = routes.add("GET", "/users/{id:uint}");
//   auto all = routes.add("GET", "/static/{path...}");
//   http::path_parameters parameters;
//   const auto m = routes.lookup(http::method::get, "GET", head.path(), parameters);
//   if (m.how == http::route_outcome::found) handlers[m.route](parameters.as_uint("id"));
//   if (m.how == http::route_outcome::method_not_allowed) ... routes.allow(m.allowed) ...
//
// Patterns. A segment is a literal or one parameter, never both:
//   {name}         any text that is not empty
//   {name:uuid}    8-4-4-4-12 hexadecimal digits
//   {name:uint}    digits that fit std::uint64_t
//   {name:int}     the same with an optional '-', fits std::int64_t
//   {name:double}  a finite decimal number
//   {name...}      the last one only: all that is left, slashes included; not empty
// At each segment a literal is preferred to a typed parameter (in the order above), that to an
// untyped one, and that to the rest. Where a choice leads nowhere, or to a path that lacks the
// method, the next one is tried; no node of the trie is visited twice.
//
// Paths. Segments are compared after percent-decoding, with regard to case; an encoded slash (%2F)
// stays inside its segment and separates nothing. Refused as `bad_path`, because the next reader (a
// file system, a proxy) would see another path: a segment "." or "..", also encoded; one that
// hides a ".." behind an encoded slash or backslash; %00; a '%' without two hexadecimal digits;
// more than max_path_segments. An empty segment ("//") matches nothing. The rest does not match
// where a segment of it has an encoded slash or a backslash: it is made to become a file's path.
//
// Trailing slash: by default "/users/" and "/users" mean the same, and if both were added each gets
// its own. With trailing_slash::distinct only what was added is found.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/method.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::http {

namespace detail {
enum class segment_kind : std::uint8_t;
struct route_segment;
struct route_pattern;
}  // namespace detail

// Of one pattern: more is a sign of a body in the path.
inline constexpr std::size_t max_path_parameters = 16;
// Of one path. 8 KiB of slashes are no path of anybody.
inline constexpr std::size_t max_path_segments = 64;

// What one parameter of a pattern stood for.
struct path_parameter {
  std::string_view name;
  std::string_view value;  // percent-decoded
};

// What the parameters of a pattern stood for. Reuse one per connection or server: it allocates only
// for a path with percent-escapes that is longer than any before.
//
// Names view the router, until its next add() or remove(). Values view the path that was looked up,
// or this object if the path had escapes: until the next lookup.
class path_parameters {
 public:
  path_parameters() = default;
  path_parameters(const path_parameters&) = delete;
  path_parameters& operator=(const path_parameters&) = delete;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  // In the order of the pattern; `i` is below size().
  const path_parameter& operator[](std::size_t i) const noexcept { return items_[i]; }
  const path_parameter* begin() const noexcept { return items_.data(); }
  const path_parameter* end() const noexcept { return items_.data() + size_; }

  std::optional<std::string_view> find(std::string_view name) const noexcept;
  // The parameter as a number; nothing if there is none of that name or it is no such number.
  std::optional<std::uint64_t> as_uint(std::string_view name) const noexcept;
  std::optional<std::int64_t> as_int(std::string_view name) const noexcept;
  std::optional<double> as_double(std::string_view name) const noexcept;

 private:
  friend class router;
  std::array<path_parameter, max_path_parameters> items_{};
  std::size_t size_ = 0;
  std::string decoded_;
};

// Dense: the numbers of removed routes are given again. An index for the caller's own handlers.
using route_id = std::uint32_t;

enum class route_outcome : std::uint8_t {
  found,               // route_match::route
  options,             // OPTIONS that no route answers: 204 with Allow
  not_found,           // 404
  method_not_allowed,  // 405 with Allow
  bad_path,            // 400
};

// A set of methods; router::allow() spells it.
using method_set = std::uint32_t;

// What a look-up has found.
struct route_match {
  route_outcome how = route_outcome::not_found;
  bool head_by_get = false;  // HEAD, answered by the route of GET: its body is not sent
  route_id route = 0;        // with `found`
  method_set allowed = 0;    // with `options` and `method_not_allowed`
};

enum class trailing_slash : std::uint8_t { same, distinct };

// What a router bounds.
struct router_limits {
  // Routes at a time: more are generated by mistake.
  std::size_t max_routes = 65536;
  // Of a pattern, in bytes: no longer path arrives (limits::start_line).
  std::size_t max_pattern = 8192;
};

class router {
 public:
  explicit router(trailing_slash slashes = trailing_slash::same, const router_limits& limits = {});

  // Adds a route, at any time. `method` is a token; names are case-sensitive. Refused, and nothing
  // is changed: rest_errc::bad_pattern; route_conflict if the same method is there for a pattern
  // that differs only in the names of its parameters; too_many_routes (also from the 17th method
  // that RFC 9110 and RFC 5789 do not know).
  result<route_id> add(std::string_view method, std::string_view pattern);

  // Forgets a route. False if there is none. Ends the views of all path_parameters.
  bool remove(route_id route);
  bool remove(std::string_view method, std::string_view pattern);

  // Finds the route for a request. `path` is percent-encoded, as in the request's target and
  // without its query (request_head::path()); "*" with OPTIONS asks about the whole server. HEAD is
  // answered by GET's route where it has none of its own, OPTIONS from the table.
  // `name` counts if `verb` is method::other.
  route_match lookup(method verb, std::string_view name, std::string_view path,
                     path_parameters& out) const;
  route_match lookup(std::string_view method, std::string_view path, path_parameters& out) const {
    return lookup(parse_method(method), method, path, out);
  }

  // "GET, HEAD, OPTIONS": the value of Allow (RFC 9110 section 10.2.1).
  std::string allow(method_set methods) const;

  std::size_t size() const noexcept { return used_; }
  // As they were added; empty if there is no such route. Until the next add() or remove().
  std::string_view method_of(route_id route) const noexcept;
  std::string_view pattern_of(route_id route) const noexcept;

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  static constexpr std::size_t kinds = 7;  // detail::segment_kind

  struct endpoint {
    std::uint8_t method = 0;  // a bit of method_set
    bool slash = false;       // the pattern ends with a slash
    route_id route = 0;
  };
  struct node {
    std::uint32_t parent = none;
    std::uint32_t children = 0;  // of every kind
    detail::segment_kind kind{};
    std::array<std::uint32_t, kinds> by_kind;  // of parameters; literals are in slots_
    std::string literal;
    std::vector<endpoint> ends;
  };
  struct route {
    std::string method;
    std::string pattern;
    std::vector<std::string> names;
    std::uint32_t at = none;  // its node; `none`: not used
  };
  struct slot {
    std::uint64_t hash = 0;
    std::uint32_t child = none;
  };
  struct walk;

  std::optional<std::uint8_t> bit_of(method verb, std::string_view name) const noexcept;
  std::optional<std::uint8_t> bit_for(std::string_view name);
  result<> check_free(const detail::route_pattern& parts, std::string_view method,
                      std::string_view pattern) const;
  std::uint32_t find_node(const detail::route_pattern& parts) const noexcept;
  std::uint32_t make_node(const detail::route_pattern& parts);
  route_id make_route(std::string_view method, std::string_view pattern,
                      const detail::route_pattern& parts, std::uint32_t at);
  std::size_t slot_of(std::uint32_t parent, std::string_view literal) const noexcept;
  std::uint32_t child_of(std::uint32_t parent, std::string_view literal) const noexcept;
  std::uint32_t add_child(std::uint32_t parent, const detail::route_segment& segment);
  void insert_literal(std::uint64_t hash, std::uint32_t child) noexcept;
  void erase_literal(std::size_t at) noexcept;
  void grow_literals();
  void prune(std::uint32_t at) noexcept;
  void visit(walk& w, std::uint32_t at, std::size_t depth) const noexcept;
  void visit_as(walk& w, std::uint32_t at, std::size_t depth, std::string_view value,
                bool is_rest) const noexcept;
  void visit_end(walk& w, std::uint32_t at, bool is_rest) const noexcept;
  route_match report(const walk& w, path_parameters& out) const noexcept;

  router_limits limits_;
  trailing_slash slashes_;
  std::vector<node> nodes_;
  std::vector<std::uint32_t> free_nodes_;
  std::vector<route> routes_;
  std::vector<route_id> free_routes_;
  std::vector<slot> slots_;  // literals by parent and text; a power of two, half empty
  std::size_t literals_ = 0;
  std::vector<std::string> other_methods_;
  std::array<std::uint32_t, 32> per_method_{};  // routes
  std::size_t used_ = 0;
};

// A path for a client: the pattern with each parameter replaced by its value, percent-encoded; a
// rest keeps its slashes. Errors (rest_errc::bad_pattern): a parameter without a value, a value
// that is empty, of another type, or a dot segment, which the server would not see as a segment.
result<std::string> fill_path(std::string_view pattern, std::span<const path_parameter> values);

}  // namespace parley::http
