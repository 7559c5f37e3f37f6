#include <parley/adapters/grpc/provider/payload.hpp>
#include <parley/core/text/utf8.hpp>
#include <utility>
#include <vector>

namespace parley::detail {
namespace {

result<void> encode_text(std::string_view text, std::string& to) {
  if (!text::valid_utf8(text)) return fail(errc::bad_value, "text that is not UTF-8");
  to.assign(text);
  return {};
}

result<void> encode_at(const value& v, v1::Value& to, int messages);

result<void> encode_array(const value& v, v1::List& to, int messages) {
  to.mutable_items()->Reserve(static_cast<int>(v.size()));
  for (const value& item : v.items()) {
    if (auto ok = encode_at(item, *to.add_items(), messages); !ok) return ok;
  }
  return {};
}

result<void> encode_object(const value& v, v1::Object& to, int messages) {
  to.mutable_members()->Reserve(static_cast<int>(v.size()));
  for (const member& m : v.members()) {
    v1::Member& made = *to.add_members();
    if (auto ok = encode_text(m.name.view(), *made.mutable_name()); !ok) return ok;
    if (auto ok = encode_at(m.val, *made.mutable_value(), messages); !ok) return ok;
  }
  return {};
}

result<void> encode_at(const value& v, v1::Value& to, int messages) {
  if (messages > grpc_max_messages) return fail(errc::bad_value, "nested too deeply");
  switch (v.kind()) {
    case value_kind::null:
      to.set_null(true);
      return {};
    case value_kind::boolean:
      to.set_boolean(*v.as_bool());
      return {};
    case value_kind::integer:
      to.set_integer(*v.as_int());
      return {};
    case value_kind::unsigned_integer:
      to.set_unsigned_integer(*v.as_uint());
      return {};
    case value_kind::real:
      to.set_real(*v.as_double());
      return {};
    case value_kind::text:
      return encode_text(v.text(), *to.mutable_text());
    case value_kind::bytes:
      to.set_binary(v.bytes().data(), v.bytes().size());
      return {};
    case value_kind::array:
      return encode_array(v, *to.mutable_list(), messages + grpc_list_messages);
    case value_kind::object:
      return encode_object(v, *to.mutable_object(), messages + grpc_object_messages);
  }
  return {};
}

value decode_list(const v1::List& from) {
  std::vector<value> items;
  items.reserve(static_cast<std::size_t>(from.items_size()));
  for (const v1::Value& item : from.items()) items.push_back(decode(item));
  return value::from_array(std::move(items));
}

value decode_object(const v1::Object& from) {
  std::vector<member> members;
  members.reserve(static_cast<std::size_t>(from.members_size()));
  for (const v1::Member& m : from.members()) members.emplace_back(m.name(), decode(m.value()));
  return value::from_members(std::move(members));
}

}  // namespace

result<void> encode(const value& v, v1::Value& to) { return encode_at(v, to, 1); }

// As deep as protobuf has read it.
value decode(const v1::Value& from) {
  switch (from.kind_case()) {
    case v1::Value::kBoolean:
      return value(from.boolean());
    case v1::Value::kInteger:
      return value(std::int64_t{from.integer()});
    case v1::Value::kUnsignedInteger:
      return value(std::uint64_t{from.unsigned_integer()});
    case v1::Value::kReal:
      return value(from.real());
    case v1::Value::kText:
      return value(from.text());
    case v1::Value::kBinary:
      return value::from_bytes(as_bytes(from.binary()));
    case v1::Value::kList:
      return decode_list(from.list());
    case v1::Value::kObject:
      return decode_object(from.object());
    case v1::Value::kNull:
    case v1::Value::KIND_NOT_SET:
      return {};
  }
  return {};
}

}  // namespace parley::detail
