// grpc++'s callback API: the next call begins in the callback of the one before, on gRPC's thread.
#include <condition_variable>
#include <mutex>

#include "peer.hpp"

namespace parley::bench {
namespace {

class feeding final : public ::grpc::ServerWriteReactor<Blob> {
 public:
  explicit feeding(const Wanted& asked) : left_(asked.count()), body_(asked.body()) { next(); }
  void OnWriteDone(bool ok) override {
    if (!ok) left_ = 0;
    next();
  }
  void OnDone() override { delete this; }

 private:
  void next() {
    if (left_ == 0) return Finish(::grpc::Status::OK);
    --left_;
    each_.set_body(body_);
    StartWrite(&each_);
  }

  std::uint32_t left_;
  std::string body_;
  Blob each_;
};

class callback_service final : public Echo::CallbackService {
  ::grpc::ServerUnaryReactor* Call(::grpc::CallbackServerContext* context, const Blob* asked,
                                   Blob* answer) override {
    answer->set_body(asked->body());
    auto* reactor = context->DefaultReactor();
    reactor->Finish(::grpc::Status::OK);
    return reactor;
  }
  ::grpc::ServerWriteReactor<Blob>* Feed(::grpc::CallbackServerContext*,
                                         const Wanted* asked) override {
    return new feeding(*asked);
  }
};

// Counts down from any thread.
class countdown {
 public:
  explicit countdown(std::size_t count) : left_(count) {}
  void one_less() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) done_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t left_;
};

// One of those in flight: makes its share of the calls, one after the other.
class caller {
 public:
  caller(Echo::Stub& stub, const std::string& body, std::size_t share, countdown& all)
      : stub_(stub), body_(body), left_(share), all_(all), times(share) {}

  void next() {
    if (left_ == 0) return all_.one_less();
    --left_;
    began_ = latencies::clock::now();
    now_ = std::make_unique<state>();
    now_->asked.set_body(body_);
    stub_.async()->Call(&now_->context, &now_->asked, &now_->answer,
                        [this](const ::grpc::Status& status) {
                          times.add(began_);
                          must(status, now_->answer.body(), body_);
                          next();
                        });
  }

 private:
  struct state {
    ::grpc::ClientContext context;
    Blob asked, answer;
  };

  Echo::Stub& stub_;
  const std::string& body_;
  std::size_t left_;
  countdown& all_;
  latencies::clock::time_point began_;
  std::unique_ptr<state> now_;

 public:
  latencies times;
};

class receiving final : public ::grpc::ClientReadReactor<Blob> {
 public:
  receiving(Echo::Stub& stub, const std::string& body, std::size_t count)
      : body_(body), left_(count) {
    asked_.set_body(body);
    asked_.set_count(static_cast<std::uint32_t>(count));
    stub.async()->Feed(&context_, &asked_, this);
    StartRead(&each_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (each_.body() != body_) wrong("callback", "another message was due");
    --left_;
    StartRead(&each_);
  }
  void OnDone(const ::grpc::Status& status) override {
    if (!status.ok() || left_ != 0) wrong("callback", "messages are missing");
    done_.one_less();
  }
  void wait() { done_.wait(); }

 private:
  ::grpc::ClientContext context_;
  Wanted asked_;
  Blob each_;
  const std::string& body_;
  std::size_t left_;
  countdown done_{1};
};

class callback_client final : public grpc_client {
 public:
  callback_client(const std::string& path, bool is_value)
      : stub_(connected(path)), body_(size_of(is_value), 'x') {}

  void call(std::size_t count, std::size_t depth, latencies& to) override {
    countdown all(depth);
    std::vector<std::unique_ptr<caller>> callers;
    for (std::size_t i = 0; i < depth; ++i) {
      const std::size_t share = count / depth + (i < count % depth ? 1 : 0);
      callers.push_back(std::make_unique<caller>(*stub_, body_, share, all));
    }
    for (const auto& c : callers) c->next();
    all.wait();
    for (const auto& c : callers) to.add_all(c->times);
  }

  void stream(std::size_t count) override { receiving(*stub_, body_, count).wait(); }

 private:
  std::unique_ptr<Echo::Stub> stub_;
  std::string body_;
};

[[maybe_unused]] const bool registered = add_grpc_peer({
    "callback",
    [](const std::string& path) {
      callback_service all;
      serve_with(all, path);
    },
    [](const std::string& path, bool is_value) -> std::unique_ptr<grpc_client> {
      return std::make_unique<callback_client>(path, is_value);
    },
});

}  // namespace
}  // namespace parley::bench
