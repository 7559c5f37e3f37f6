#include <cstring>
#include <parley/codecs/websocket/deflate.hpp>
#include <parley/codecs/websocket/encoder.hpp>
#include <parley/codecs/websocket/shared_message.hpp>
#include <parley/core/text/utf8.hpp>
#include <span>

namespace parley::websocket {
namespace {

shared_bytes frame_of(opcode type, byte_view line, byte_view payload, bool is_compressed) {
  const std::size_t length = line.size() + payload.size();
  std::span<std::byte> room;
  shared_bytes frame = shared_bytes::allocate(header_size(length, false) + length, room);
  std::byte* to = put_header(room.data(), {.type = type, .length = length, .rsv1 = is_compressed});
  for (const byte_view part : {line, payload}) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  return frame;
}

}  // namespace

result<shared_message> shared_message::make(opcode type, byte_view payload,
                                            shared_deflater* deflater) {
  return make(type, {}, payload, deflater);
}

result<shared_message> shared_message::make(opcode type, byte_view line, byte_view payload,
                                            shared_deflater* deflater) {
  if (type != opcode::text && type != opcode::binary) {
    return fail(parley::errc::invalid_argument, "a message is text or binary");
  }
  if (type == opcode::text && !(text::valid_utf8(line) && text::valid_utf8(payload))) {
    return fail(parley::errc::invalid_argument, "text is not UTF-8");
  }
  shared_message out;
  out.plain_ = frame_of(type, line, payload, false);
  const byte_view whole = out.plain_.view().last(line.size() + payload.size());
  if (deflater != nullptr && deflater->is_worth_it(whole.size())) {
    const auto coded = deflater->compress(whole);
    if (coded && coded->size() < whole.size() &&
        deflater->goes_through(whole.size(), coded->size())) {
      out.compressed_ = frame_of(type, {}, *coded, true);
      out.window_bits_ = deflater->window_bits();
    }
  }
  return out;
}

}  // namespace parley::websocket
