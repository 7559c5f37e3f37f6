// websocket_connections: clients that share. Providers of one loop whose configurations name the
// same server, and the same way to it, use one connection together (S100): what TLS, the handshake
// and its compression cost is paid once.
//
//   parley::websocket_connections shared;
//   parley::websocket_provider a{loop, {.uri = where, .is_server = false, .share = &shared}};
//   parley::websocket_provider b{loop, {.uri = where, .is_server = false, .share = &shared}};
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace parley {

namespace detail {
class websocket_shared_link;
}

// One thread, that of the loop. Must outlive the initialize() of the providers that name it.
class websocket_connections {
 public:
  // Connections that somebody keeps now.
  std::size_t size() const noexcept;

 private:
  friend detail::websocket_shared_link;
  std::vector<std::weak_ptr<detail::websocket_shared_link>> known_;
};

}  // namespace parley
