#include <parley/codecs/http/detail/http_client_core.hpp>
#include <utility>

namespace parley {
namespace {

http_client_config completed(http_client_config c) {
  // Chosen by servers that speak more than one version.
  if (c.ssl && c.tls.alpn.empty()) c.tls.alpn = "http/1.1";
  return c;
}

}  // namespace

http_client::http_client(loop& home, http_client_config config)
    : config_(completed(std::move(config))),
      core_(std::make_unique<detail::http_client_core>(home, config_)) {}

http_client::~http_client() = default;

operation<http_reply> http_client::call(http_request request) {
  return core_->call(std::move(request));
}

std::size_t http_client::pending() const noexcept { return core_->pending(); }

std::uint64_t http_client::connects() const noexcept { return core_->connects(); }

}  // namespace parley
