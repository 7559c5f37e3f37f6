// Boost.Beast with RapidJSON, asynchronous, in one thread: a session as its examples have it, whose
// buffers and messages are kept.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <utility>

#include "rapid.hpp"
#include "served.hpp"

namespace parley::bench {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::beast::error_code;

class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, rapid_answers& answers)
      : socket_(std::move(socket)), answers_(answers) {}

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [self = shared_from_this()](error_code fault, std::size_t) {
                       // The peer is gone, or does not speak HTTP: the session ends.
                       if (!fault) self->answer();
                     });
  }

 private:
  void answer() {
    response_ = {http::status::ok, request_.version()};
    response_.keep_alive(request_.keep_alive());
    const auto made = make();
    if (made) {
      response_.set(http::field::content_type, "application/json");
      response_.body() = *made;
    } else {
      response_.result(http::status::bad_request);
    }
    response_.prepare_payload();
    http::async_write(socket_, response_,
                      [self = shared_from_this()](error_code fault, std::size_t) {
                        if (!fault && self->response_.keep_alive()) self->read();
                      });
  }

  std::optional<std::string_view> make() {
    const std::string_view path = request_.target();
    if (request_.method() == http::verb::get) {
      const auto number = item_number(path);
      if (number) return answers_.article(*number);
    } else if (request_.method() == http::verb::post && path == calculate_path) {
      return answers_.calculate(request_.body());
    }
    return std::nullopt;
  }

  tcp::socket socket_;
  rapid_answers& answers_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

void accept(tcp::acceptor& from, rapid_answers& answers) {
  from.async_accept([&](error_code fault, tcp::socket socket) {
    if (fault) return;
    socket.set_option(tcp::no_delay(true));
    std::make_shared<session>(std::move(socket), answers)->read();
    accept(from, answers);
  });
}

void serve(std::uint16_t port) {
  rapid_answers answers;
  boost::asio::io_context loop(1);
  tcp::acceptor acceptor(loop, {boost::asio::ip::address_v4::loopback(), port});
  accept(acceptor, answers);
  loop.run();
}

[[maybe_unused]] const bool registered = add_served<serve>("beast");

}  // namespace
}  // namespace parley::bench
