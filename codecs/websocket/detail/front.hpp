// The handshake in front of a WebSocket connection: while it lasts, a machine of HTTP has the
// bytes. Internal to websocket::connection, server and client.
#pragma once

#include <parley/codecs/websocket/connection.hpp>
#include <string_view>
#include <utility>

namespace parley::websocket {

// The machine's calls, as connection forwards them.
class connection::front {
 public:
  front() = default;
  front(const front&) = delete;
  front& operator=(const front&) = delete;
  virtual ~front() = default;

  virtual void start(time_point now) = 0;
  virtual std::span<std::byte> prepare(std::size_t hint) = 0;
  virtual void commit(std::size_t n, time_point now) = 0;
  virtual void commit_eof(time_point now) = 0;
  virtual void commit_error(const error& why, time_point now) = 0;
  // Told whose handshake it is: a machine may be moved before start().
  virtual event next_event(connection& owner) = 0;
  virtual buffer_list output() = 0;
  virtual void consume_output(std::size_t n) = 0;
  virtual void release() = 0;
  virtual bool ends_output() const = 0;
  virtual std::optional<time_point> next_deadline() const = 0;
  virtual void handle_timeout(time_point now) = 0;
  virtual bool wants_read() const = 0;
  virtual bool is_done() const = 0;
  virtual output_chain release_output() = 0;
  virtual void drop() noexcept = 0;
  virtual std::size_t buffered() const = 0;
  virtual std::size_t held_memory() const = 0;

 protected:
  // The handshake is complete: the connection begins with what the machine of HTTP has left.
  static void open(connection& owner, output_chain unwritten, byte_view unread, time_point now) {
    owner.work().output = send_buffer(std::move(unwritten));
    owner.take(unread);
    owner.open(now);
  }
  static void finish(connection& owner) noexcept { owner.phase_ = phase::over; }
};

}  // namespace parley::websocket
