// The service of the interoperability cases on a server of parley's.
//   build/conformance/grpc_interop_server --port=P [--use_tls=true --cert_file=F --key_file=F]
// Listens at 127.0.0.1, or at the address that --server_host names. With --ca_file clients must
// have a certificate. Prints its port, and runs until it is ended by a signal.
#include <cstdio>
#include <exception>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/grpc/grpc_typed.hpp>

#include "flags.hpp"
#include "service.hpp"

namespace parley::interop {
namespace {

grpc_config config_of(const flags& f) {
  grpc_config c;
  c.host = f.server_host == "localhost" ? "127.0.0.1" : f.server_host;
  c.port = f.port;
  c.ssl = f.use_tls;
  c.tls.certfile = f.cert_file;
  c.tls.keyfile = f.key_file;
  if (!f.ca_file.empty()) {
    c.tls.ca_certs = f.ca_file;
    c.tls.clients = client_certificates::required;
  }
  return c;
}

int failed(const error& why) {
  std::fprintf(stderr, "%s\n", why.to_string().c_str());
  return 1;
}

int run(const flags& f) {
  const auto all = make_service();
  blocking::loop home;
  grpc_provider server(home, config_of(f));
  if (auto ok = grpc_typed::add_service(server, *all); !ok) return failed(ok.error());
  if (auto up = home.wait(server.initialize()); !up) return failed(up.error());
  std::printf("%u\n", static_cast<unsigned>(server.local_address()->port()));
  std::fflush(stdout);
  for (;;) home.run_once(std::chrono::hours(1));
}

}  // namespace
}  // namespace parley::interop

int main(int argc, char** argv) {
  parley::interop::flags f;
  return parley::interop::read_flags(argc, argv, f) ? parley::interop::run(f) : 2;
}
