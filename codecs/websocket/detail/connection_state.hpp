// What a WebSocket connection needs while it is busy. Internal to websocket::connection.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <parley/codecs/websocket/connection.hpp>
#include <parley/codecs/websocket/decoder.hpp>
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/text/utf8.hpp>
#include <vector>

namespace parley::websocket {

// Bytes that grow as they come: never for a length that was only announced.
class message_buffer {
 public:
  byte_view view() const noexcept { return {bytes_.data(), size_}; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return bytes_.capacity(); }
  bool empty() const noexcept { return size_ == 0; }

  void append(byte_view data) {
    if (data.empty()) return;
    std::memcpy(room(data.size()).data(), data.data(), data.size());
    size_ += data.size();
  }
  // At least `n` bytes behind what is there; then grown(), if some of them were written.
  std::span<std::byte> room(std::size_t n) {
    if (bytes_.size() - size_ < n) bytes_.resize(std::max(size_ + n, bytes_.size() * 2));
    return std::span(bytes_).subspan(size_);
  }
  void grown(std::size_t n) noexcept { size_ += n; }
  // Keeps the room of usual messages only.
  void clear() noexcept {
    size_ = 0;
    if (bytes_.size() > kept) bytes_ = {};
  }

 private:
  static constexpr std::size_t kept = 64 * 1024;

  std::vector<std::byte> bytes_;
  std::size_t size_ = 0;
};

// Compression, both ways. Kept while the connection is idle: the windows are part of the protocol.
struct connection::coding {
  coding(role own, const deflate_agreement& agreed, const deflate_settings& settings,
         std::uint64_t max_size) noexcept
      : out(own, agreed, settings), in(own, agreed, settings, max_size), agreement(agreed) {}

  message_deflater out;
  message_inflater in;
  text::utf8_validator check;  // of the message that is inflated
  message_buffer scratch;      // the payload that was deflated last
  deflate_agreement agreement;
};

struct connection::working_set {
  working_set(role own, const connection_limits& bounds, bool deflate);

  limits frames;  // the decoder's
  receive_buffer input;
  send_buffer output;
  decoder decoding;
  message_buffer message;     // what has come of a message in several parts
  std::size_t delivered = 0;  // bytes of input that the application views
  std::size_t pongs = 0;      // of output, as many bytes may be pongs
  std::optional<error> why{};
  bool shows_message = false;  // `message` is with the application
  bool was_high = false;
  bool has_turned = false;  // the turn that `writable` needs was asked for
  // Of a compressed part that is being inflated: where it lies in the unread input, how much of it
  // is left, and how much input ends with it.
  std::size_t coded_at = 0;
  std::size_t coded_size = 0;
  std::size_t coded_end = 0;
  bool is_inflating = false;
  bool coded_last = false;
  bool coded_first = false;
  opcode type = opcode::binary;  // of the message that comes
};

}  // namespace parley::websocket
