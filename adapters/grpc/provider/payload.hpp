// Values and messages in the words of proto/parley.proto, and back.
#pragma once

#include <parley/adapters/grpc/grpc_message.hpp>
#include <parley/core/error.hpp>
#include <parley/core/value/value.hpp>

#include <parley/proto/parley.pb.h>

namespace parley::detail {

// Messages inside each other, of which protobuf reads a hundred. A list is two of them and an
// object three, and some are left for what a value is sent in.
inline constexpr int grpc_max_messages = 94;
inline constexpr int grpc_list_messages = 2;    // List, Value
inline constexpr int grpc_object_messages = 3;  // Object, Member, Value

// errc::bad_value if text is not UTF-8, or if it is nested deeper than that.
result<void> encode(const value& v, v1::Value& to);
value decode(const v1::Value& from);

// Request and Reply have the same content. Takes the bytes of a raw message over.
template <class Wire>
result<void> encode(grpc_message&& m, Wire& to) {
  if (!m.is_raw()) return encode(m.content(), *to.mutable_value());
  to.set_raw(std::move(m).take_bytes());
  return {};
}
template <class Wire>
grpc_message decode_message(const Wire& from) {
  if (from.content_case() == Wire::kRaw) return grpc_message::from_bytes(std::string(from.raw()));
  return grpc_message(decode(from.value()));
}
template <class Wire>
grpc_message take_message(Wire& from) {
  if (from.content_case() == Wire::kRaw) {
    return grpc_message::from_bytes(std::move(*from.mutable_raw()));
  }
  return grpc_message(decode(from.value()));
}

}  // namespace parley::detail
