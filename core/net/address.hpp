// Where to connect to, in numbers: what a name resolves to. No operating-system
// type: adapters translate to sockaddr.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace parley {

enum class address_family : std::uint8_t { ipv4, ipv6, local };

std::string_view to_string(address_family) noexcept;

namespace detail {

// A text that few objects have: the others have no room for it either.
class rare_text {
 public:
  rare_text() = default;
  explicit rare_text(std::string text) {
    if (!text.empty()) text_ = std::make_unique<std::string>(std::move(text));
  }
  rare_text(const rare_text& other)
      : text_(other.text_ ? std::make_unique<std::string>(*other.text_) : nullptr) {}
  rare_text(rare_text&&) noexcept = default;
  rare_text& operator=(rare_text other) noexcept {
    text_.swap(other.text_);
    return *this;
  }
  ~rare_text() = default;

  std::string_view text() const noexcept { return text_ ? *text_ : std::string_view(); }

  friend auto operator<=>(const rare_text& a, const rare_text& b) { return a.text() <=> b.text(); }
  friend bool operator==(const rare_text& a, const rare_text& b) { return a.text() == b.text(); }

 private:
  std::unique_ptr<std::string> text_;
};

}  // namespace detail

class address {
 public:
  using bytes_v4 = std::array<std::uint8_t, 4>;
  using bytes_v6 = std::array<std::uint8_t, 16>;

  // 0.0.0.0:0
  address() = default;
  // Bytes in network order. `scope` is the number of the interface that a
  // link-local IPv6 address belongs to, 0 for none.
  static address v4(bytes_v4 ip, std::uint16_t port) noexcept;
  static address v6(bytes_v6 ip, std::uint16_t port, std::uint32_t scope = 0) noexcept;
  // A Unix-domain socket. A path that starts with a NUL is an abstract name.
  static address local(std::string path);

  // Reads "127.0.0.1", "::1" or "fe80::1%3", with the port apart (RFC 4291 section 2.2,
  // RFC 4007 section 11). Only four decimal numbers are IPv4: "127.1" and "0177.0.0.1"
  // are refused, because other programs read them in other ways. An interface
  // *name* after '%' is refused too: only a resolver knows its number.
  static result<address> parse_ip(std::string_view text, std::uint16_t port);
  // Reads what to_string() prints: "127.0.0.1:6379", "[::1]:6379", "unix:/path".
  static result<address> parse(std::string_view text);

  address_family family() const noexcept { return family_; }
  bool is_local() const noexcept { return family_ == address_family::local; }
  // 4 or 16 bytes in network order; none for a local address. A view.
  std::span<const std::uint8_t> ip() const noexcept;
  std::uint16_t port() const noexcept { return port_; }
  std::uint32_t scope() const noexcept { return scope_; }
  // Empty unless it is local.
  std::string_view path() const noexcept { return path_.text(); }
  // 127.0.0.0/8, ::1, or local.
  bool is_loopback() const noexcept;

  // The same address with another port; no change to a local one.
  address with_port(std::uint16_t port) const;

  // In the one canonical form (RFC 5952), IPv6 in brackets. An abstract name is
  // shown with '@' for its NUL.
  std::string to_string() const;

  friend auto operator<=>(const address&, const address&) = default;
  friend bool operator==(const address&, const address&) = default;

 private:
  address_family family_ = address_family::ipv4;
  std::uint16_t port_ = 0;
  std::uint32_t scope_ = 0;
  bytes_v6 ip_{};
  detail::rare_text path_;
};

}  // namespace parley
