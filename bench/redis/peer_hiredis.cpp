// hiredis of Debian: synchronous and pipelined, and asynchronous on libuv with the adapter
// that it brings.
#include <hiredis/hiredis.h>
#include <uv.h>

#include <memory>

#include "harness.hpp"
#include "peer_uv_adapter.hpp"

namespace parley::bench {
namespace {

struct argv_of {
  explicit argv_of(const step& s)
      : count(s.is_set ? 3 : 2),
        texts{s.is_set ? "SET" : "GET", s.key.data(), s.text.data()},
        sizes{3, s.key.size(), s.text.size()} {}

  int count;
  std::array<const char*, 3> texts;
  std::array<std::size_t, 3> sizes;
};

bool is_right(const step& s, const redisReply* reply) {
  return reply && reply->type == (s.is_set ? REDIS_REPLY_STATUS : REDIS_REPLY_STRING) &&
         is_right(s, std::string_view(reply->str, static_cast<std::size_t>(reply->len)));
}

class sync_client {
 public:
  sync_client(const std::string& path, const std::vector<batch>& script)
      : context_(redisConnectUnix(path.c_str())), script_(script) {
    if (!context_ || context_->err != 0) wrong("hiredis", "no connection");
  }

  // All of them appended, written by the first redisGetReply(): hiredis's own pipelining.
  void run(std::size_t i) {
    for (const step& s : script_[i]) {
      argv_of a(s);
      redisAppendCommandArgv(context_.get(), a.count, a.texts.data(), a.sizes.data());
    }
    for (const step& s : script_[i]) {
      void* reply = nullptr;
      if (redisGetReply(context_.get(), &reply) != REDIS_OK) wrong("hiredis", context_->errstr);
      if (!is_right(s, static_cast<redisReply*>(reply))) wrong("hiredis", "another reply was due");
      freeReplyObject(reply);
    }
  }

 private:
  struct free_context {
    void operator()(redisContext* c) const { redisFree(c); }
  };

  std::unique_ptr<redisContext, free_context> context_;
  const std::vector<batch>& script_;
};

class uv_client {
 public:
  uv_client(const std::string& path, const std::vector<batch>& script)
      : connection_(uv_, path), script_(script) {
    connection_.get()->data = this;
  }

  ~uv_client() {
    next_ = none;
    while (left_ > 0) uv_.turn();
  }
  uv_client(const uv_client&) = delete;
  uv_client& operator=(const uv_client&) = delete;

  // As ours: the next batch is given inside the callback that ends this one.
  void run(std::size_t i) {
    if (left_ == 0) give(i);
    next_ = i + 1 == script_.size() ? 0 : i + 1;
    const std::size_t before = given_;
    while (given_ == before) uv_.turn();
  }

 private:
  static constexpr std::size_t none = SIZE_MAX;

  void give(std::size_t i) {
    ++given_;
    left_ = script_[i].size();
    for (const step& s : script_[i]) {
      argv_of a(s);
      redisAsyncCommandArgv(connection_.get(), on_reply, const_cast<step*>(&s), a.count,
                            a.texts.data(), a.sizes.data());
    }
  }

  static void on_reply(redisAsyncContext* c, void* reply, void* given) {
    const auto& s = *static_cast<const step*>(given);
    if (!is_right(s, static_cast<redisReply*>(reply))) wrong("hiredis_uv", "another reply was due");
    auto& self = *static_cast<uv_client*>(c->data);
    if (--self.left_ == 0 && self.next_ != none) self.give(self.next_);
  }

  hiredis_loop uv_;
  hiredis_on_uv connection_;
  const std::vector<batch>& script_;
  std::size_t left_ = 0;
  std::size_t given_ = 0;
  std::size_t next_ = 0;
};

[[maybe_unused]] const bool registered =
    add_client<sync_client>("hiredis") && add_client<uv_client>("hiredis_uv");

}  // namespace
}  // namespace parley::bench
