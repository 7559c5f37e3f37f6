// A middle machine: TLS, WebSocket as a transport. Towards the socket it has
// the byte side of a machine, towards the protocol above a plain side. `stack`
// puts layers under a machine.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/time.hpp>
#include <span>

namespace parley {

// What came of asking a layer for plain bytes.
struct read_result {
  enum class status : unsigned char {
    ok,         // n bytes were written to the span; ask again
    need_data,  // the layer needs more from below
    eof,        // the peer ended its plain stream in an orderly way
    failed,     // see why()
  };
  status what = status::need_data;
  std::size_t n = 0;
};

// Virtual calls are paid per chunk, never per message. All calls of the byte
// side mean what they mean on a machine (machine.hpp).
class layer {
 public:
  virtual ~layer() = default;

  // --- byte side, towards the socket
  virtual void start(time_point now) = 0;
  virtual std::span<std::byte> prepare(std::size_t hint) = 0;
  virtual void commit(std::size_t n, time_point now) = 0;
  virtual void commit_eof(time_point now) = 0;
  virtual void commit_error(const error& why, time_point now) = 0;
  virtual buffer_list output() = 0;
  virtual void consume_output(std::size_t n) = 0;
  virtual void release() = 0;
  virtual bool ends_output() const = 0;
  virtual std::optional<time_point> next_deadline() const = 0;
  virtual void handle_timeout(time_point now) = 0;
  virtual bool wants_read() const = 0;
  virtual bool is_done() const = 0;

  // --- plain side, towards the machine above
  // The handshake is complete: plain bytes may flow.
  virtual bool open() const = 0;
  // Writes plain bytes into `into`. With an empty span it only advances the
  // handshake with what was committed.
  virtual read_result read(std::span<std::byte> into, time_point now) = 0;
  // Takes plain bytes up to the layer's own output limit; returns how many.
  virtual std::size_t write(buffer_list plain, time_point now) = 0;
  // Says farewell after what was written (close_notify, close frame). Called again
  // while it lasts, and also before the layer is open: then it just ends.
  virtual void close(time_point now) = 0;
  // Why read() returned failed.
  virtual const error& why() const = 0;
};

using layer_ptr = std::unique_ptr<layer>;

// Says of a machine's output where its messages end: how long the one is that begins with these
// bytes, or 0 if they are too few to say so; 8 are never too few.
using message_measure = std::size_t (*)(byte_view begin) noexcept;

}  // namespace parley
