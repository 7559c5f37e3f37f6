// URIs as configuration (RFC 3986): redis://user:pass@host:6379/0?x=y,
// redis+unix:///run/redis.sock?db=1, mqtts://, https://, wss://, ws+unix:///path, grpc+unix:/path.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/core/error.hpp>
#include <parley/core/net/endpoint.hpp>
#include <parley/core/net/secret.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

// A parameter of the query, percent-decoded.
struct uri_parameter {
  std::string name;
  std::string value;
};

class uri {
 public:
  // The longest URI that is read, in bytes: what HTTP servers accept as well.
  static constexpr std::size_t max_size = 8192;

  uri() = default;
  // Checks everything at once. Errors (errc::invalid_argument) name the part and
  // the byte at which it is wrong, and never quote the text: it may hold a
  // password.
  static result<uri> parse(std::string_view text);

  // In lower case: "redis", "redis+unix".
  const std::string& scheme() const noexcept { return scheme_; }
  // The scheme without "+unix", and true for "unix" and every "x+unix".
  std::string_view protocol() const noexcept;
  bool is_local() const noexcept;

  // Percent-decoded. `has_password` tells "user:@" from "user@".
  const std::string& user() const noexcept { return user_; }
  bool has_user() const noexcept { return has_user_; }
  const secret& password() const noexcept { return password_; }
  bool has_password() const noexcept { return has_password_; }

  // A name in lower case, or an address without brackets; empty if absent.
  const std::string& host() const noexcept { return host_; }
  std::optional<std::uint16_t> port() const noexcept { return port_; }

  // The path percent-decoded, for databases, topics and socket paths.
  const std::string& path() const noexcept { return path_; }
  // Path and query as they were written, "/" if both are empty: HTTP's target.
  std::string target() const;

  // Parameters in their order. '+' is a plus sign here, as in RFC 3986.
  std::span<const uri_parameter> parameters() const noexcept;
  // The last parameter of that name, or nothing.
  std::optional<std::string_view> parameter(std::string_view name) const noexcept;
  const std::string& fragment() const noexcept { return fragment_; }

  // Where to connect: host and port, or the path of a "x+unix" URI.
  result<endpoint> where(std::uint16_t default_port) const;

  // For logs: the password, and parameters that are named like one, as "***".
  std::string to_string() const;

 private:
  friend class uri_parser;
  std::string scheme_;
  std::string user_;
  secret password_;
  std::string host_;
  std::string path_;
  std::string raw_path_;
  std::string raw_query_;
  std::string fragment_;
  std::vector<uri_parameter> parameters_;
  std::optional<std::uint16_t> port_;
  bool has_user_ = false;
  bool has_password_ = false;
  bool has_authority_ = false;
  bool has_query_ = false;
};

}  // namespace parley
