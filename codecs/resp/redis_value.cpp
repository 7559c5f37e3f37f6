#include <parley/codecs/resp/detail/redis_value.hpp>
#include <parley/core/text/utf8.hpp>
#include <string>
#include <vector>

namespace parley::detail {
namespace {

value to_text(std::string_view text, bool decode) {
  // Redis has no types for text: what is UTF-8 reads as text, anything else stays
  // bytes, so that images survive.
  if (decode && text::valid_utf8(as_bytes(text))) return value(text);
  return value::from_bytes(as_bytes(text));
}

value to_array(resp::element reply, bool decode) {
  std::vector<value> items;
  for (resp::element e : reply) items.push_back(to_value(e, decode));
  return value::from_array(std::move(items));
}

// RESP3 sends a double, RESP2 its text: as<double>() reads both.
value score_of(resp::element e) {
  auto number = e.as<double>();
  return number ? value(*number) : value();
}

}  // namespace

value to_value(resp::element reply, bool decode) {
  switch (reply.type()) {
    case resp::kind::null:
    case resp::kind::stream_end:
    case resp::kind::attribute:
      return {};
    case resp::kind::integer:
      return reply.integer();
    case resp::kind::number:
      return reply.number();
    case resp::kind::boolean:
      return reply.boolean();
    case resp::kind::map:
      return to_object(reply, decode);
    case resp::kind::array:
    case resp::kind::set:
    case resp::kind::push:
      return to_array(reply, decode);
    case resp::kind::simple_string:
    case resp::kind::blob_string:
    case resp::kind::verbatim:
    case resp::kind::big_number:
    case resp::kind::error:
    case resp::kind::blob_error:
      break;
  }
  return to_text(reply.text(), decode);
}

// From a map (RESP3) or a flat array (RESP2): the iterator yields both alike.
value to_object(resp::element reply, bool decode) {
  value object = value::object();
  for (auto it = reply.begin(); it != reply.end(); ++it) {
    const std::string name((*it).text());
    if (++it == reply.end()) break;
    object.set(name, to_value(*it, decode));
  }
  return object;
}

value to_scored(resp::element reply, bool decode) {
  std::vector<value> items;
  for (auto it = reply.begin(); it != reply.end(); ++it) {
    if ((*it).is_aggregate()) {  // RESP3: pairs
      items.push_back(array(to_value((*it).at(0), decode), score_of((*it).at(1))));
      continue;
    }
    value member = to_value(*it, decode);
    if (++it == reply.end()) break;
    items.push_back(array(std::move(member), score_of(*it)));
  }
  return value::from_array(std::move(items));
}

}  // namespace parley::detail
