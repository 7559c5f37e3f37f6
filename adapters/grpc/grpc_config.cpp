#include <algorithm>
#include <charconv>
#include <limits>
#include <parley/adapters/grpc/grpc_config.hpp>
#include <parley/adapters/grpc/provider/settings.hpp>
#include <parley/core/api/settings.hpp>
#include <parley/core/net/address.hpp>
#include <utility>

namespace parley {
namespace {

// sun_path, with its NUL.
constexpr std::size_t longest_path = 107;

void check_place(const grpc_config& c, fault_list& found) {
  found.check(c.socket_path.empty() || (c.host.empty() && c.targets.empty()),
              "socket_path goes with neither host nor targets");
  found.check(c.host.empty() || c.targets.empty(), "host and targets do not go together");
  found.check(c.socket_path.size() <= longest_path, "socket_path is longer than 107 bytes");
  found.check(!c.ssl || detail::socket_of(c).empty(),
              "ssl is for host and targets, not for a socket");
}

void check_tls(const grpc_config& c, fault_list& found) {
  found.check(c.ssl || (c.tls == tls_settings() && c.tls_name.empty()),
              "TLS is set up but ssl is false");
  found.check(c.tls.verify == verify_mode::full, "tls.verify: gRPC always verifies in full");
  found.check(c.tls.crlfile.empty(), "tls.crlfile: gRPC reads no revocation lists");
  found.check(c.tls.key_password.empty(), "tls.key_password: gRPC reads no encrypted keys");
  found.check(c.tls.alpn.empty(), "tls.alpn: gRPC speaks HTTP/2 only");
}

void check_server(const grpc_config& c, fault_list& found) {
  found.check(c.targets.empty(), "targets are a client's");
  found.check(c.host.empty() || address::parse_ip(c.host, 0).has_value(),
              "host is not a numeric address");
  found.check(!c.ssl || !c.tls.certfile.empty(), "ssl needs tls.certfile and tls.keyfile");
  found.check(c.tls.clients == client_certificates::none || !c.tls.ca_certs.empty(),
              "tls.clients is set and tls.ca_certs is not");
  found.check(c.max_workers > 0 && c.max_workers <= 1024, "max_workers is not from 1 to 1024");
  found.check(c.socket_mode <= 0777, "socket_mode is no permission");
  found.check(c.stop_timeout >= duration::zero(), "stop_timeout is negative");
  found.check(c.metadata.empty(), "metadata is a client's");
  found.check(c.tls_name.empty(), "tls_name is a client's");
}

void check_client(const grpc_config& c, fault_list& found) {
  found.check(c.host.empty() || c.port != 0, "port is 0");
  const bool are_numbers = std::ranges::all_of(c.targets, [&](const endpoint& e) {
    const auto at = e.numeric();
    return at && !at->is_local() && at->port() != 0 &&
           at->family() == c.targets.front().numeric()->family();
  });
  found.check(are_numbers, "targets are not numeric addresses of one family, with ports");
  found.check(c.connect_timeout > duration::zero(), "connect_timeout is not positive");
  found.check(c.call_timeout >= duration::zero(), "call_timeout is negative");
  found.check(c.tls.clients == client_certificates::none, "tls.clients is a server's");
  found.check(!c.relay && !c.reflection && c.handlers == grpc_threads::loop,
              "relay, reflection and handlers are a server's");
}

bool read_compression(std::string_view text, grpc_compression& to) {
  if (text == "none")
    to = grpc_compression::none;
  else if (text == "gzip")
    to = grpc_compression::gzip;
  else if (text == "deflate")
    to = grpc_compression::deflate;
  else
    return false;
  return true;
}

bool read_size(std::string_view text, grpc_config& c) {
  if (!read_number(text, c.max_receive_message_length)) return false;
  c.max_send_message_length = c.max_receive_message_length;
  return true;
}

bool read_flag(std::string_view text, bool& to) {
  to = text == "true";
  return to || text == "false";
}

bool read_mode(std::string_view text, std::uint32_t& to) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), to, 8);
  return fault == std::errc() && end == text.data() + text.size() && to <= 0777;
}

// False if it is none of a client's. `good`: whether the value is.
bool read_client(grpc_config& c, const uri_parameter& p, bool& good) {
  if (p.name == "timeout") {
    good = read_seconds(p.value, c.call_timeout);
  } else if (p.name == "connect_timeout") {
    good = read_seconds(p.value, c.connect_timeout);
  } else if (p.name == "lb_policy") {
    good = p.value == "pick_first" || p.value == "round_robin";
    if (p.value == "round_robin") c.lb_policy = grpc_balancing::round_robin;
  } else {
    return c.ssl && read_tls_client_parameter(c.tls, p, good);
  }
  return true;
}

bool read_server(grpc_config& c, const uri_parameter& p, bool& good) {
  if (p.name == "max_workers") {
    good = read_number(p.value, c.max_workers);
    c.handlers = grpc_threads::workers;
  } else if (p.name == "relay") {
    good = read_flag(p.value, c.relay);
  } else if (p.name == "reflection") {
    good = read_flag(p.value, c.reflection);
  } else if (p.name == "mode") {
    good = read_mode(p.value, c.socket_mode);
  } else {
    return c.ssl && read_tls_server_parameter(c.tls, p, good);
  }
  return true;
}

// What both ends have in common.
result<grpc_config> read(const parley::uri& where, bool is_server) {
  grpc_config c;
  fault_list found;
  c.is_server = is_server;
  c.ssl = where.protocol() == "grpcs";
  found.check(c.ssl || where.protocol() == "grpc", "the scheme is not grpc, grpcs or grpc+unix");
  found.check(!where.has_user(), "gRPC has no user in its URI");
  auto to = where.where(50051);
  if (!to) return std::unexpected(std::move(to).error());
  c.socket_path = to->path();
  if (!to->is_local()) {
    found.check(where.path().size() <= 1, "the URI has a path");
    // The one name that a server needs no resolver for.
    c.host =
        is_server && (to->host().empty() || to->host() == "localhost") ? "127.0.0.1" : to->host();
    c.port = to->port();
  }
  for (const uri_parameter& p : where.parameters()) {
    bool good = true;
    const bool is_known = p.name == "compression"
                              ? (good = read_compression(p.value, c.compression), true)
                          : p.name == "max_size" ? (good = read_size(p.value, c), true)
                          : is_server            ? read_server(c, p, good)
                                                 : read_client(c, p, good);
    if (!is_known)
      found.add(unknown_parameter(p));
    else if (!good)
      found.add(bad_parameter(p));
  }
  // Wherever they stand.
  if (!is_server && where.parameter("timeout") && !where.parameter("connect_timeout")) {
    c.connect_timeout = c.call_timeout;
  }
  if (auto ok = std::move(found).verdict(); !ok) return std::unexpected(std::move(ok).error());
  if (auto ok = c.validate(); !ok) return std::unexpected(std::move(ok).error());
  return c;
}

}  // namespace

result<void> grpc_config::validate() const {
  fault_list found;
  check_place(*this, found);
  check_tls(*this, found);
  is_server ? check_server(*this, found) : check_client(*this, found);
  constexpr std::size_t most = std::numeric_limits<int>::max();
  found.check(max_send_message_length > 0 && max_send_message_length <= most,
              "max_send_message_length is 0 or above 2 GiB");
  found.check(max_receive_message_length > 0 && max_receive_message_length <= most,
              "max_receive_message_length is 0 or above 2 GiB");
  found.check(write_limit > 0, "write_limit is 0");
  found.check(keepalive_time >= duration::zero(), "keepalive_time is negative");
  found.check(keepalive_timeout > duration::zero(), "keepalive_timeout is not positive");
  for (const auto& [name, text] : metadata) {
    if (const auto ok = check_metadata(name, text); !ok) found.add(ok.error().message());
  }
  for (const grpc_option& o : options) found.check(!o.name.empty(), "an option has no name");
  return std::move(found).verdict();
}

result<grpc_config> grpc_config::from_uri(const parley::uri& where) { return read(where, false); }
result<grpc_config> grpc_config::server_from_uri(const parley::uri& where) {
  return read(where, true);
}

}  // namespace parley
