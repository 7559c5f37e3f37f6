// Compressed messages: each at once and in pieces must give the same bytes and the same fault,
// within the limits; what the deflaters make of any text must give the text, in whatever order own
// and shared messages come.
//
// Input: one byte chooses what is done and the limits, one the window and who takes over, one the
// largest piece, one the room. Then messages, each one byte of length and its bytes, which choose
// the cuts as well; the last has what is left.
#include <algorithm>
#include <memory>
#include <parley/codecs/websocket/deflate.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;
using websocket::inflate_status;

struct choices {
  websocket::deflate_agreement agreed;
  websocket::deflate_settings settings;
  std::uint64_t max_size;
  std::size_t largest;
  std::size_t room;
};

std::size_t cut(const choices& c, std::string_view rest) {
  if (rest.empty()) return 0;
  return std::min(static_cast<std::uint8_t>(rest.front()) % c.largest + 1, rest.size());
}

std::string_view next_message(fuzz::reader& in, bool& is_last) {
  const std::size_t size = in.byte();
  is_last = size >= 250;
  const std::string_view message = in.bytes(is_last ? std::string_view::npos : size);
  is_last = is_last || in.empty();
  return message;
}

class decoder {
 public:
  decoder(const choices& c, std::size_t room)
      : coder_(websocket::role::client, c.agreed, c.settings, c.max_size),
        choices_(c),
        room_(room) {}

  // False once it failed.
  bool feed(std::string_view piece, bool last) {
    // A copy of exactly this size, so that a byte read beyond it is seen.
    const std::vector<char> copy(piece.begin(), piece.end());
    byte_view in = as_bytes({copy.data(), copy.size()});
    for (;;) {
      std::vector<std::byte> out(room_);
      const auto r = coder_.decode(in, out, last);
      fuzz::must(r.consumed <= in.size() && r.produced <= out.size());
      in = in.subspan(r.consumed);
      text_ += as_text(byte_view(out).first(r.produced));
      check();
      fuzz::must(coder_.fault().has_value() == (r.status == inflate_status::failed));
      if (r.status == inflate_status::failed) return false;
      if (r.status == inflate_status::out_full) continue;
      fuzz::must(in.empty() && (r.status == inflate_status::done) == last);
      return true;
    }
  }
  bool feed_in_pieces(std::string_view message) {
    do {
      const std::string_view piece = message.substr(0, cut(choices_, message));
      message.remove_prefix(piece.size());
      if (!feed(piece, message.empty())) return false;
    } while (!message.empty());
    return true;
  }
  void begin() { text_.clear(); }
  const std::string& text() const { return text_; }
  std::string_view fault() const { return coder_.fault() ? coder_.fault()->name() : ""; }

 private:
  void check() const {
    fuzz::must(text_.size() == coder_.total_out() && text_.size() <= choices_.max_size);
    const unsigned ratio = choices_.settings.max_ratio;
    fuzz::must(ratio == 0 ||
               text_.size() <= websocket::deflate_free_output + 65536 + coder_.total_in() * ratio);
  }

  websocket::message_inflater coder_;
  const choices& choices_;
  std::size_t room_;
  std::string text_;
};

// What the fault is, and when it is seen, may depend on the pieces: of a bomb, and of a peer that
// looks back further than was agreed.
bool may_differ(const choices& c, std::string_view fault) {
  return fault == "inflates_too_far" ||
         (fault == "bad_deflate" && c.agreed.server_max_window_bits < 15);
}

void decode(const choices& c, fuzz::reader in) {
  decoder whole(c, 4096);
  decoder pieces(c, c.room);
  for (bool is_last = false; !is_last;) {
    const std::string_view message = next_message(in, is_last);
    whole.begin();
    pieces.begin();
    const bool good = whole.feed(message, true);
    const bool same = pieces.feed_in_pieces(message) == good;
    if (may_differ(c, whole.fault()) || may_differ(c, pieces.fault())) {
      const auto& [shorter, longer] = std::minmax(
          whole.text(), pieces.text(), [](auto& a, auto& b) { return a.size() < b.size(); });
      fuzz::must(longer.starts_with(shorter));
      return;
    }
    fuzz::must(same && whole.text() == pieces.text() && whole.fault() == pieces.fault());
    if (!good) return;
  }
}

std::string encode(const choices& c, websocket::message_deflater& coder, std::string_view text) {
  std::string payload;
  bool over = false;
  while (!over) {
    const std::size_t n = cut(c, text);
    byte_view in = as_bytes(text.substr(0, n));
    text.remove_prefix(n);
    over = text.empty();
    for (bool done = false; !done;) {
      std::vector<std::byte> out(c.room);
      const auto r = coder.encode(in, out, over);
      fuzz::must(r.consumed <= in.size() && r.produced <= out.size() && !coder.has_failed());
      fuzz::must(r.done || r.produced + r.consumed != 0);
      in = in.subspan(r.consumed);
      payload += as_text(byte_view(out).first(r.produced));
      done = r.done;
    }
  }
  return payload;
}

void round_trips(choices c, fuzz::reader in) {
  c.settings.max_ratio = 0;
  c.max_size = std::uint64_t{1} << 30;
  websocket::message_deflater own(websocket::role::server, c.agreed, c.settings);
  websocket::shared_deflater shared(c.settings);
  decoder back(c, 1000);
  const bool may_share = shared.is_for(websocket::role::server, c.agreed);
  for (bool is_last = false; !is_last;) {
    const std::string_view text = next_message(in, is_last);
    back.begin();
    if (may_share && text.size() % 3 == 0) {
      const auto payload = shared.compress(as_bytes(text));
      fuzz::must(payload && back.feed_in_pieces(as_text(*payload)));
      own.forget();
    } else {
      fuzz::must(back.feed_in_pieces(encode(c, own, text)));
    }
    fuzz::must(back.text() == text);
    if (text.size() % 7 == 1) own.release();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in({reinterpret_cast<const char*>(data), size});
  const std::uint8_t first = in.byte();
  const std::uint8_t second = in.byte();
  choices c;
  c.agreed.server_max_window_bits = static_cast<std::uint8_t>(15 - second % 7);
  c.agreed.server_no_context_takeover = (second & 0x80) != 0;
  c.settings.own_max_window_bits = static_cast<std::uint8_t>(9 + first % 7);
  c.settings.memory_level = static_cast<std::uint8_t>(first % 9 + 1);
  c.settings.level = static_cast<std::uint8_t>(second % 10);
  c.settings.max_ratio = (first & 0x20) != 0 ? 0 : 200;
  // Small, so that a run is short.
  c.max_size = (first & 0x40) != 0 ? 100 : 300'000;
  c.largest = in.byte() % 64 + 1U;
  c.room = in.byte() + 1U;
  if ((first & 0x80) != 0) {
    round_trips(c, in);
  } else {
    decode(c, in);
  }
  return 0;
}
