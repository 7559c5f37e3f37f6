// grpc_stream: one end of a stream of messages, at a client or at a server. The three kinds of gRPC
// are used the same way: write, end, and read until nothing comes.
//
//   auto stream = client.open("count", grpc_kind::server_stream, parley::fields("to", 3));
//   for (;;) {
//     auto next = co_await stream->read();
//     if (!next) co_return report(next.error());   // how the stream failed
//     if (!*next) break;                           // it has ended well
//     use((*next)->content());
//   }
#pragma once

#include <cstdint>
#include <optional>
#include <parley/adapters/grpc/grpc_message.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/time.hpp>
#include <string_view>
#include <utility>

namespace parley {

// Who sends how many messages.
enum class grpc_kind : std::uint8_t {
  server_stream,  // one request, many replies
  client_stream,  // many requests, one reply
  both,           // many both ways, in any order
};

// What a call or a stream of a client may set. The views are read before the call returns.
struct grpc_call_options {
  grpc_call_options() noexcept {}
  // Zero: the provider's call_timeout for a call, none for a stream.
  duration timeout{};
  // May be carried out twice: see grpc_config::retry. Calls alone.
  bool repeatable = false;
  // How its messages are compressed; nothing: as grpc_config::compression says.
  std::optional<grpc_compression> compression{};
  // Sent besides the provider's own; must live until the call returns.
  const grpc_metadata* metadata = nullptr;
};

inline result<void> check_metadata(const grpc_call_options& options) {
  return options.metadata ? check_metadata(*options.metadata) : result<void>();
}

// What implements a stream. Internal.
class grpc_stream_core {
 public:
  virtual operation<void> write(grpc_message m) = 0;
  virtual operation<std::optional<grpc_message>> read() = 0;
  // Null: well.
  virtual void end(const error* why) = 0;
  virtual std::string_view name() const = 0;
  virtual grpc_kind kind() const = 0;
  virtual const grpc_metadata& headers() const = 0;
  virtual const grpc_metadata& trailers() const = 0;
  virtual result<void> set_trailer(std::string_view name, std::string_view text) = 0;
  virtual bool is_open() const = 0;
  virtual std::size_t queued_bytes() const = 0;
  virtual void retain_handle() noexcept = 0;
  virtual void release_handle() noexcept = 0;

 protected:
  ~grpc_stream_core() = default;
};

// A handle; copies share the stream. When the last one is destroyed before the stream has ended, it
// is cancelled. Belongs to the thread of the loop; may outlive its provider, and is dead then.
class grpc_stream {
 public:
  explicit grpc_stream(grpc_stream_core& core) noexcept : core_(&core) { core_->retain_handle(); }
  grpc_stream(const grpc_stream& other) noexcept : core_(other.core_) {
    if (core_) core_->retain_handle();
  }
  grpc_stream(grpc_stream&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  grpc_stream& operator=(grpc_stream other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~grpc_stream() {
    if (core_) core_->release_handle();
  }

  // Sends a message. Ends when so little waits before gRPC (64 KiB, or half of write_limit) that
  // the next is welcome, and gRPC takes no more than the other end reads: who awaits it never fills
  // a queue. Up to write_limit bytes may wait for their turn; more is errc::queue_full, and nothing
  // was sent. errc::closed after the end; errc::misuse for a second reply of a client_stream. That
  // it has ended well does not mean that the other end has got the message.
  operation<void> write(grpc_message m) { return core_->write(std::move(m)); }
  // The next message; nothing when the other end has ended well; its error when not. Once the first
  // is asked for, gRPC reads up to 64 KiB ahead, and one message; after that the other end waits.
  // One read at a time: errc::misuse.
  operation<std::optional<grpc_message>> read() { return core_->read(); }
  // A client: sends no more messages, and goes on reading. A server: ends the stream well, after
  // what was written; what was not read is lost.
  void end() { core_->end(nullptr); }
  // A client: cancels the stream. A server: ends it with this error, now.
  void end(const error& why) { core_->end(&why); }
  // Ends it now, at both ends; what waits here ends with errc::cancelled.
  void cancel() { end(error(errc::cancelled)); }

  // What it was opened with.
  std::string_view name() const { return core_->name(); }
  grpc_kind kind() const { return core_->kind(); }
  // Metadata of the other end: a client has a server's with the first message, a server a client's
  // at once.
  const grpc_metadata& headers() const { return core_->headers(); }
  // A client: what came with the end.
  const grpc_metadata& trailers() const { return core_->trailers(); }
  // A server: sent with the end. errc::invalid_argument for what is no metadata: it is not sent.
  result<void> set_trailer(std::string_view name, std::string_view text) {
    return core_->set_trailer(name, text);
  }
  // False once it has ended or was cancelled, by whichever end.
  bool is_open() const { return core_->is_open(); }
  // Bytes of messages that wait for their turn.
  std::size_t queued_bytes() const { return core_->queued_bytes(); }

 private:
  grpc_stream_core* core_;
};

// A server's: is given each stream that a client opens under its name, in the loop's thread.
using grpc_stream_handler = callback<void(grpc_stream)>;

}  // namespace parley
