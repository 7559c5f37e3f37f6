// Feeds the WebSocket decoder as a connection would, in any pieces, and hands on each part.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <parley/codecs/websocket/decoder.hpp>

#include "support/guarded.hpp"

namespace parley::test {

// What a stream is to a decoder.
struct websocket_stream {
  websocket::role own = websocket::role::server;
  websocket::limits bounds = {};
  bool deflate = false;
};

enum class websocket_ending : std::uint8_t { end, more, closed, failed };

class websocket_feeder {
 public:
  // `cuts` are places in the input. With `guard`, which has room for the input, that of each call
  // ends at a page without access.
  websocket_feeder(const websocket_stream& stream, const std::vector<std::size_t>& cuts,
                   std::string_view input, guarded* guard = nullptr)
      : decoder(stream.own, stream.bounds, stream.deflate),
        cuts_(cuts),
        input_(input),
        guard_(guard) {}

  // Calls `visit(part)` for each part but need_data, whose data is valid meanwhile.
  template <class Visit>
  websocket_ending run(Visit&& visit) {
    std::size_t begin = 0;
    for (const std::size_t cut : cuts_) {
      const std::size_t end = std::clamp(cut, begin, input_.size());
      if (!feed(input_.substr(begin, end - begin), visit)) return websocket_ending::failed;
      begin = end;
    }
    if (!feed(input_.substr(begin), visit)) return websocket_ending::failed;
    if (decoder.is_closed()) return websocket_ending::closed;
    return rest_.empty() && decoder.is_idle() ? websocket_ending::end : websocket_ending::more;
  }

  websocket::decoder decoder;

 private:
  static void require(bool holds) {
    if (!holds) std::abort();
  }

  // One call. What it changed of the bytes is kept, wherever the next call finds them.
  websocket::part next() {
    if (guard_ == nullptr) return decoder.next(std::as_writable_bytes(std::span(rest_)));
    const auto room = guard_->room(rest_.size());
    if (!rest_.empty()) std::memcpy(room.data(), rest_.data(), rest_.size());
    const websocket::part p = decoder.next(room);
    if (!rest_.empty()) std::memcpy(rest_.data(), room.data(), rest_.size());
    return p;
  }

  // False if it failed.
  template <class Visit>
  bool feed(std::string_view bytes, Visit& visit) {
    rest_.append(bytes);
    for (;;) {
      const websocket::part p = next();
      require(p.consumed <= rest_.size());
      if (p.what != websocket::part_kind::need_data) visit(p);
      rest_.erase(0, p.consumed);
      if (p.what == websocket::part_kind::need_data) {
        // Asked again without more bytes, it says the same; with fewer than it needs as well.
        require(decoder.need() > 0 && next().what == websocket::part_kind::need_data);
        return true;
      }
      if (p.what != websocket::part_kind::failed) continue;
      // A fault stays.
      require(next().fault == p.fault && decoder.next({}).what == websocket::part_kind::failed);
      return false;
    }
  }

  const std::vector<std::size_t>& cuts_;
  std::string_view input_;
  std::string rest_;  // what was not consumed
  guarded* guard_;
};

inline std::vector<std::size_t> websocket_cuts(std::size_t size, std::size_t step) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = step; at < size; at += step) cuts.push_back(at);
  return cuts;
}

}  // namespace parley::test
