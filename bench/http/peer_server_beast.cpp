// Boost.Beast, asynchronous, in one thread.
#include "beast_session.hpp"

namespace parley::bench {
namespace {

void serve(std::uint16_t port) {
  boost::asio::io_context loop(1);
  boost::asio::ip::tcp::acceptor acceptor(loop, {boost::asio::ip::address_v4::loopback(), port});
  beast_accept(acceptor);
  loop.run();
}

[[maybe_unused]] const bool registered = add_served<serve>("beast");

}  // namespace
}  // namespace parley::bench
