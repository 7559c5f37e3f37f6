// A message that is encoded once and sent to many: one buffer behind all of them.
#pragma once

#include <cstddef>
#include <parley/codecs/websocket/deflate_agreement.hpp>
#include <parley/codecs/websocket/frame.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>

namespace parley::websocket {

class shared_deflater;

// What a server sends: frames without masks. Copies share the bytes.
//
//   websocket::shared_deflater deflater(settings);            // one for the whole server
//   if (auto m = shared_message::make(opcode::text, payload, &deflater); m)
//     for (auto& peer : peers) (void)peer.send(*m, now);
class shared_message {
 public:
  // Encodes, and compresses where that pays: with a deflater and from its threshold on, if it gets
  // shorter. Errors: invalid_argument if it is neither text (in UTF-8) nor binary.
  static result<shared_message> make(opcode type, byte_view payload,
                                     shared_deflater* deflater = nullptr);

  // An envelope: `line` stands in front of the payload (envelope.hpp).
  static result<shared_message> make(opcode type, byte_view line, byte_view payload,
                                     shared_deflater* deflater);

  // How much it is in a queue, as long as nobody knows how it will be sent.
  std::size_t size() const noexcept { return plain_.size(); }
  // Header and payload.
  const shared_bytes& plain() const noexcept { return plain_; }
  // The same compressed; empty if it is not.
  const shared_bytes& compressed() const noexcept { return compressed_; }

  // Whether a receiver with this agreement can read the compressed one.
  bool is_compressed_for(role own, const deflate_agreement& agreed) const noexcept {
    return !compressed_.empty() && agreed.window_bits(own) >= window_bits_;
  }

 private:
  shared_message() noexcept = default;

  shared_bytes plain_;
  shared_bytes compressed_;
  unsigned window_bits_ = 0;  // that the compressed one needs
};

}  // namespace parley::websocket
