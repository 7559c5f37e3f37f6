#include "reference/hiredis.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <memory>

#include "support/resp_canonical.hpp"

namespace parley::test {
namespace {

std::string canonical(const redisReply& r) {
  const auto text = [&] { return to_hex({r.str, static_cast<std::size_t>(r.len)}); };
  switch (r.type) {
    case REDIS_REPLY_STATUS:
      return "+" + text();
    case REDIS_REPLY_ERROR:
      return "-" + text();
    case REDIS_REPLY_STRING:
      return "$" + text();
    case REDIS_REPLY_INTEGER:
      return ":" + std::to_string(r.integer);
    case REDIS_REPLY_NIL:
      return "_";
    default:
      break;
  }
  std::string list = "*[";
  for (std::size_t i = 0; i < r.elements; ++i) {
    list += (i == 0 ? "" : ",,") + canonical(*r.element[i]);
  }
  return list + "]";
}

// Takes the replies that are complete; false once the reader has failed.
bool take_replies(redisReader* reader, second_opinion& opinion) {
  void* reply = nullptr;
  do {
    if (redisReaderGetReply(reader, &reply) != REDIS_OK) {
      opinion.failed = true;
      opinion.error = reader->errstr;
      return false;
    }
    if (reply != nullptr) {
      opinion.replies.push_back(canonical(*static_cast<redisReply*>(reply)));
      freeReplyObject(reply);
    }
  } while (reply != nullptr);
  return true;
}

}  // namespace

second_opinion hiredis_decode(std::string_view bytes, std::size_t chunk) {
  const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(),
                                                                    redisReaderFree);
  second_opinion opinion;
  do {
    const std::size_t size = std::min(chunk, bytes.size());
    redisReaderFeed(reader.get(), bytes.data(), size);
    bytes.remove_prefix(size);
  } while (take_replies(reader.get(), opinion) && !bytes.empty());
  return opinion;
}

std::string hiredis_encode(std::span<const std::string_view> arguments) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view a : arguments) {
    texts.push_back(a.data());
    sizes.push_back(a.size());
  }
  char* command = nullptr;
  const int size = redisFormatCommandArgv(&command, static_cast<int>(arguments.size()),
                                          texts.data(), sizes.data());
  const std::unique_ptr<char, void (*)(char*)> owner(command, redisFreeCommand);
  return {command, static_cast<std::size_t>(size)};
}

}  // namespace parley::test
