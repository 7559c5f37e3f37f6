// Reads JSON lines and answers each at once with one: what the decoder of HTTP/1.1 makes of some
// bytes, fed whole (chunk 0) or `chunk` at a time:
//
//   {"id":1,"role":"request","chunk":0,"input":"<base64>"}
//   {"id":1,"messages":[{"method":"GET","target":"/","headers":[["Host","a"]],"trailers":[],
//     "body":"<base64>","complete":true}],"error":null}
//
// Responses have "status" instead of "method" and "target". A message is listed once its head is
// complete; at the end of the input one that lasts until then is complete as well. Behind a tunnel,
// or a request for one, nothing is read. Bytes of a name or value that are not UTF-8 are shown as
// the characters U+0080 to U+00FF. A line that cannot be understood is answered with an error.
//
//   build/conformance/http_driver [--lenient-host]      a request may lack Host
#include <algorithm>
#include <array>
#include <iostream>
#include <optional>
#include <parley/codecs/json/json.hpp>
#include <parley/core/text/utf8.hpp>
#include <string>

#include "support/http_messages.hpp"

namespace {

using namespace parley;

std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>((bits >> count) & 0xff));
  }
  return bytes;
}

// How many bytes at the front of `rest` are one character of UTF-8; 0 if none is.
std::size_t character_at(std::string_view rest) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, rest.size()); ++size) {
    if (text::valid_utf8(rest.substr(0, size))) return size;
  }
  return 0;
}

value to_text(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t size = character_at(bytes);
    if (size != 0) {
      text += bytes.substr(0, size);
    } else {
      const auto byte = static_cast<unsigned char>(bytes.front());
      text += static_cast<char>(0xc0 | (byte >> 6));
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
    bytes.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return text;
}

value to_pairs(const test::http_fields& fields) {
  value list = array();
  for (const auto& [name, content] : fields) list.push(array(to_text(name), to_text(content)));
  return list;
}

value to_value(const test::http_message& m) {
  value v = value::object();
  if (m.status != 0) {
    v.set("status", m.status);
  } else {
    v.set("method", to_text(m.method)).set("target", to_text(m.target));
  }
  v.set("headers", to_pairs(m.headers)).set("trailers", to_pairs(m.trailers));
  return v.set("body", value::from_bytes(as_bytes(m.body))).set("complete", m.complete);
}

std::string answer(const value& id, value messages, value error) {
  value v = value::object();
  v.set("id", id).set("messages", std::move(messages)).set("error", std::move(error));
  const auto text = json::to_text(v, {.bytes = json::bytes_form::base64});
  return text ? *text : "{\"error\":\"the answer cannot be written\"}";
}

std::string respond(std::string_view line, const http::leniency& tolerance) {
  const auto asked = json::parse(line);
  if (!asked) return answer({}, array(), asked.error().to_string());
  const value& id = (*asked)["id"];
  const std::string_view role = (*asked)["role"].text();
  const auto input = from_base64((*asked)["input"].text());
  const auto chunk = (*asked)["chunk"].as_uint();
  if (!input || !chunk || (role != "request" && role != "response")) {
    return answer(id, array(), "role, chunk or input is none");
  }
  const test::http_stream stream{
      .sender = role == "request" ? http::role::request : http::role::response,
      .tolerance = tolerance};
  test::http_feeding how;
  if (*chunk != 0) how.cuts = test::cuts_of(input->size(), *chunk);
  const test::http_reading reading = read_http(stream, how, *input);
  value messages = array();
  for (const test::http_message& m : reading.messages) messages.push(to_value(m));
  return answer(id, std::move(messages), reading.failed ? value(reading.error) : value());
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  http::leniency tolerance;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--lenient-host") return 2;
    tolerance.missing_host = true;
  }
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::cout << respond(line, tolerance) << std::endl;
  }
}
