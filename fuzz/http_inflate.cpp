// Content codings: a body at once and in pieces must give the same bytes and the same fault, within
// the limits; what the deflater makes of any text must give the text.
//
// Input: one byte chooses the coding and what is done, one the largest piece, one the room; the
// rest is the body or the text, whose own bytes choose the cuts.
#include <algorithm>
#include <optional>
#include <parley/codecs/http/content_coding.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;

struct choices {
  http::coding how;
  http::inflate_limits limits;
  std::size_t largest;
  std::size_t room;
};

std::size_t cut(const choices& c, std::string_view rest) {
  const auto choice = static_cast<std::uint8_t>(rest.front());
  return std::min(choice % c.largest + 1, rest.size());
}

class decoder {
 public:
  explicit decoder(const choices& c, std::size_t room)
      : body_(c.how, c.limits), limits_(c.limits), room_(room) {}

  bool feed(std::string_view piece) {
    // A copy of exactly this size, so that a byte read beyond it is seen.
    const std::vector<char> copy(piece.begin(), piece.end());
    byte_view in = as_bytes({copy.data(), copy.size()});
    for (;;) {
      std::vector<std::byte> out(room_);
      const auto r = body_.decode(in, out);
      fuzz::must(r.consumed <= in.size() && r.produced <= out.size());
      in = in.subspan(r.consumed);
      text_ += as_text(byte_view(out).first(r.produced));
      check();
      if (r.status == http::inflate_status::failed) return false;
      if (r.status == http::inflate_status::out_full) continue;
      fuzz::must(in.empty());
      return true;
    }
  }
  bool finish() {
    const bool whole = body_.finish();
    fuzz::must(whole == !body_.fault());
    return whole;
  }
  const std::string& text() const { return text_; }
  std::optional<http::coding_fault> fault() const { return body_.fault(); }

 private:
  void check() const {
    fuzz::must(text_.size() == body_.total_out() && text_.size() <= limits_.max_output);
    if (limits_.max_ratio == 0) return;
    fuzz::must(text_.size() <= 2 * http::ratio_free_output + body_.total_in() * limits_.max_ratio);
  }

  http::inflater body_;
  http::inflate_limits limits_;
  std::size_t room_;
  std::string text_;
};

void decode(const choices& c, std::string_view input) {
  decoder whole(c, 4096);
  whole.feed(input);
  whole.finish();
  decoder pieces(c, c.room);
  for (std::string_view rest = input; !rest.empty();) {
    const std::size_t n = cut(c, rest);
    if (!pieces.feed(rest.substr(0, n))) break;
    rest.remove_prefix(n);
  }
  pieces.finish();
  // When a bomb is seen may depend on the pieces.
  const auto bomb = http::coding_fault::bomb;
  if (whole.fault() == bomb || pieces.fault() == bomb) {
    const auto& [shorter, longer] = std::minmax(
        whole.text(), pieces.text(), [](auto& a, auto& b) { return a.size() < b.size(); });
    fuzz::must(longer.starts_with(shorter));
    return;
  }
  fuzz::must(whole.text() == pieces.text() && whole.fault() == pieces.fault());
}

std::string encode(const choices& c, int level, std::string_view text) {
  http::deflater body(c.how, level);
  std::string bytes;
  for (bool over = false; !over;) {
    over = text.empty();
    const std::size_t n = over ? 0 : cut(c, text);
    auto how = http::flush::finish;
    if (!over) how = text.front() % 3 == 0 ? http::flush::sync : http::flush::none;
    byte_view in = as_bytes(text.substr(0, n));
    for (bool done = false; !done;) {
      std::vector<std::byte> out(c.room);
      const auto r = body.encode(in, out, how);
      fuzz::must(r.consumed <= in.size() && r.produced <= out.size() && !body.fault());
      fuzz::must(r.done || r.produced + r.consumed != 0);
      in = in.subspan(r.consumed);
      bytes += as_text(byte_view(out).first(r.produced));
      done = r.done;
    }
    text.remove_prefix(n);
  }
  return bytes;
}

void round_trip(choices c, int level, std::string_view text) {
  c.limits = {.max_ratio = 0};
  const std::string bytes = encode(c, level, text);
  decoder back(c, 1000);
  fuzz::must(back.feed(bytes) && back.finish() && back.text() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in({reinterpret_cast<const char*>(data), size});
  const std::uint8_t first = in.byte();
  choices c;
  c.how = static_cast<http::coding>(first % 3);
  // Small, so that a run is short.
  c.limits.max_output = (first & 0x40) != 0 ? 100 : 300'000;
  c.limits.max_ratio = (first & 0x20) != 0 ? 0 : 200;
  c.largest = in.byte() % 64 + 1U;
  c.room = in.byte() + 1U;
  const std::string_view rest = in.bytes(size);
  (void)http::choose_coding(rest);
  if ((first & 0x80) != 0) {
    round_trip(c, first / 3 % 10, rest);
  } else {
    decode(c, rest);
  }
  return 0;
}
