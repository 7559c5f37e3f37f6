// Values over gRPC, both ways. Bytes that protobuf reads become a value of the same kinds, which is
// written again unless it is nested too deeply; a value that the input chooses is written, or
// refused for a reason that is seen from outside, and read again to the same.
//
// Input: one byte chooses what the rest is: a Request, a Reply, a Value, or how a value is built.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <parley/adapters/grpc/provider/payload.hpp>
#include <parley/core/text/utf8.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/reader.hpp"

namespace parley::fuzz {
namespace {

// It writes a line for each text that is not UTF-8.
const auto silent = google::protobuf::SetLogHandler(nullptr);

// --- what must be true of a message and of the value that it became ----------------------------

void check_same(const v1::Value& wire, const value& v);

void check_same_list(const v1::List& wire, const value& v) {
  must(v.is_array() && v.size() == static_cast<std::size_t>(wire.items_size()));
  for (int i = 0; i < wire.items_size(); ++i) {
    check_same(wire.items(i), v.items()[static_cast<std::size_t>(i)]);
  }
}

// In the order of the first of each name, with the content of the last.
void check_same_object(const v1::Object& wire, const value& v) {
  std::map<std::string, const v1::Member*> last;
  std::vector<std::string> order;
  for (const v1::Member& m : wire.members()) {
    if (!last.contains(m.name())) order.push_back(m.name());
    last[m.name()] = &m;
  }
  must(v.is_object() && v.size() == order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    must(v.members()[i].name.view() == order[i]);
    check_same(last[order[i]]->value(), v.members()[i].val);
  }
}

bool is_same_real(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void check_same(const v1::Value& wire, const value& v) {
  switch (wire.kind_case()) {
    case v1::Value::kBoolean:
      return must(v.as_bool() == wire.boolean());
    case v1::Value::kInteger:
      return must(v.is_integer() && v.as_int() == wire.integer());
    case v1::Value::kUnsignedInteger:
      return must(v.is_integer() && v.as_uint() == wire.unsigned_integer());
    case v1::Value::kReal:
      return must(v.is_double() && is_same_real(*v.as_double(), wire.real()));
    case v1::Value::kText:
      return must(v.is_text() && v.text() == wire.text() && text::valid_utf8(v.text()));
    case v1::Value::kBinary:
      return must(v.kind() == value_kind::bytes && as_text(v.bytes()) == wire.binary());
    case v1::Value::kList:
      return check_same_list(wire.list(), v);
    case v1::Value::kObject:
      return check_same_object(wire.object(), v);
    case v1::Value::kNull:
    case v1::Value::KIND_NOT_SET:
      return must(v.is_null());
  }
}

// --- what may be written ------------------------------------------------------------------------

// Messages inside each other, the outermost Value among them.
int messages_of(const value& v) {
  int most = 0;
  for (const value& item : v.items()) most = std::max(most, messages_of(item) + 1);
  for (const member& m : v.members()) most = std::max(most, messages_of(m.val) + 2);
  // An empty List or Object is one as well, which no limit of ours counts.
  return most + 1;
}

bool has_text_only(const value& v) {
  if (v.is_text()) return text::valid_utf8(v.text());
  for (const value& item : v.items()) {
    if (!has_text_only(item)) return false;
  }
  for (const member& m : v.members()) {
    if (!text::valid_utf8(m.name.view()) || !has_text_only(m.val)) return false;
  }
  return true;
}

std::string serialized(const google::protobuf::Message& m) {
  std::string bytes;
  must(m.SerializeToString(&bytes));
  return bytes;
}

// What was written is read, to the same, also by bytes: NaN is not equal to itself.
void check_written(const value& v) {
  v1::Request request;
  const auto ok = detail::encode(v, *request.mutable_value());
  must(ok.has_value() == (has_text_only(v) && messages_of(v) <= detail::grpc_max_messages));
  if (!ok) return must(ok.error() == errc::bad_value);
  v1::Request read;
  must(read.ParseFromString(serialized(request)));
  const value again = detail::decode(read.value());
  check_same(request.value(), again);
  v1::Request twice;
  must(detail::encode(again, *twice.mutable_value()).has_value());
  must(serialized(twice) == serialized(request));
}

// --- the two ways -------------------------------------------------------------------------------

template <class Wire>
void read_message(std::string_view bytes) {
  Wire wire;
  if (!wire.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const grpc_message m = detail::decode_message(wire);
  must(m.is_raw() == (wire.content_case() == Wire::kRaw));
  if (m.is_raw()) {
    must(as_text(m.bytes()) == wire.raw());
    Wire written;
    must(detail::encode(grpc_message(m), written).has_value() && written.raw() == wire.raw());
    must(detail::take_message(written).is_raw());
  } else {
    check_same(wire.value(), m.content());
    check_written(m.content());
  }
}

void read_value(std::string_view bytes) {
  v1::Value wire;
  if (!wire.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const value v = detail::decode(wire);
  check_same(wire, v);
  check_written(v);
}

std::uint64_t number(reader& in) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | in.byte();
  return bits;
}

value build(reader& in, int depth) {
  const std::uint8_t how = in.byte();
  switch (how % 12) {
    case 0:
      return how % 24 == 0 ? value() : value(how > 100);
    case 1:
      return value(static_cast<std::int64_t>(number(in)));
    case 2:
      return value(number(in));
    case 3: {
      const std::uint64_t bits = number(in);
      double real = 0;
      std::memcpy(&real, &bits, sizeof real);
      return value(real);
    }
    case 4:
    case 5:
      return value(std::string(in.bytes(how / 12)));
    case 6:
      return value::from_bytes(as_bytes(in.bytes(in.byte())));
    case 7: {  // a chain, which needs few bytes to be long
      const int length = in.byte() % 64;
      value inner = depth < 4 ? build(in, depth + 1) : value();
      for (int i = 0; i < length; ++i) {
        inner = how < 128 ? array(std::move(inner)) : fields("k", std::move(inner));
      }
      return inner;
    }
    case 8:
    case 9: {
      std::vector<value> items;
      for (int i = how / 12; i > 0 && depth < 60; --i) items.push_back(build(in, depth + 1));
      return value::from_array(std::move(items));
    }
    default: {
      std::vector<member> members;
      for (int i = how / 12; i > 0 && depth < 60; --i) {
        std::string name(in.bytes(in.byte() % 4));
        members.emplace_back(std::move(name), build(in, depth + 1));
      }
      return value::from_members(std::move(members));
    }
  }
}

}  // namespace
}  // namespace parley::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  fuzz::reader in(std::string_view(reinterpret_cast<const char*>(data), size));
  const std::uint8_t what = in.byte();
  const std::string_view rest = in.bytes(size);
  switch (what % 4) {
    case 0:
      fuzz::read_message<v1::Request>(rest);
      break;
    case 1:
      fuzz::read_message<v1::Reply>(rest);
      break;
    case 2:
      fuzz::read_value(rest);
      break;
    default: {
      fuzz::reader how(rest);
      fuzz::check_written(fuzz::build(how, 0));
    }
  }
  return 0;
}
