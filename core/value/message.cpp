#include <parley/core/value/message.hpp>

#include <cstring>
#include <parley/core/text/utf8.hpp>

namespace parley {
namespace {

// Text is UTF-8 by definition: what is not would break JSON writers and terminals
// later, far from here.
value text_or_bytes(byte_view payload) {
  return text::valid_utf8(payload) ? value(as_text(payload)) : value::from_bytes(payload);
}

}  // namespace

result<value> decode(byte_view payload, decode_policy policy, json_decoder decoder) {
  switch (policy) {
    case decode_policy::json:
      if (!decoder) return fail(errc::not_supported, "no JSON decoder was given");
      return decoder(payload);
    case decode_policy::json_or_text:
      if (decoder) {
        // A payload that is no JSON is not an error here, only text.
        if (auto parsed = decoder(payload)) return parsed;
      }
      return text_or_bytes(payload);
    case decode_policy::text:
      return text_or_bytes(payload);
    case decode_policy::bytes:
      break;
  }
  return value::from_bytes(payload);
}

// One block for all three views: it does not move when the message does.
message::message(const message& other)
    : topic_(other.topic_),
      pattern_(other.pattern_),
      payload_(other.payload_),
      bytes_(other.bytes_),
      decoded_(other.decoded_),
      policy_(other.policy_),
      decoder_(other.decoder_) {
  // It owns its bytes already, and never changes them: copies share the block.
  if (bytes_) return;
  const std::size_t total = topic_.size() + pattern_.size() + payload_.size();
  auto block = std::make_shared_for_overwrite<char[]>(total);
  char* at = block.get();
  const auto keep = [&at](std::string_view text) {
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    const std::string_view kept(at, text.size());
    at += text.size();
    return kept;
  };
  topic_ = keep(topic_);
  pattern_ = keep(pattern_);
  payload_ = as_bytes(keep(text()));
  bytes_ = std::move(block);
}

const result<value>& message::decoded() const {
  // Decoded on demand and once: many listeners only forward the bytes.
  if (!decoded_) decoded_.emplace(decode(payload_, policy_, decoder_));
  return *decoded_;
}

const value& message::value() const {
  const result<parley::value>& v = decoded();
  return v ? *v : parley::value::null();
}

}  // namespace parley
