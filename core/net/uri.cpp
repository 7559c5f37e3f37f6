#include <parley/core/net/uri.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace parley {
namespace {

// Most URIs that fail do so because of a password that was pasted in as it is.
constexpr std::string_view encode_hint =
    "in user name and password, write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A and % as "
    "%25";

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
bool is_sub_delim(char c) { return std::string_view("!$&'()*+,;=").contains(c); }
// Everything that RFC 3986 lets stand in a URI, '%' apart.
bool is_uri_byte(char c) {
  return is_unreserved(c) || is_sub_delim(c) || std::string_view(":/?#[]@").contains(c);
}
// What Linux lets a network interface be called, in ASCII; whether there is one of
// that name only a resolver knows.
bool is_zone(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '/' && c != '%';
  });
}

// Not std::tolower: that asks the locale, and schemes and hosts are ASCII.
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char l = to_lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// Decodes what check_bytes() has found to be well formed.
std::string decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
    } else {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    }
  }
  return out;
}

// Encodes more than each part would need, so that one function serves all parts;
// with capital digits, which RFC 3986 section 2.1 recommends.
void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
}

// True for the names that people give to parameters holding a secret.
bool is_secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 7> words{"pass",       "secret",  "token", "auth",
                                                  "credential", "api_key", "apikey"};
  const std::string low = lower(name);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return low.contains(word); });
}

// Where the schemes of Unix-domain sockets are known; the protocol in front is any.
bool names_local(std::string_view scheme) { return scheme == "unix" || scheme.ends_with("+unix"); }

}  // namespace

// Reads a URI from the left; each step takes its part off `rest_`.
class uri_parser {
 public:
  explicit uri_parser(std::string_view text) : text_(text), rest_(text) {}

  result<uri> parse() {
    if (text_.size() > uri::max_size) return fail_at(uri::max_size, "the URI is too long");
    // First of all, so that every later step may decode without a check of its own.
    if (auto ok = check_bytes(); !ok) return std::unexpected(ok.error());
    if (auto ok = read_scheme(); !ok) return std::unexpected(ok.error());
    // From the end, as '#' and '?' end the authority too, and a user name may hold
    // neither.
    split_tail();
    if (auto ok = read_authority(); !ok) return std::unexpected(ok.error());
    // Both forms are kept: decoding "%2F" loses what told it from a slash.
    out_.raw_path_ = rest_;
    out_.path_ = decode(rest_);
    if (auto ok = check_shape(); !ok) return std::unexpected(ok.error());
    return std::move(out_);
  }

 private:
  // Says where and what, never the text.
  std::unexpected<error> fail_at(std::size_t offset, std::string_view what,
                                 std::string_view hint = {}) const {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, offset + 1).ptr;
    error made(errc::invalid_argument,
               std::string("URI, character ").append(digits, end).append(": ").append(what));
    if (!hint.empty()) made = std::move(made).with_hint(std::string(hint));
    return std::unexpected(std::move(made));
  }
  std::size_t offset_of(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - text_.data());
  }

  result<> check_bytes() const {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (is_uri_byte(text_[i])) continue;
      if (text_[i] != '%') return fail_at(i, "this character must be percent-encoded");
      const int high = i + 2 < text_.size() ? hex_digit(text_[i + 1]) : -1;
      const int low = i + 2 < text_.size() ? hex_digit(text_[i + 2]) : -1;
      if (high < 0 || low < 0) return fail_at(i, "two hexadecimal digits must follow %");
      // A decoded NUL would end a path or a name early in the system's own calls.
      if (high + low == 0) return fail_at(i, "%00 is not accepted");
    }
    return {};
  }

  result<> read_scheme() {
    const std::size_t colon = rest_.find(':');
    const std::string_view scheme = rest_.substr(0, colon);
    const bool good = colon != std::string_view::npos && !scheme.empty() && is_alpha(scheme[0]) &&
                      std::all_of(scheme.begin(), scheme.end(), [](char c) {
                        return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
                      });
    if (!good) return fail_at(0, "a scheme such as redis:// must come first");
    out_.scheme_ = lower(scheme);
    rest_.remove_prefix(colon + 1);
    return {};
  }

  // Takes fragment and query off the end.
  void split_tail() {
    if (const std::size_t hash = rest_.find('#'); hash != std::string_view::npos) {
      out_.fragment_ = decode(rest_.substr(hash + 1));
      rest_ = rest_.substr(0, hash);
    }
    const std::size_t mark = rest_.find('?');
    if (mark == std::string_view::npos) return;
    std::string_view query = rest_.substr(mark + 1);
    rest_ = rest_.substr(0, mark);
    // "?" without a parameter is a query as well, and target() must repeat it.
    out_.has_query_ = true;
    out_.raw_query_ = query;
    while (!query.empty()) {
      const std::string_view part = query.substr(0, query.find('&'));
      query.remove_prefix(std::min(part.size() + 1, query.size()));
      // "a=1&&b=2" and a final '&' are common, and mean nothing.
      if (part.empty()) continue;
      const std::size_t equals = part.find('=');
      const std::string_view content =
          equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
      out_.parameters_.push_back({decode(part.substr(0, equals)), decode(content)});
    }
  }

  result<> read_authority() {
    // "unix:/run/x.sock" has no authority; check_shape() refuses that for others.
    if (!rest_.starts_with("//")) return {};
    rest_.remove_prefix(2);
    out_.has_authority_ = true;
    std::string_view authority = rest_.substr(0, rest_.find('/'));
    rest_.remove_prefix(authority.size());
    if (const std::size_t at = authority.find('@'); at != std::string_view::npos) {
      // Readers disagree whether the first or the last one ends the password:
      // guessing could send a part of it to the resolver as a host name.
      if (authority.find('@', at + 1) != std::string_view::npos) {
        return fail_at(offset_of(authority) + at, "more than one @ before the host", encode_hint);
      }
      read_user(authority.substr(0, at));
      authority.remove_prefix(at + 1);
    }
    return authority.starts_with('[') ? read_literal(authority) : read_name(authority);
  }

  void read_user(std::string_view info) {
    const std::size_t colon = info.find(':');
    out_.has_user_ = true;
    out_.user_ = decode(info.substr(0, colon));
    // Only the first colon separates; the others belong to the password.
    if (colon == std::string_view::npos) return;
    out_.has_password_ = true;
    out_.password_ = secret(decode(info.substr(colon + 1)));
  }

  // "[::1]:6379", "[fe80::1%25eth0]" (RFC 6874).
  result<> read_literal(std::string_view authority) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return fail_at(offset_of(authority), "no ] after [");
    }
    // "%25" becomes the '%' before the zone. Only the address is put in lower case:
    // names of interfaces are told apart by it.
    const std::string literal = decode(authority.substr(1, close - 1));
    const std::size_t mark = std::min(literal.find('%'), literal.size());
    const std::string_view zone = std::string_view(literal).substr(mark);
    out_.host_ = lower(std::string_view(literal).substr(0, mark));
    if (!out_.host_.contains(':') || !address::parse_ip(out_.host_, 0)) {
      return fail_at(offset_of(authority), "no IPv6 address in the brackets");
    }
    if (!zone.empty() && !is_zone(zone.substr(1))) {
      return fail_at(offset_of(authority), "no name of an interface after the address");
    }
    out_.host_ += zone;
    return read_port(authority.substr(close + 1));
  }

  result<> read_name(std::string_view authority) {
    const std::string_view name = authority.substr(0, authority.find(':'));
    out_.host_ = lower(decode(name));
    // Checked after decoding: "%2F" or "%0A" in a host name would otherwise reach
    // logs, the resolver and HTTP's Host line.
    for (const char c : out_.host_) {
      if (!is_unreserved(c) && !is_sub_delim(c)) {
        return fail_at(offset_of(authority), "the host name has a character that none may have");
      }
    }
    // "redis://:6379" lacks its host, and "redis://:secret" its '@'.
    if (out_.host_.empty() && !authority.empty()) {
      return fail_at(offset_of(authority), "a port, but no host before it", encode_hint);
    }
    return read_port(authority.substr(name.size()));
  }

  // ":6379", ":" or nothing.
  result<> read_port(std::string_view text) {
    // RFC 3986 section 3.2.3 lets the port be empty behind its colon: it is the
    // default.
    if (text.empty() || text == ":") return {};
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data() + 1, end, port);
    if (text[0] != ':' || code != std::errc{} || stop != end) {
      return fail_at(offset_of(text), "the port must be a number from 0 to 65535", encode_hint);
    }
    out_.port_ = port;
    return {};
  }

  // What the scheme asks of the parts.
  result<> check_shape() const {
    if (!out_.is_local()) {
      if (out_.has_authority_) return {};
      return fail_at(out_.scheme_.size() + 1, "// must follow the scheme");
    }
    if (!out_.host_.empty() || out_.port_) {
      return fail_at(out_.scheme_.size() + 3, "a socket path has no host",
                     "write three slashes before the path: redis+unix:///run/redis.sock");
    }
    if (out_.path_.empty()) return fail_at(text_.size(), "the path of the socket is missing");
    return {};
  }

  std::string_view text_;
  std::string_view rest_;
  uri out_;
};

result<uri> uri::parse(std::string_view text) { return uri_parser(text).parse(); }

std::string_view uri::protocol() const noexcept {
  std::string_view name = scheme_;
  if (name.ends_with("+unix")) name.remove_suffix(5);
  return name;
}

bool uri::is_local() const noexcept { return names_local(scheme_); }

std::string uri::target() const {
  std::string out = raw_path_.empty() ? "/" : raw_path_;
  if (has_query_) out.append("?").append(raw_query_);
  return out;
}

std::span<const uri_parameter> uri::parameters() const noexcept { return parameters_; }

std::optional<std::string_view> uri::parameter(std::string_view name) const noexcept {
  // The last one counts, so that a setting can be appended to a URI that has it.
  for (auto each = parameters_.rbegin(); each != parameters_.rend(); ++each) {
    if (each->name == name) return each->value;
  }
  return std::nullopt;
}

result<endpoint> uri::where(std::uint16_t default_port) const {
  if (is_local()) {
    std::string path = path_;
    if (path.starts_with('@')) path[0] = '\0';  // an abstract name
    return endpoint::local(std::move(path));
  }
  if (host_.empty()) return fail(errc::invalid_argument, "the URI has no host");
  return endpoint(host_, port_.value_or(default_port));
}

std::string uri::to_string() const {
  std::string out = scheme_ + ":";
  if (has_authority_) out += "//";
  if (has_user_) {
    append_encoded(out, user_);
    if (has_password_) out.append(":").append(password_.to_string());
    out += '@';
  }
  // Only addresses have colons: read_name() lets none into a name.
  const bool literal = host_.contains(':');
  const std::size_t zone = std::min(host_.find('%'), host_.size());
  if (literal) out += '[';
  out.append(host_, 0, zone);
  append_encoded(out, std::string_view(host_).substr(zone));
  if (literal) out += ']';
  if (port_) {
    char digits[5];
    out.append(":").append(digits, std::to_chars(digits, digits + sizeof digits, *port_).ptr);
  }
  // redis://user:12/34@host reads as the port 12 and a path, and may be a password
  // with a bare slash. What looks like it is not shown.
  const bool suspicious =
      !has_user_ && port_ && (raw_path_.contains('@') || raw_query_.contains('@'));
  if (suspicious) return out.append("/***");
  out += raw_path_;
  char before = '?';
  for (const uri_parameter& each : parameters_) {
    append_encoded(out.append(1, std::exchange(before, '&')), each.name);
    out += '=';
    if (is_secret_name(each.name)) {
      out += "***";
    } else {
      append_encoded(out, each.value);
    }
  }
  // Nobody connects to a fragment; it is the end of a password with a bare '#'
  // more often than anything else.
  if (!fragment_.empty()) out += "#***";
  return out;
}

}  // namespace parley
