// WebSocket as a transport: a layer under any machine, whose bytes travel in binary messages. See
// core/machine/layer.hpp for the calls and core/machine/stack.hpp for putting a machine on top;
// with TLS as well, that is the lower one.
//
//   settings.connection.pieces = true;             // messages need not be in memory as a whole
//   settings.handshake.subprotocols = mqtt;
//   stack<some::client> machine(some::client(...),
//                               std::make_unique<websocket::client_layer>(
//                                   websocket::client(settings, host, "/mqtt", random)),
//                               std::move(tls));
//
// Where a message begins and ends means nothing to the machine on top. Old peers want it all the
// same: with a measure no message of WebSocket has bytes of two that the machine has sent. Text is
// refused with 1003. A close frame with 1000, 1001 or without a code is the end of the bytes, and
// any other code a failure; an end without a close frame is errc::truncated.
#pragma once

#include <memory>
#include <optional>
#include <parley/codecs/websocket/client.hpp>
#include <parley/codecs/websocket/server.hpp>
#include <parley/core/machine/layer.hpp>
#include <string_view>
#include <vector>

namespace parley::detail {
class rest_of_list;
}

namespace parley::websocket {

// Side is client or server, as client_layer and server_layer.
template <class Side>
class machine_layer final : public layer {
 public:
  // The machine is one that was not started, and server_settings::ask is off. `kept` lives as long
  // as the layer: what the machine borrows, if nobody else keeps that.
  explicit machine_layer(Side machine, std::shared_ptr<const void> kept = nullptr,
                         message_measure measure = nullptr);
  ~machine_layer() override;

  // What was agreed upon, once open(); "" for none. Valid as long as the layer.
  std::string_view subprotocol() const noexcept { return machine_.subprotocol(); }
  bool is_compressed() const noexcept { return machine_.is_compressed(); }

  // --- layer
  void start(time_point now) override { machine_.start(now); }
  std::span<std::byte> prepare(std::size_t hint) override;
  void commit(std::size_t n, time_point now) override { machine_.commit(n, now); }
  void commit_eof(time_point now) override { machine_.commit_eof(now); }
  void commit_error(const error& why, time_point now) override { machine_.commit_error(why, now); }
  buffer_list output() override { return machine_.output(); }
  void consume_output(std::size_t n) override { machine_.consume_output(n); }
  void release() override;
  bool ends_output() const override { return machine_.ends_output(); }
  std::optional<time_point> next_deadline() const override { return machine_.next_deadline(); }
  void handle_timeout(time_point now) override;
  bool wants_read() const override;
  bool is_done() const override;

  bool open() const override { return opened_; }
  read_result read(std::span<std::byte> into, time_point now) override;
  std::size_t write(buffer_list plain, time_point now) override;
  void close(time_point now) override;
  const error& why() const override { return *why_; }

 private:
  // What one event was to the reader.
  enum class step : unsigned char { go_on, starved, over };

  step take(event& e, time_point now);
  step take_data(opcode type, byte_view data, time_point now);
  std::size_t give(std::span<std::byte> into) noexcept;
  read_result end(std::size_t got) const noexcept;
  bool measure_next(const parley::detail::rest_of_list& rest) noexcept;
  std::size_t write_some(const parley::detail::rest_of_list& rest, time_point now);
  std::size_t write_joined(const parley::detail::rest_of_list& rest, time_point now);

  std::shared_ptr<const void> kept_;
  Side machine_;
  byte_view rest_;                // of the message that is being read
  std::vector<std::byte> moved_;  // what rest_ shows once the machine's buffer may not
  std::vector<std::byte> joined_;
  std::optional<error> why_;
  message_measure measure_;
  std::size_t left_;  // of the message that is being written
  bool opened_ = false;
  bool ended_ = false;    // the peer's bytes have ended
  bool closing_ = false;  // close() was called
};

extern template class machine_layer<client>;
extern template class machine_layer<server>;

using client_layer = machine_layer<client>;
using server_layer = machine_layer<server>;

}  // namespace parley::websocket
