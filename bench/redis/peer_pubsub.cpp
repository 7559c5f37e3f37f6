// hiredis: a synchronous connection for each subscriber, read one after the other; and the
// same connections on libuv.
#include <hiredis/hiredis.h>
#include <uv.h>

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "peer_uv_adapter.hpp"
#include "pubsub.hpp"
#include "script.hpp"

namespace parley::bench {
namespace {

struct published {
  explicit published(const std::string& payload)
      : texts{"PUBLISH", "bench", payload.data()}, sizes{7, 5, payload.size()} {}

  std::array<const char*, 3> texts;
  std::array<std::size_t, 3> sizes;
};

// Of a message: its payload; nothing else is one.
std::string_view payload_of(const redisReply* reply) {
  if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) return {};
  const redisReply& last = *reply->element[2];
  if (last.type != REDIS_REPLY_STRING) return {};
  return {last.str, static_cast<std::size_t>(last.len)};
}

class sync_peers {
 public:
  sync_peers(const std::string& path, std::size_t subscribers) : publisher_(connected(path)) {
    for (std::size_t i = 0; i < subscribers; ++i) {
      subscribers_.push_back(connected(path));
      freeReplyObject(redisCommand(subscribers_.back().get(), "SUBSCRIBE bench"));
    }
  }

  void run(const std::string& payload) {
    published p(payload);
    for (std::size_t i = 0; i < published_together; ++i) {
      redisAppendCommandArgv(publisher_.get(), 3, p.texts.data(), p.sizes.data());
    }
    for (std::size_t i = 0; i < published_together; ++i) {
      redisReply* reply = next(publisher_.get());
      if (reply->integer != static_cast<long long>(subscribers_.size())) {
        wrong("hiredis", "a message was not delivered to all");
      }
      freeReplyObject(reply);
    }
    for (const context& subscriber : subscribers_) {
      for (std::size_t i = 0; i < published_together; ++i) {
        redisReply* reply = next(subscriber.get());
        if (payload_of(reply) != payload) wrong("hiredis", "another message was due");
        freeReplyObject(reply);
      }
    }
  }

 private:
  struct free_context {
    void operator()(redisContext* c) const { redisFree(c); }
  };
  using context = std::unique_ptr<redisContext, free_context>;

  static context connected(const std::string& path) {
    context made(redisConnectUnix(path.c_str()));
    if (!made || made->err != 0) wrong("hiredis", "no connection");
    return made;
  }

  static redisReply* next(redisContext* c) {
    void* reply = nullptr;
    if (redisGetReply(c, &reply) != REDIS_OK) wrong("hiredis", c->errstr);
    return static_cast<redisReply*>(reply);
  }

  context publisher_;
  std::vector<context> subscribers_;
};

class uv_peers {
 public:
  uv_peers(const std::string& path, std::size_t subscribers) : publisher_(uv_, path) {
    publisher_.get()->data = this;
    left_ = subscribers;
    for (std::size_t i = 0; i < subscribers; ++i) {
      subscribers_.push_back(std::make_unique<hiredis_on_uv>(uv_, path));
      subscribers_.back()->get()->data = this;
      redisAsyncCommand(subscribers_.back()->get(), on_message, nullptr, "SUBSCRIBE bench");
    }
    while (left_ > 0) uv_.turn();
  }
  ~uv_peers() { payload_ = {}; }
  uv_peers(const uv_peers&) = delete;
  uv_peers& operator=(const uv_peers&) = delete;

  void run(const std::string& payload) {
    published p(payload);
    payload_ = payload;
    left_ = subscribers_.size() * published_together + published_together;
    for (std::size_t i = 0; i < published_together; ++i) {
      redisAsyncCommandArgv(publisher_.get(), on_published, nullptr, 3, p.texts.data(),
                            p.sizes.data());
    }
    while (left_ > 0) uv_.turn();
  }

 private:
  static void on_message(redisAsyncContext* c, void* reply, void*) {
    if (!reply) return;  // freed
    auto& self = *static_cast<uv_peers*>(c->data);
    // The first answer of each confirms its subscription.
    const bool confirms = self.payload_.empty();
    if (!confirms && payload_of(static_cast<redisReply*>(reply)) != self.payload_) {
      wrong("hiredis_uv", "another message was due");
    }
    --self.left_;
  }

  static void on_published(redisAsyncContext* c, void* reply, void*) {
    auto& self = *static_cast<uv_peers*>(c->data);
    const auto* number = static_cast<redisReply*>(reply);
    if (!number || number->integer != static_cast<long long>(self.subscribers_.size())) {
      wrong("hiredis_uv", "a message was not delivered to all");
    }
    --self.left_;
  }

  hiredis_loop uv_;
  hiredis_on_uv publisher_;
  std::vector<std::unique_ptr<hiredis_on_uv>> subscribers_;
  std::string_view payload_;
  std::size_t left_ = 0;
};

[[maybe_unused]] const bool registered =
    add_pubsub<sync_peers>("hiredis") && add_pubsub<uv_peers>("hiredis_uv");

}  // namespace
}  // namespace parley::bench
