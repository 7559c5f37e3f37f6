#include <parley/codecs/websocket/layer_maker.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <parley/codecs/websocket/layer.hpp>
#include <parley/core/loop/loop.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::websocket {
namespace {

// Messages are pieces of a stream: nothing is kept of one, and whoever is on top bounds what it
// takes. Half of it, as it is added to.
constexpr std::uint64_t no_matter = std::numeric_limits<std::uint64_t>::max() / 2;

// What the connections of a server borrow, together.
struct server_kept {
  std::string name;
  std::array<std::string_view, 1> names;
  std::vector<std::string> origins;
  std::vector<std::string_view> origin_views;
  server_settings settings;

  bool fits(const transport_request& r) const {
    return settings.handshake.is_tls == r.is_tls && std::ranges::equal(origins, r.origins);
  }
};

// What one connection of a client borrows.
struct client_kept {
  std::string name;
  std::array<std::string_view, 1> names;
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<http::header> headers;
  client_settings settings;
};

std::shared_ptr<client_kept> settings_of_client(const std::string& name,
                                                const transport_request& r) {
  auto kept = std::make_shared<client_kept>();
  kept->name = name;
  kept->names = {kept->name};
  kept->fields.assign(r.fields.begin(), r.fields.end());
  for (const auto& [field, value] : kept->fields) kept->headers.push_back({field, value});
  client_settings& s = kept->settings;
  s.connection.pieces = true;
  s.connection.max_size = no_matter;
  s.handshake.subprotocols = kept->names;
  s.handshake.needs_subprotocol = true;
  s.handshake.headers = kept->headers;
  if (r.handshake_timeout > duration::zero()) s.handshake_timeout = r.handshake_timeout;
  return kept;
}

std::shared_ptr<server_kept> settings_of_server(const std::string& name,
                                                const transport_request& r) {
  auto kept = std::make_shared<server_kept>();
  kept->name = name;
  kept->names = {kept->name};
  kept->origins.assign(r.origins.begin(), r.origins.end());
  kept->origin_views.assign(kept->origins.begin(), kept->origins.end());
  server_settings& s = kept->settings;
  s.connection.pieces = true;
  s.connection.max_size = no_matter;
  s.handshake.subprotocols = kept->names;
  s.handshake.needs_subprotocol = true;
  s.handshake.origins = kept->origin_views;
  s.handshake.is_tls = r.is_tls;
  return kept;
}

}  // namespace

transports::maker client_layer_maker(std::string subprotocol) {
  return [name = std::move(subprotocol)](const transport_request& r) -> result<layer_ptr> {
    if (r.home == nullptr) return fail(parley::errc::misuse, "a WebSocket layer needs a loop");
    auto kept = settings_of_client(name, r);
    return layer_ptr(std::make_unique<client_layer>(
        client(kept->settings, std::string(r.authority), std::string(r.target), *r.home), kept,
        r.measure));
  };
}

transports::maker server_layer_maker(std::string subprotocol) {
  return [name = std::move(subprotocol), kept = std::shared_ptr<server_kept>()](
             const transport_request& r) mutable -> result<layer_ptr> {
    if (!kept || !kept->fits(r)) kept = settings_of_server(name, r);
    return layer_ptr(std::make_unique<server_layer>(server(kept->settings), kept, r.measure));
  };
}

}  // namespace parley::websocket
