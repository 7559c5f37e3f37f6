#include <parley/core/net/endpoint.hpp>

#include <charconv>

namespace parley {
namespace {

std::unexpected<error> bad_endpoint(std::string_view text, std::string_view why) {
  std::string message(why);
  // Up to an '@' stands the password of somebody who passed a URI in.
  const std::string_view shown = text.substr(text.rfind('@') + 1).substr(0, 64);
  message.append(": \"").append(shown).append("\"");
  return fail(errc::invalid_argument, std::move(message));
}

// A path as the user writes it: '@' stands for the NUL of an abstract name.
std::string socket_path(std::string_view text) {
  std::string path(text);
  if (path.starts_with('@')) path[0] = '\0';
  return path;
}

// Not the strict rule of DNS: names with '_' exist, and bytes from 0x80 on are for
// the resolver. Refused is what belongs to URIs, shells and terminals, and shows
// that something else was passed in.
bool is_host_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F && !std::string_view("/?#@[]\\\"<>^`{|}").contains(c);
}

}  // namespace

endpoint::endpoint(const address& numeric) : path_(numeric.path()), port_(numeric.port()) {
  if (numeric.is_local()) return;
  // The address without its port, and without the brackets.
  // By way of the text: there is one place that knows the canonical form.
  const std::string text = numeric.to_string();
  const std::size_t end = text.rfind(':');
  host_ = numeric.family() == address_family::ipv6 ? text.substr(1, end - 2) : text.substr(0, end);
}

endpoint endpoint::local(std::string path) {
  endpoint made;
  made.path_ = std::move(path);
  return made;
}

result<endpoint> endpoint::parse(std::string_view text, std::uint16_t default_port) {
  // No host begins with a slash, and this is what people type for a socket.
  if (text.starts_with('/')) return local(std::string(text));
  if (text.starts_with("unix:")) {
    if (text.size() == 5) return bad_endpoint(text, "no path after \"unix:\"");
    return local(socket_path(text.substr(5)));
  }
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return bad_endpoint(text, "no ']' after '['");
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!host.contains(':')) return bad_endpoint(text, "no IPv6 address in brackets");
    // "[::1]6379" has lost its colon: taking it for the default port would connect
    // elsewhere.
    if (!port.empty() && port[0] != ':') return bad_endpoint(text, "text after ']'");
    has_port = !port.empty();
    if (has_port) port.remove_prefix(1);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    // More than one colon: an IPv6 address without brackets and without a port.
    has_port = text.find(':', colon + 1) == std::string_view::npos;
    if (has_port) {
      host = text.substr(0, colon);
      port = text.substr(colon + 1);
    }
  }
  if (host.empty()) return bad_endpoint(text, "no host");
  // With a port it would read as a path; "unix.:6379" is the same host.
  if (host == "unix") return bad_endpoint(text, "a host of this name is written \"unix.\"");
  for (const char c : host) {
    if (!is_host_byte(c)) return bad_endpoint(text, "a character that no host name has");
  }
  // Colons make it an address; one with a named scope is left to the resolver.
  if (host.contains(':') && !address::parse_ip(host.substr(0, host.find('%')), 0)) {
    return bad_endpoint(text, "no IPv6 address");
  }
  // from_chars() itself refuses what exceeds 16 bits, signs and blanks.
  std::uint16_t number = default_port;
  if (has_port) {
    const char* end = port.data() + port.size();
    const auto [stop, code] = std::from_chars(port.data(), end, number);
    if (code != std::errc{} || stop != end) {
      return bad_endpoint(text, "the port must be 0 to 65535");
    }
  }
  return endpoint(std::string(host), number);
}

std::optional<address> endpoint::numeric() const {
  if (is_local()) return address::local(path_);
  if (auto ip = address::parse_ip(host_, port_)) return *std::move(ip);
  return std::nullopt;
}

std::string endpoint::to_string() const {
  if (is_local()) return address::local(path_).to_string();
  // Brackets keep the last colon for the port, so that parse() reads back what this
  // prints.
  std::string out = host_.contains(':') ? "[" + host_ + "]" : host_;
  char digits[5];
  const auto end = std::to_chars(digits, digits + sizeof digits, port_).ptr;
  return out.append(":").append(digits, end);
}

}  // namespace parley
