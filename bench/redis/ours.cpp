// redis_provider on the blocking loop and on libuv.
#include "harness.hpp"
#include "provider_client.hpp"

namespace parley::bench {
namespace {

[[maybe_unused]] const bool registered = add_client<provider_client<on_blocking>>("parley") &&
                                         add_client<provider_client<on_uv>>("parley_uv");

}  // namespace
}  // namespace parley::bench
