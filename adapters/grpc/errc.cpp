#include <array>
#include <parley/adapters/grpc/errc.hpp>

namespace parley {
namespace {

using enum error_class;

constexpr error_info entry(std::string_view name, error_class kind, std::string_view text,
                           std::string_view hint = {}) {
  return {"grpc", name, kind, text, hint};
}

constexpr auto infos = std::to_array<error_info>({
    entry("unknown", reply, "the server failed without saying how"),
    entry("invalid_argument", reply, "the server finds the request wrong"),
    entry("not_found", reply, "the server does not know what was asked for"),
    entry("already_exists", reply, "what was to be made is there already"),
    entry("permission_denied", authentication, "the caller may not do this"),
    entry("resource_exhausted", limit, "a limit of the server is exceeded",
          "ask for less, or again later"),
    entry("failed_precondition", reply, "the server is not in the state that this needs"),
    entry("aborted", reply, "the server gave the call up", "repeat all that belongs to it"),
    entry("out_of_range", reply, "the server is asked for something beyond its end"),
    entry("unimplemented", reply, "the server has no such call",
          "check the name, and that the server has registered it"),
    entry("internal", reply, "the server has broken"),
    entry("unavailable", transient, "the server cannot be reached now",
          "check that it runs; calls go on once it is back"),
    entry("data_loss", reply, "the server has lost data"),
    entry("unauthenticated", authentication, "the server wants to know who calls",
          "send credentials, or a client certificate"),
    entry("handshake_failed", configuration, "the TLS handshake with the server failed",
          "check that both ends speak TLS, ca_certs, the names in the server's certificate, and "
          "certfile if it asks for one"),
});

}  // namespace

const error_info& describe(grpc_errc code) noexcept {
  return infos[static_cast<std::size_t>(code)];
}

}  // namespace parley
