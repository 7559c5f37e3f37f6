// What an idle connection costs a server of Boost.Beast: session, socket, buffer.
#include <vector>

#include "beast_session.hpp"
#include "common/loopback.hpp"
#include "memory.hpp"

namespace parley::bench {
namespace {

class idle_beast_sessions {
 public:
  idle_beast_sessions() {
    beast_accept(acceptor_);
    // Theirs, and not the server's.
    clients_.reserve(1024);
  }

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      clients_.emplace_back(acceptor_.local_endpoint().port());
      ask(clients_.back(), [this] { loop_.poll(); });
    }
  }
  void settle() { loop_.poll(); }

 private:
  boost::asio::io_context loop_{1};
  boost::asio::ip::tcp::acceptor acceptor_{loop_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::vector<client_socket> clients_;
};

[[maybe_unused]] const bool registered = add_memory<idle_beast_sessions>("beast");

}  // namespace
}  // namespace parley::bench
