// hiredis of Debian: with reply objects, as its users get them, and without, by
// leaving out the functions that create them.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <span>

#include "harness.hpp"

namespace parley::bench {
namespace {

struct free_reader {
  void operator()(redisReader* r) const { redisReaderFree(r); }
};

template <bool objects>
struct hiredis_decoder {
  std::unique_ptr<redisReader, free_reader> reader{
      objects ? redisReaderCreate() : redisReaderCreateWithFunctions(nullptr)};

  // In pieces of 16 KiB, as redisBufferRead() reads them from a socket.
  std::size_t decode(std::string_view bytes) {
    std::size_t replies = 0;
    while (!bytes.empty()) {
      const std::size_t piece = std::min<std::size_t>(bytes.size(), 16 * 1024);
      redisReaderFeed(reader.get(), bytes.data(), piece);
      bytes.remove_prefix(piece);
      for (void* reply = nullptr;
           redisReaderGetReply(reader.get(), &reply) == REDIS_OK && reply != nullptr; ++replies) {
        if constexpr (objects) freeReplyObject(reply);
      }
    }
    return replies;
  }
};

struct hiredis_encoder {
  std::size_t encode(std::span<const std::string_view> arguments) {
    std::array<const char*, 3> texts;
    std::array<std::size_t, 3> sizes;
    for (std::size_t i = 0; i < 3; ++i) {
      texts[i] = arguments[i].data();
      sizes[i] = arguments[i].size();
    }
    char* command = nullptr;
    const auto size = redisFormatCommandArgv(&command, 3, texts.data(), sizes.data());
    benchmark::DoNotOptimize(command);
    redisFreeCommand(command);
    return static_cast<std::size_t>(size);
  }
};

[[maybe_unused]] const bool registered =
    add_resp2_decoders("hiredis", [] { return hiredis_decoder<true>(); }) &&
    add_resp2_decoders("hiredis_no_objects", [] { return hiredis_decoder<false>(); }) &&
    add_encoders("hiredis", [] { return hiredis_encoder(); });

}  // namespace
}  // namespace parley::bench
