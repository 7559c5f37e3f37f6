#include <parley/core/api/serving.hpp>

namespace parley {

result<address> listening_address(const std::string& unix_socket, const std::string& host,
                                  std::uint16_t port) {
  if (!unix_socket.empty()) return address::local(unix_socket);
  return address::parse_ip(host, port);
}

result<layer_ptr> make_server_tls(bool ssl, const tls_settings& tls, transports* with, loop& home,
                                  observer* watch) {
  if (!ssl) return layer_ptr();
  // Never in the clear instead.
  if (!with) return std::unexpected(unavailable_part("tls"));
  return with->make("tls_server", {{}, &tls, &home, watch});
}

result<listening_place> read_listening_place(const uri& where, const server_schemes& names,
                                             fault_list& found) {
  listening_place place;
  place.ssl = where.protocol() == names.secure;
  if (!place.ssl && where.protocol() != names.plain) {
    const std::string plain(names.plain);
    found.add("the scheme is not " + plain + ", " + std::string(names.secure) + " or " + plain +
              "+unix");
  }
  auto to = where.where(place.ssl ? names.secure_port : names.plain_port);
  if (!to) return std::unexpected(std::move(to).error());
  if (to->is_local()) {
    place.unix_socket = to->path();
    return place;
  }
  // The one name that needs no resolver.
  if (to->host() != "localhost") place.host = to->host();
  place.port = to->port();
  return place;
}

}  // namespace parley
