#include <grpc/grpc.h>

#include <algorithm>
#include <limits>
#include <parley/adapters/files/material.hpp>
#include <parley/adapters/grpc/provider/settings.hpp>
#include <parley/core/net/address.hpp>
#include <utility>

namespace parley::detail {
namespace {

int milliseconds(duration d) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(d).count();
  return static_cast<int>(std::clamp<std::int64_t>(count, 1, std::numeric_limits<int>::max()));
}

int length(std::size_t n) {
  return static_cast<int>(std::min<std::size_t>(n, std::numeric_limits<int>::max()));
}

// gRPC writes an interface's number behind '%' inside the brackets.
std::string host_and_port(const endpoint& e) {
  const bool is_v6 = e.host().contains(':');
  return (is_v6 ? "[" + e.host() + "]" : e.host()) + ":" + std::to_string(e.port());
}

// What the user has set by name counts more than what follows from the configuration.
bool is_set(const grpc_config& c, std::string_view name) {
  return std::ranges::any_of(c.options, [&](const grpc_option& o) { return o.name == name; });
}

// The same calls for both ends: `to(name, number)`.
template <class To>
void set_numbers(const grpc_config& c, To&& to) {
  const auto set = [&](const char* name, int number) {
    if (!is_set(c, name)) to(name, number);
  };
  set(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, length(c.max_send_message_length));
  set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, length(c.max_receive_message_length));
  set(GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM, algorithm_of(c.compression));
  if (socket_of(c).empty() && c.keepalive_time > duration::zero()) {
    set(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(c.keepalive_time));
    set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(c.keepalive_timeout));
    set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
  }
  if (c.is_server) {
    // One address belongs to one server.
    set(GRPC_ARG_ALLOW_REUSEPORT, 0);
    if (c.keepalive_time > duration::zero()) {
      set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
          milliseconds(c.keepalive_time / 3));
    }
    return;
  }
  // What gRPC does between two attempts is bounded by our policy, so that ours is the one that
  // counts.
  const duration pause = std::max<duration>(c.reconnect.base, std::chrono::milliseconds(1));
  set(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, milliseconds(pause));
  set(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, milliseconds(c.connect_timeout));
  set(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, milliseconds(std::max(pause, c.reconnect.cap)));
  set(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);
  // Connections of its own: what another channel knows of a server is of no use here.
  set(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
}

}  // namespace

std::string socket_of(const grpc_config& c) {
  if (!c.socket_path.empty()) return c.socket_path;
  return c.host.empty() && c.targets.empty() ? "/tmp/vyra.sock" : std::string();
}

std::string target_of(const grpc_config& c) {
  if (const std::string socket = socket_of(c); !socket.empty()) return "unix:" + socket;
  std::vector<endpoint> all = c.targets;
  if (all.empty()) all.emplace_back(c.host, c.port);
  const auto first = all.front().numeric();
  if (!first) return "dns:///" + host_and_port(all.front());
  std::string text = first->family() == address_family::ipv6 ? "ipv6:" : "ipv4:";
  for (const endpoint& e : all) {
    if (text.back() != ':') text.push_back(',');
    text.append(host_and_port(e));
  }
  return text;
}

std::string listening_of(const grpc_config& c) {
  if (const std::string socket = socket_of(c); !socket.empty()) return "unix:" + socket;
  return host_and_port(endpoint(c.host, c.port));
}

grpc_compression_algorithm algorithm_of(grpc_compression c) {
  if (c == grpc_compression::gzip) return GRPC_COMPRESS_GZIP;
  return c == grpc_compression::deflate ? GRPC_COMPRESS_DEFLATE : GRPC_COMPRESS_NONE;
}

::grpc::ChannelArguments channel_arguments(const grpc_config& c) {
  ::grpc::ChannelArguments to;
  set_numbers(c, [&](const char* name, int number) { to.SetInt(name, number); });
  if (c.lb_policy == grpc_balancing::round_robin) {
    to.SetLoadBalancingPolicyName("round_robin");
    to.SetServiceConfigJSON(R"({"healthCheckConfig": {"serviceName": ""}})");
  }
  // A list of targets has no name of its own.
  if (c.ssl && !c.tls_name.empty()) to.SetSslTargetNameOverride(c.tls_name);
  for (const auto& [name, set] : c.options) {
    if (const int* number = std::get_if<int>(&set)) to.SetInt(name, *number);
    if (const std::string* text = std::get_if<std::string>(&set)) to.SetString(name, *text);
  }
  return to;
}

void set_options(::grpc::ServerBuilder& to, const grpc_config& c) {
  set_numbers(c, [&](const char* name, int number) { to.AddChannelArgument(name, number); });
  for (const auto& [name, set] : c.options) {
    if (const int* number = std::get_if<int>(&set)) to.AddChannelArgument(name, *number);
    if (const auto* text = std::get_if<std::string>(&set)) to.AddChannelArgument(name, *text);
  }
}

// Of a key that does not belong to its certificate, or a file without any, gRPC says that a server
// has no address.
result<tls::material> judged(result<tls::material> read,
                             result<tls::context> (*make)(tls::config)) {
  if (!read) return read;
  tls::config how;
  how.bytes = *read;
  if (auto ok = make(std::move(how)); !ok) return std::unexpected(std::move(ok).error());
  return read;
}

result<std::shared_ptr<::grpc::ChannelCredentials>> client_credentials(const grpc_config& c) {
  if (!c.ssl) return ::grpc::InsecureChannelCredentials();
  auto read = judged(files::load(c.tls, c.watch), tls::context::make_client);
  if (!read) return std::unexpected(std::move(read).error());
  ::grpc::SslCredentialsOptions with;
  with.pem_root_certs = std::move(read->authorities.bytes);
  with.pem_private_key = std::move(read->key.bytes);
  with.pem_cert_chain = std::move(read->certificate.bytes);
  return ::grpc::SslCredentials(with);
}

result<std::shared_ptr<::grpc::ServerCredentials>> server_credentials(const grpc_config& c) {
  if (!c.ssl) return ::grpc::InsecureServerCredentials();
  tls_settings tls = c.tls;
  // The system's store says nothing about a server's clients.
  if (tls.ca_certs.empty()) tls.verify = verify_mode::none;
  auto read = judged(files::load(tls, c.watch), tls::context::make_server);
  if (!read) return std::unexpected(std::move(read).error());
  auto request = GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  if (tls.clients == client_certificates::optional) {
    request = GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
  } else if (tls.clients == client_certificates::required) {
    request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  ::grpc::SslServerCredentialsOptions with(request);
  with.pem_root_certs = std::move(read->authorities.bytes);
  with.pem_key_cert_pairs.push_back(
      {std::move(read->key.bytes), std::move(read->certificate.bytes)});
  return ::grpc::SslServerCredentials(with);
}

}  // namespace parley::detail
