// redis_provider on an io_context of Boost.Asio, where that was built.
#include <parley/build_config.hpp>

#if PARLEY_HAS_ASIO
#include "harness.hpp"
#include "on_asio.hpp"
#include "provider_client.hpp"

namespace parley::bench {
namespace {

[[maybe_unused]] const bool registered = add_client<provider_client<on_asio>>("parley_asio");

}  // namespace
}  // namespace parley::bench
#endif
