// What `parley` does for grpc://, grpcs:// and grpc+unix: URLs. Their clients are providers like
// others, and serve_grpc.cpp is their server.
#pragma once

namespace parley::cli {

// gRPC writes its own words on standard error, unless GRPC_VERBOSITY says otherwise. Here it is
// silent by default: what failed is told once. To be called before any thread is there.
void quiet_grpc();

}  // namespace parley::cli
