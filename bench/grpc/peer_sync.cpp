// grpc++'s synchronous API: a thread for each call in flight.
#include <thread>

#include "peer.hpp"

namespace parley::bench {
namespace {

class sync_service final : public Echo::Service {
  ::grpc::Status Call(::grpc::ServerContext*, const Blob* asked, Blob* answer) override {
    answer->set_body(asked->body());
    return ::grpc::Status::OK;
  }
  ::grpc::Status Feed(::grpc::ServerContext*, const Wanted* asked,
                      ::grpc::ServerWriter<Blob>* to) override {
    Blob each;
    for (std::uint32_t i = 0; i < asked->count(); ++i) {
      each.set_body(asked->body());
      if (!to->Write(each)) break;
    }
    return ::grpc::Status::OK;
  }
};

class sync_client final : public grpc_client {
 public:
  sync_client(const std::string& path, bool is_value)
      : stub_(connected(path)), body_(size_of(is_value), 'x') {}

  void call(std::size_t count, std::size_t depth, latencies& to) override {
    if (depth == 1) return call_one_by_one(count, to);
    std::vector<latencies> each(depth, latencies(count / depth + 1));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < depth; ++i) {
      const std::size_t share = count / depth + (i < count % depth ? 1 : 0);
      threads.emplace_back([this, share, &of_it = each[i]] { call_one_by_one(share, of_it); });
    }
    for (std::thread& t : threads) t.join();
    for (const latencies& one : each) to.add_all(one);
  }

  void stream(std::size_t count) override {
    ::grpc::ClientContext context;
    Wanted wanted;
    wanted.set_body(body_);
    wanted.set_count(static_cast<std::uint32_t>(count));
    const auto from = stub_->Feed(&context, wanted);
    std::size_t got = 0;
    for (Blob each; from->Read(&each); ++got) {
      if (each.body() != body_) wrong("sync", "another message was due");
    }
    if (!from->Finish().ok() || got != count) wrong("sync", "messages are missing");
  }

 private:
  void call_one_by_one(std::size_t count, latencies& to) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto began = latencies::clock::now();
      ::grpc::ClientContext context;
      Blob asked, answer;
      asked.set_body(body_);
      const auto status = stub_->Call(&context, asked, &answer);
      to.add(began);
      must(status, answer.body(), body_);
    }
  }

  std::unique_ptr<Echo::Stub> stub_;
  std::string body_;
};

[[maybe_unused]] const bool registered = add_grpc_peer({
    "sync",
    [](const std::string& path) {
      sync_service all;
      serve_with(all, path);
    },
    [](const std::string& path, bool is_value) -> std::unique_ptr<grpc_client> {
      return std::make_unique<sync_client>(path, is_value);
    },
});

}  // namespace
}  // namespace parley::bench
