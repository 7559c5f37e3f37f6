#include <cstring>
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/codecs/websocket/encoder.hpp>
#include <parley/codecs/websocket/shared_message.hpp>
#include <parley/core/text/utf8.hpp>
#include <span>

namespace parley::websocket {
namespace {

shared_bytes frame_of(opcode type, byte_view payload, bool is_compressed) {
  std::span<std::byte> room;
  shared_bytes frame =
      shared_bytes::allocate(header_size(payload.size(), false) + payload.size(), room);
  std::byte* const body =
      put_header(room.data(), {.type = type, .length = payload.size(), .rsv1 = is_compressed});
  if (!payload.empty()) std::memcpy(body, payload.data(), payload.size());
  return frame;
}

}  // namespace

result<shared_message> shared_message::make(opcode type, byte_view payload,
                                            shared_deflater* deflater) {
  if (type != opcode::text && type != opcode::binary) {
    return fail(parley::errc::invalid_argument, "a message is text or binary");
  }
  if (type == opcode::text && !text::valid_utf8(payload)) {
    return fail(parley::errc::invalid_argument, "text is not UTF-8");
  }
  shared_message out;
  out.plain_ = frame_of(type, payload, false);
  if (deflater != nullptr && deflater->is_worth_it(payload.size())) {
    if (const auto coded = deflater->compress(payload); coded && coded->size() < payload.size()) {
      out.compressed_ = frame_of(type, *coded, true);
      out.window_bits_ = deflater->window_bits();
    }
  }
  return out;
}

}  // namespace parley::websocket
