// Compressed messages against zlib itself, driven by hand as lean as can be: one call for each
// message, whose 00 00 FF FF stands behind it already; and as it is where a payload lies in a
// buffer with the next frame behind it, in two calls (zlib_two_calls). Each pass is a message of
// JSON text with a counter in it, and the window goes on from one to the next.
#include <zlib.h>

#include <algorithm>
#include <parley/codecs/websocket/deflate.hpp>
#include <string>
#include <vector>

#include "common/measure.hpp"
#include "common/wrong.hpp"

namespace parley::bench {
namespace {

constexpr std::size_t marker_size = 4;
// As many different messages as keep the same one from being found in the window.
constexpr std::size_t rounds_of(std::size_t size) {
  return std::max<std::size_t>(4, (std::size_t{128} << 10) / size);
}

std::string json_text(std::size_t size, std::size_t seed) {
  std::string text = "[";
  while (text.size() < size) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    text += R"({"type":"update","id":)" + std::to_string(seed >> 40) + R"(,"value":)" +
            std::to_string(seed >> 52 & 0xFFF) + R"(,"unit":"kPa"},)";
  }
  text.resize(size);
  return text;
}

struct deflate_workload {
  explicit deflate_workload(std::size_t size) {
    for (std::size_t i = 0; i < rounds_of(size); ++i) texts.push_back(json_text(size, i));
  }
  std::vector<std::string> texts;
};

class our_deflater {
 public:
  byte_view encode(std::string_view text) {
    room_.resize(websocket::deflate_bound(text.size()));
    const auto r = coder_.encode(as_bytes(text), room_, true);
    if (!r.done) wrong("parley", "a message was not written at once");
    return byte_view(room_).first(r.produced);
  }

 private:
  websocket::message_deflater coder_{websocket::role::server, {}, {}};
  std::vector<std::byte> room_;
};

class zlib_deflater {
 public:
  zlib_deflater() { deflateInit2(&z_, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY); }
  ~zlib_deflater() { deflateEnd(&z_); }
  zlib_deflater(const zlib_deflater&) = delete;
  zlib_deflater& operator=(const zlib_deflater&) = delete;

  byte_view encode(std::string_view text) {
    room_.resize(websocket::deflate_bound(text.size()));
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    z_.avail_in = static_cast<uInt>(text.size());
    z_.next_out = reinterpret_cast<Bytef*>(room_.data());
    z_.avail_out = static_cast<uInt>(room_.size());
    if (deflate(&z_, Z_SYNC_FLUSH) != Z_OK) wrong("zlib", "deflate failed");
    return byte_view(room_).first(room_.size() - z_.avail_out - marker_size);
  }

 private:
  z_stream z_{};
  std::vector<std::byte> room_;
};

class our_inflater {
 public:
  std::size_t decode(byte_view payload, std::span<std::byte> room) {
    const auto r = coder_.decode(payload.first(payload.size() - marker_size), room, true);
    if (r.status != websocket::inflate_status::done) wrong("parley", "a message was not read");
    return r.produced;
  }

 private:
  websocket::message_inflater coder_{websocket::role::client, {}, {}, std::uint64_t{1} << 30};
};

template <bool in_two_calls>
class zlib_inflater {
 public:
  zlib_inflater() { inflateInit2(&z_, -15); }
  ~zlib_inflater() { inflateEnd(&z_); }
  zlib_inflater(const zlib_inflater&) = delete;
  zlib_inflater& operator=(const zlib_inflater&) = delete;

  std::size_t decode(byte_view payload, std::span<std::byte> room) {
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(payload.data()));
    z_.avail_in = static_cast<uInt>(payload.size() - (in_two_calls ? marker_size : 0));
    z_.next_out = reinterpret_cast<Bytef*>(room.data());
    z_.avail_out = static_cast<uInt>(room.size());
    if (inflate(&z_, Z_SYNC_FLUSH) != Z_OK) wrong("zlib", "inflate failed");
    z_.avail_in += in_two_calls ? static_cast<uInt>(marker_size) : 0U;
    if (in_two_calls && inflate(&z_, Z_SYNC_FLUSH) != Z_OK) wrong("zlib", "no end");
    return room.size() - z_.avail_out;
  }

 private:
  z_stream z_{};
};

template <class Coder>
void add_deflate(const std::string& size_name, std::size_t size, std::string_view peer) {
  const std::string name = "websocket/deflate_" + size_name + "/" + std::string(peer);
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const deflate_workload w(size);
    Coder coder;
    measure(state, w.texts.size(), [&] {
      for (const std::string& text : w.texts) {
        auto payload = coder.encode(text);
        benchmark::DoNotOptimize(payload);
      }
      benchmark::ClobberMemory();
    });
  });
}

// The payloads go round: the window that the first of them looks back at is that of the last.
template <class Coder>
void add_inflate(const std::string& size_name, std::size_t size, std::string_view peer) {
  const std::string name = "websocket/inflate_" + size_name + "/" + std::string(peer);
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const deflate_workload w(size);
    zlib_deflater from;
    Coder coder;
    std::vector<std::byte> room(size + 512);
    std::vector<std::vector<std::byte>> payloads;
    const auto fill = [&] {
      payloads.clear();
      for (const std::string& text : w.texts) {
        const byte_view made = from.encode(text);
        auto& payload = payloads.emplace_back(made.begin(), made.end());
        payload.insert(payload.end(),
                       {std::byte{0}, std::byte{0}, std::byte{0xFF}, std::byte{0xFF}});
      }
    };
    fill();
    for (const auto& payload : payloads) {
      if (coder.decode(payload, room) != size) wrong(name, "a message was not whole");
    }
    fill();
    measure(state, w.texts.size(), [&] {
      std::size_t sum = 0;
      for (const auto& payload : payloads) sum += coder.decode(payload, room);
      if (sum != size * payloads.size()) wrong(name, "messages were not whole");
      benchmark::ClobberMemory();
    });
  });
}

[[maybe_unused]] const bool registered = [] {
  for (const auto& [name, size] : {std::pair{"125", std::size_t{125}},
                                   {"1k", std::size_t{1024}},
                                   {"64k", std::size_t{65536}}}) {
    add_deflate<our_deflater>(name, size, "parley");
    add_deflate<zlib_deflater>(name, size, "zlib");
    add_inflate<our_inflater>(name, size, "parley");
    add_inflate<zlib_inflater<false>>(name, size, "zlib");
    add_inflate<zlib_inflater<true>>(name, size, "zlib_two_calls");
  }
  return true;
}();

}  // namespace
}  // namespace parley::bench
