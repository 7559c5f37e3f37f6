// Boost.Beast, asynchronous, in one thread, without compression and without timeouts: a message is
// read whole into a buffer that is kept, and written from there as one frame.
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <memory>
#include <utility>

#include "echo.hpp"

namespace parley::bench {
namespace {

namespace beast = boost::beast;
using tcp = boost::asio::ip::tcp;
// With the executor's own type: nothing is erased, and calls can be inlined.
using executor = boost::asio::io_context::executor_type;
using socket_type = boost::asio::basic_stream_socket<tcp, executor>;
using acceptor_type = boost::asio::basic_socket_acceptor<tcp, executor>;

class session : public std::enable_shared_from_this<session> {
 public:
  explicit session(socket_type socket) : stream_(std::move(socket)) {
    stream_.auto_fragment(false);
  }

  void accept() {
    stream_.async_accept([self = shared_from_this()](beast::error_code fault) {
      if (!fault) self->read();
    });
  }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](beast::error_code fault, std::size_t) {
      // The peer is gone: with the last handler the session ends.
      if (!fault) self->write();
    });
  }

  void write() {
    stream_.text(stream_.got_text());
    stream_.async_write(buffer_.cdata(),
                        [self = shared_from_this()](beast::error_code fault, std::size_t) {
                          if (fault) return;
                          self->buffer_.clear();
                          self->read();
                        });
  }

  // false: compiled without permessage-deflate.
  beast::websocket::stream<socket_type, false> stream_;
  beast::flat_buffer buffer_;
};

void accept_from(acceptor_type& from) {
  from.async_accept([&from](beast::error_code fault, socket_type socket) {
    if (fault) return;
    socket.set_option(tcp::no_delay(true));
    std::make_shared<session>(std::move(socket))->accept();
    accept_from(from);
  });
}

void serve(std::uint16_t port) {
  boost::asio::io_context loop(1);
  acceptor_type acceptor(loop, {boost::asio::ip::address_v4::loopback(), port});
  accept_from(acceptor);
  loop.run();
}

[[maybe_unused]] const bool registered = add_echo<serve>("beast");

}  // namespace
}  // namespace parley::bench
