#include <parley/core/value/message.hpp>

#include <cstring>

namespace parley {
namespace {

// The length of the UTF-8 sequence at `at`, or 0 if there is none (RFC 3629 section 4:
// no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t sequence_length(byte_view in, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < in.size() ? std::to_integer<unsigned>(in[at + i]) : 0U;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned a = byte(0);
  const unsigned b = byte(1);
  if (a < 0x80) return 1;
  if (a >= 0xC2 && a <= 0xDF) return tail(1) ? 2 : 0;
  if (a >= 0xE0 && a <= 0xEF) {
    const bool low = a == 0xE0 ? b >= 0xA0 : true;
    const bool high = a == 0xED ? b <= 0x9F : true;
    return tail(1) && low && high && tail(2) ? 3 : 0;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    const bool low = a == 0xF0 ? b >= 0x90 : true;
    const bool high = a == 0xF4 ? b <= 0x8F : true;
    return tail(1) && low && high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

bool is_utf8(byte_view in) {
  for (std::size_t at = 0; at < in.size();) {
    const std::size_t n = sequence_length(in, at);
    if (n == 0) return false;
    at += n;
  }
  return true;
}

value text_or_bytes(byte_view payload) {
  return is_utf8(payload) ? value(as_text(payload)) : value::from_bytes(payload);
}

}  // namespace

result<value> decode(byte_view payload, decode_policy policy, json_decoder decoder) {
  switch (policy) {
    case decode_policy::json:
      if (!decoder) return fail(errc::not_supported, "no JSON decoder was given");
      return decoder(payload);
    case decode_policy::json_or_text:
      if (decoder) {
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
  if (!decoded_) decoded_.emplace(decode(payload_, policy_, decoder_));
  return *decoded_;
}

const value& message::value() const {
  const result<parley::value>& v = decoded();
  return v ? *v : parley::value::null();
}

}  // namespace parley
