// A server and a client of gRPC in somebody else's program.
#include <cstdio>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/grpc/grpc_typed.hpp>

int main() {
  parley::blocking::loop loop;
  parley::grpc_config there;
  there.host = "127.0.0.1";
  parley::grpc_provider server{loop, there};
  if (!loop.wait(server.initialize())) return 1;
  there.is_server = false;
  there.port = server.local_address()->port();
  parley::grpc_provider client{loop, there};
  if (!loop.wait(client.initialize()) || !parley::grpc_typed::channel(client)) return 1;
  std::puts("connected");
}
