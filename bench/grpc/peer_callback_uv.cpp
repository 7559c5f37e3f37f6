// grpc++'s callback API in a program that lives on a libuv loop, as its author has to write it:
// what happens in gRPC's threads is handed to the loop's by uv_async_send. The same job as the
// wrapper's.
#include <uv.h>

#include <functional>
#include <mutex>
#include <utility>

#include "peer.hpp"

namespace parley::bench {
namespace {

// A loop that other threads give work to.
class posting_loop {
 public:
  using work = std::move_only_function<void()>;

  posting_loop() {
    uv_loop_init(&loop_);
    uv_async_init(&loop_, &async_,
                  [](uv_async_t* h) { static_cast<posting_loop*>(h->data)->run(); });
    async_.data = this;
  }
  posting_loop(const posting_loop&) = delete;
  posting_loop& operator=(const posting_loop&) = delete;
  ~posting_loop() {
    uv_close(reinterpret_cast<uv_handle_t*>(&async_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

  void post(work w) {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(w));
    }
    uv_async_send(&async_);
  }
  void turn() { uv_run(&loop_, UV_RUN_ONCE); }

 private:
  void run() {
    {
      const std::lock_guard lock(mutex_);
      running_.swap(posted_);
    }
    for (work& w : running_) w();
    running_.clear();
  }

  uv_loop_t loop_{};
  uv_async_t async_{};
  std::mutex mutex_;
  std::vector<work> posted_;
  std::vector<work> running_;
};

// --- the server ----------------------------------------------------------------------------------

class feeding final : public ::grpc::ServerWriteReactor<Blob> {
 public:
  feeding(posting_loop& on, const Wanted& asked)
      : on_(on), left_(asked.count()), body_(asked.body()) {
    on_.post([this] { next(); });
  }
  void OnWriteDone(bool ok) override {
    on_.post([this, ok] {
      if (!ok) left_ = 0;
      next();
    });
  }
  void OnDone() override {
    on_.post([this] { delete this; });
  }

 private:
  void next() {
    if (left_ == 0) return Finish(::grpc::Status::OK);
    --left_;
    each_.set_body(body_);
    StartWrite(&each_);
  }

  posting_loop& on_;
  std::uint32_t left_;
  std::string body_;
  Blob each_;
};

class loop_service final : public Echo::CallbackService {
 public:
  explicit loop_service(posting_loop& on) : on_(on) {}

 private:
  ::grpc::ServerUnaryReactor* Call(::grpc::CallbackServerContext* context, const Blob* asked,
                                   Blob* answer) override {
    auto* reactor = context->DefaultReactor();
    on_.post([=] {
      answer->set_body(asked->body());
      reactor->Finish(::grpc::Status::OK);
    });
    return reactor;
  }
  ::grpc::ServerWriteReactor<Blob>* Feed(::grpc::CallbackServerContext*,
                                         const Wanted* asked) override {
    return new feeding(on_, *asked);
  }

  posting_loop& on_;
};

void serve(const std::string& path) {
  use_servers_processor();
  posting_loop on;
  loop_service all(on);
  ::grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + path, ::grpc::InsecureServerCredentials());
  builder.RegisterService(&all);
  const auto server = builder.BuildAndStart();
  if (!server) wrong("callback_uv", "it does not listen");
  for (;;) on.turn();
}

// --- the client ----------------------------------------------------------------------------------

struct one_call {
  ::grpc::ClientContext context;
  Blob asked, answer;
  latencies::clock::time_point began = latencies::clock::now();
};

class receiving final : public ::grpc::ClientReadReactor<Blob> {
 public:
  receiving(posting_loop& on, Echo::Stub& stub, const std::string& body, std::size_t count)
      : on_(on), body_(body), left_(count) {
    asked_.set_body(body);
    asked_.set_count(static_cast<std::uint32_t>(count));
    stub.async()->Feed(&context_, &asked_, this);
    AddHold();
    StartCall();
    StartRead(&each_);
  }
  void OnReadDone(bool ok) override {
    on_.post([this, ok] {
      if (!ok) return RemoveHold();
      if (each_.body() != body_) wrong("callback_uv", "another message was due");
      --left_;
      StartRead(&each_);
    });
  }
  void OnDone(const ::grpc::Status& status) override {
    on_.post([this, is_ok = status.ok()] {
      if (!is_ok || left_ != 0) wrong("callback_uv", "messages are missing");
      is_done = true;
    });
  }

  bool is_done = false;

 private:
  posting_loop& on_;
  ::grpc::ClientContext context_;
  Wanted asked_;
  Blob each_;
  const std::string& body_;
  std::size_t left_;
};

class loop_client final : public grpc_client {
 public:
  loop_client(const std::string& path, bool is_value)
      : stub_(connected(path)), body_(size_of(is_value), 'x') {}

  void call(std::size_t count, std::size_t depth, latencies& to) override {
    left_ = count;
    under_way_ = 0;
    to_ = &to;
    for (std::size_t i = 0; i < depth; ++i) next();
    while (under_way_ > 0) on_.turn();
  }

  void stream(std::size_t count) override {
    receiving all(on_, *stub_, body_, count);
    while (!all.is_done) on_.turn();
  }

 private:
  void next() {
    if (left_ == 0) return;
    --left_;
    ++under_way_;
    auto* const made = new one_call;
    made->asked.set_body(body_);
    stub_->async()->Call(&made->context, &made->asked, &made->answer,
                         [this, made](const ::grpc::Status& status) {
                           on_.post([this, status, held = std::unique_ptr<one_call>(made)] {
                             to_->add(held->began);
                             must(status, held->answer.body(), body_);
                             --under_way_;
                             next();
                           });
                         });
  }

  posting_loop on_;
  std::unique_ptr<Echo::Stub> stub_;
  std::string body_;
  std::size_t left_ = 0;
  std::size_t under_way_ = 0;
  latencies* to_ = nullptr;
};

[[maybe_unused]] const bool registered = add_grpc_peer({
    "callback_uv",
    &serve,
    [](const std::string& path, bool is_value) -> std::unique_ptr<grpc_client> {
      return std::make_unique<loop_client>(path, is_value);
    },
});

}  // namespace
}  // namespace parley::bench
