// Boost.Beast's websocket::stream over memory, after a handshake: whole messages into one buffer
// that is kept.
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>

#include "harness.hpp"

namespace parley::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

// A socket whose peer has sent `rest` already, and takes whatever it gets.
class memory_stream {
 public:
  using executor_type = asio::io_context::executor_type;

  explicit memory_stream(asio::io_context& context) : executor_(context.get_executor()) {}

  executor_type get_executor() { return executor_; }

  template <class Buffers>
  std::size_t read_some(const Buffers& to, beast::error_code& fault) {
    const std::size_t n = asio::buffer_copy(to, asio::buffer(rest.data(), rest.size()));
    if (n == 0) fault = asio::error::eof;
    rest.remove_prefix(n);
    return n;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from, beast::error_code&) {
    return asio::buffer_size(from);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& to) {
    beast::error_code fault;
    return read_some(to, fault);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& from) {
    return asio::buffer_size(from);
  }

  std::string_view rest;

 private:
  executor_type executor_;
};

void teardown(beast::role_type, memory_stream&, beast::error_code&) {}

template <class Handler>
void async_teardown(beast::role_type, memory_stream&, Handler&&) {}

class beast_reader {
 public:
  explicit beast_reader(const workload& w) : work_(w), stream_(context_) {
    beast::http::request<beast::http::string_body> request(beast::http::verb::get, "/", 11);
    request.set(beast::http::field::host, "localhost");
    request.set(beast::http::field::upgrade, "websocket");
    request.set(beast::http::field::connection, "Upgrade");
    request.set(beast::http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
    request.set(beast::http::field::sec_websocket_version, "13");
    beast::error_code fault;
    stream_.accept(request, fault);
    if (fault) wrong("beast", "no handshake: " + fault.message());
  }

  const seen& due() const noexcept { return work_.expected; }

  seen read() {
    seen all;
    stream_.next_layer().rest = work_.bytes;
    beast::error_code fault;
    while (all.messages < work_.expected.messages) {
      buffer_.clear();
      stream_.read(buffer_, fault);
      if (fault) break;
      const auto data = buffer_.cdata();
      all.add(stream_.got_text(), {static_cast<const char*>(data.data()), data.size()});
    }
    return all;
  }

 private:
  const workload& work_;
  asio::io_context context_;
  beast::websocket::stream<memory_stream, false> stream_;
  beast::flat_buffer buffer_;
};

[[maybe_unused]] const bool registered = add_readers<beast_reader>("beast");

}  // namespace
}  // namespace parley::bench
