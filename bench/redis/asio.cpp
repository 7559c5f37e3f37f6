// redis_provider on an io_context of Boost.Asio, where that was built.
#include <parley/build_config.hpp>

#if PARLEY_HAS_ASIO
#include <boost/asio/io_context.hpp>
#include <parley/adapters/asio/loop.hpp>

#include "harness.hpp"
#include "provider_client.hpp"

namespace parley::bench {
namespace {

struct on_asio {
  static constexpr std::string_view name = "parley_asio";
  boost::asio::io_context context{1};
  asio::loop loop{context};
  void turn() {
    // A context that once had nothing to do runs only when it is told so.
    if (context.run_one() == 0) context.restart();
  }
};

[[maybe_unused]] const bool registered = add_client<provider_client<on_asio>>("parley_asio");

}  // namespace
}  // namespace parley::bench
#endif
