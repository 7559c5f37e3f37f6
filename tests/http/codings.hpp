// Whole bodies through an inflater or a deflater, in pieces and rooms of any size.
#pragma once

#include <algorithm>
#include <optional>
#include <parley/codecs/http/content_coding.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

struct decoded {
  std::string text;
  std::optional<http::coding_fault> fault;
  std::uint64_t taken = 0;
  friend bool operator==(const decoded&, const decoded&) = default;
};

// Decodes `input` up to `end` into `to`, in rooms of `room` bytes. False once it failed.
inline bool feed(http::inflater& body, std::string_view input, std::string& to, std::size_t room) {
  // Exactly this size, so that a byte read or written beyond it is seen.
  const std::vector<char> copy(input.begin(), input.end());
  byte_view in = as_bytes({copy.data(), copy.size()});
  for (;;) {
    std::vector<std::byte> out(room);
    const auto r = body.decode(in, out);
    to += as_text(byte_view(out).first(r.produced));
    in = in.subspan(r.consumed);
    if (r.status == http::inflate_status::failed) return false;
    if (r.status != http::inflate_status::out_full) return in.empty();
  }
}

// The whole body in pieces of `piece` bytes, the first of `first`.
inline decoded decode_body(http::inflater& body, std::string_view input,
                           std::size_t piece = unlimited, std::size_t room = 4096,
                           std::size_t first = unlimited) {
  decoded all;
  std::size_t size = std::min(first, piece);
  bool goes_on = true;
  while (goes_on && !input.empty()) {
    goes_on = feed(body, input.substr(0, size), all.text, room);
    input.remove_prefix(std::min(size, input.size()));
    size = piece;
  }
  (void)body.finish();
  all.fault = body.fault();
  all.taken = body.total_in();
  return all;
}

inline decoded decode_body(http::coding how, std::string_view input, std::size_t piece = unlimited,
                           std::size_t room = 4096, const http::inflate_limits& limits = {}) {
  http::inflater body(how, limits);
  return decode_body(body, input, piece, room);
}

// Encodes one piece, in rooms of `room` bytes. False if it comes to no end.
inline bool feed(http::deflater& body, std::string_view input, http::flush how, std::string& to,
                 std::size_t room) {
  byte_view in = as_bytes(input);
  const std::size_t most = 100 + 2 * input.size();
  for (std::size_t calls = 0; calls < most + 400'000; ++calls) {
    std::vector<std::byte> out(room);
    const auto r = body.encode(in, out, how);
    to += as_text(byte_view(out).first(r.produced));
    in = in.subspan(r.consumed);
    if (r.done) return in.empty();
    if (body.fault()) return false;
  }
  return false;
}

inline std::string encode_body(http::coding how, std::string_view text,
                               int level = http::default_level) {
  http::deflater body(how, level);
  std::string to;
  return feed(body, text, http::flush::finish, to, 4096) ? to : std::string("no end");
}

}  // namespace parley::test
