#include <parley/core/net/address.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace parley {
namespace {

// A decimal number without sign, blanks or leading zeros, and at most `most`.
template <class N>
std::optional<N> read_decimal(std::string_view text, N most) {
  // inet_aton() reads a leading zero as octal: "010.0.0.1" must not mean one host
  // here and another there.
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  N number{};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc{} || stop != end || number > most) return std::nullopt;
  return number;
}

bool read_v4(std::string_view text, std::uint8_t* out) {
  // Exactly four parts: the shorter forms of inet_aton() are a way around filters.
  for (int i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return false;
    const auto part = read_decimal<unsigned>(text.substr(0, dot), 255);
    if (!part) return false;
    out[i] = static_cast<std::uint8_t>(*part);
    text.remove_prefix(i < 3 ? dot + 1 : dot);
  }
  return true;
}

// One to four hexadecimal digits (RFC 4291 section 2.2); from_chars() takes no sign
// for an unsigned type and no "0x".
std::optional<std::uint16_t> read_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::uint16_t group = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, group, 16);
  if (code != std::errc{} || stop != end) return std::nullopt;
  return group;
}

// Reads the groups on one side of "::" into `out`; nothing if one is bad or
// there are more than fit. `may_end_in_v4`: the last 4 bytes may be dotted.
std::optional<std::size_t> read_groups(std::string_view text, std::span<std::uint8_t> out,
                                       bool may_end_in_v4) {
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (colon == std::string_view::npos && may_end_in_v4 && part.contains('.')) {
      // "::ffff:10.0.0.1" (RFC 4291 section 2.2, form 3): the dotted part stands
      // for two groups and ends the address.
      if (out.size() - used < 4 || !read_v4(part, &out[used])) return std::nullopt;
      return used + 4;
    }
    const auto group = read_group(part);
    if (!group || out.size() - used < 2) return std::nullopt;
    out[used++] = static_cast<std::uint8_t>(*group >> 8);
    out[used++] = static_cast<std::uint8_t>(*group & 0xFF);
    if (colon == std::string_view::npos) return used;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // a colon with nothing after it
  }
  return used;
}

bool read_v6(std::string_view text, address::bytes_v6& out) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    return read_groups(text, out, true) == out.size();
  }
  // A second "::" need not be looked for: it would be an empty group, which is
  // refused.
  const std::string_view right = text.substr(gap + 2);
  if (right.starts_with(':')) return false;
  address::bytes_v6 tail{};
  const auto before = read_groups(text.substr(0, gap), out, false);
  const auto after = read_groups(right, tail, true);
  // "::" stands for at least one group of zeros.
  if (!before || !after || *before + *after > out.size() - 2) return false;
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(*before), out.end(), std::uint8_t{0});
  std::copy_n(tail.begin(), *after, out.end() - static_cast<std::ptrdiff_t>(*after));
  return true;
}

template <class N>
void append(std::string& out, N number, int base = 10) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  out.append(digits, end);
}

void append_v4(std::string& out, std::span<const std::uint8_t> ip) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0) out += '.';
    append(out, unsigned{ip[i]});
  }
}

// The longest run of two or more zero groups, the first of equals (RFC 5952
// section 4.2).
struct zero_run {
  std::size_t at = 8;
  // One zero group alone is not shortened: section 4.2.2 forbids it.
  std::size_t length = 1;
};
zero_run longest_zeros(const std::array<unsigned, 8>& groups) {
  zero_run best;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t n = 0;
    while (i + n < 8 && groups[i + n] == 0) ++n;
    if (n > best.length) best = {i, n};
    i += n;
  }
  return best;
}

void append_v6(std::string& out, std::span<const std::uint8_t> ip) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = (unsigned{ip[2 * i]} << 8) | ip[2 * i + 1];
  const bool mapped = groups[5] == 0xFFFF && std::all_of(groups.begin(), groups.begin() + 5,
                                                         [](unsigned group) { return group == 0; });
  // RFC 5952 section 5 recommends the dotted form for these: a reader sees that
  // IPv4 is behind the address.
  if (mapped) {
    out += "::ffff:";
    append_v4(out, ip.subspan(12));
    return;
  }
  const zero_run gap = longest_zeros(groups);
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == gap.at) {
      out += "::";
      i += gap.length - 1;
      continue;
    }
    // Behind "::" there is a colon already.
    if (i != 0 && !out.ends_with(':')) out += ':';
    append(out, groups[i], 16);
  }
}

std::unexpected<error> bad_address(std::string_view text, std::string_view why) {
  std::string message(why);
  // Up to an '@' stands the password of somebody who passed a URI in.
  const std::string_view shown = text.substr(text.rfind('@') + 1).substr(0, 64);
  message.append(": \"").append(shown).append("\"");
  return fail(errc::invalid_argument, std::move(message));
}

}  // namespace

std::string_view to_string(address_family family) noexcept {
  switch (family) {
    case address_family::ipv4:
      return "IPv4";
    case address_family::ipv6:
      return "IPv6";
    case address_family::local:
      break;
  }
  return "local";
}

address address::v4(bytes_v4 ip, std::uint16_t port) noexcept {
  address made;
  std::copy(ip.begin(), ip.end(), made.ip_.begin());
  made.port_ = port;
  return made;
}

address address::v6(bytes_v6 ip, std::uint16_t port, std::uint32_t scope) noexcept {
  address made;
  made.family_ = address_family::ipv6;
  made.ip_ = ip;
  made.port_ = port;
  made.scope_ = scope;
  return made;
}

address address::local(std::string path) {
  address made;
  made.family_ = address_family::local;
  made.path_ = detail::rare_text(std::move(path));
  return made;
}

result<address> address::parse_ip(std::string_view text, std::uint16_t port) {
  // A colon is in every IPv6 address and in no IPv4 one.
  if (!text.contains(':')) {
    bytes_v4 ip{};
    if (!read_v4(text, ip.data())) return bad_address(text, "no IPv4 or IPv6 address");
    return v4(ip, port);
  }
  const std::size_t percent = text.find('%');
  std::uint32_t scope = 0;
  if (percent != std::string_view::npos) {
    const auto number = read_decimal<std::uint32_t>(text.substr(percent + 1), 0xFFFFFFFF);
    if (!number) return bad_address(text, "the scope of an address must be a number here");
    scope = *number;
  }
  bytes_v6 ip{};
  if (!read_v6(text.substr(0, percent), ip)) return bad_address(text, "no IPv6 address");
  return v6(ip, port, scope);
}

result<address> address::parse(std::string_view text) {
  if (text.starts_with("unix:")) {
    std::string path(text.substr(5));
    if (path.empty()) return bad_address(text, "no path after \"unix:\"");
    if (path[0] == '@') path[0] = '\0';
    return local(std::move(path));
  }
  // The last one: an IPv6 address in brackets has others.
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_address(text, "no port in the address");
  const auto port = read_decimal<unsigned>(text.substr(colon + 1), 65535);
  if (!port) return bad_address(text, "the port must be 0 to 65535");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Without brackets "::1:80" could be an address with or without a port.
  if (bracketed != host.contains(':')) {
    return bad_address(text, "an IPv6 address, and no other, stands in brackets");
  }
  return parse_ip(host, static_cast<std::uint16_t>(*port));
}

std::span<const std::uint8_t> address::ip() const noexcept {
  switch (family_) {
    case address_family::ipv4:
      return std::span(ip_).first(4);
    case address_family::ipv6:
      return ip_;
    case address_family::local:
      break;
  }
  return {};
}

bool address::is_loopback() const noexcept {
  // All of 127.0.0.0/8, not only its first address (RFC 1122 section 3.2.1.3).
  if (family_ == address_family::ipv4) return ip_[0] == 127;
  if (family_ == address_family::local) return true;
  bytes_v6 loopback{};
  loopback.back() = 1;
  return ip_ == loopback;
}

address address::with_port(std::uint16_t port) const {
  address changed = *this;
  if (!is_local()) changed.port_ = port;
  return changed;
}

std::string address::to_string() const {
  std::string out;
  if (is_local()) {
    out.append("unix:").append(path());
    if (path().starts_with('\0')) out[5] = '@';
    return out;
  }
  if (family_ == address_family::ipv4) {
    append_v4(out, ip_);
  } else {
    out += '[';
    append_v6(out, ip_);
    if (scope_ != 0) append(out += '%', scope_);
    out += ']';
  }
  append(out += ':', unsigned{port_});
  return out;
}

}  // namespace parley
