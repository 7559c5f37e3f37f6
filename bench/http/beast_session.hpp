// A connection of a server as Boost.Beast's users write it: read a request, write the response,
// and so on. Requests that came together are answered one after the other, one write for each.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <utility>

#include "served.hpp"

namespace parley::bench {

class beast_session : public std::enable_shared_from_this<beast_session> {
 public:
  using tcp = boost::asio::ip::tcp;

  explicit beast_session(tcp::socket socket) : socket_(std::move(socket)) {}

  void read() {
    request_ = {};
    boost::beast::http::async_read(
        socket_, buffer_, request_,
        [self = shared_from_this()](boost::beast::error_code fault, std::size_t) {
          // The peer is gone, or does not speak HTTP: with the last handler the session ends.
          if (!fault) self->answer();
        });
  }

 private:
  void answer() {
    namespace http = boost::beast::http;
    response_ = {http::status::ok, request_.version()};
    response_.set(http::field::content_type, "text/plain");
    response_.keep_alive(request_.keep_alive());
    response_.body() = hello;
    response_.prepare_payload();
    http::async_write(socket_, response_,
                      [self = shared_from_this()](boost::beast::error_code fault, std::size_t) {
                        if (!fault && self->response_.keep_alive()) self->read();
                      });
  }

  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  boost::beast::http::request<boost::beast::http::string_body> request_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
};

// Accepts without an end.
inline void beast_accept(boost::asio::ip::tcp::acceptor& from) {
  from.async_accept([&from](boost::beast::error_code fault, boost::asio::ip::tcp::socket socket) {
    if (fault) return;
    socket.set_option(boost::asio::ip::tcp::no_delay(true));
    std::make_shared<beast_session>(std::move(socket))->read();
    beast_accept(from);
  });
}

}  // namespace parley::bench
