// A grpc_provider that is a server: what is served by which name, and who listens.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <optional>
#include <parley/adapters/grpc/provider/core.hpp>
#include <parley/adapters/grpc/provider/member.hpp>
#include <parley/adapters/grpc/provider/served_call.hpp>
#include <parley/adapters/grpc/provider/served_stream.hpp>
#include <parley/adapters/grpc/provider/workers.hpp>
#include <string>
#include <thread>
#include <vector>

namespace parley::detail {

class grpc_service;

class grpc_server_core final : public grpc_core {
 public:
  grpc_server_core(loop& home, grpc_config config);

  operation<void> initialize() override;
  operation<void> close() override;
  void shut() noexcept override;

  operation<delivery> publish(std::string_view name, byte_view payload) override;

  result<void> serve(std::string_view name, grpc_handler handler) override;
  operation<callable> serve(std::string_view name, call_handler handler) override;
  result<void> serve_stream(std::string_view name, grpc_stream_handler handler) override;
  std::optional<address> local_address() const override;
  void set_healthy(bool serving) override;
  result<void> add_service(::grpc::Service& service) override;

  // --- for the calls, in the loop's thread
  void answer(grpc_served_call& c);
  void open_stream(grpc_served_stream& s);
  void enter_member(grpc_member& m);
  void leave_member(grpc_member& m) noexcept;
  void take_filter(grpc_member& m, const v1::Subscription& s);
  // Gives it to the other clients, if that is so set, and says how many get it, here and there.
  std::int64_t relay(const v1::Message& m);
  void hear(const v1::Message& m) { deliver(m.topic(), as_bytes(m.payload())); }
  grpc_cancel_watch& cancel_watch() noexcept { return cancel_watch_; }

 private:
  class closing;
  // One of the three.
  struct entry {
    call_handler values;
    grpc_handler whole;
    grpc_stream_handler stream;
  };

  ~grpc_server_core() override;

  // Whoever speaks is here already.
  // It is who is asked.
  void ask_for(std::string_view filter) override { waiting_.confirm(filter); }
  bool is_asked() const noexcept override { return true; }
  void filter_removed(std::string_view) override {}

  result<void> start();
  result<void> listen();
  void stop() noexcept;
  void closed();
  result<void> add(std::string_view name, entry e);
  std::shared_ptr<entry> find_entry(const std::string& name) const;
  void run(entry& e, grpc_served_call& c);
  void work(std::shared_ptr<entry> e, grpc_served_call& c);
  std::int64_t spread(v1::Message message, std::uint64_t except);

  // Shared, as a handler may replace itself.
  std::map<std::string, std::shared_ptr<entry>, std::less<>> handlers_;
  std::vector<::grpc::Service*> services_;
  std::unique_ptr<grpc_service> service_;
  std::unique_ptr<::grpc::Server> server_;
  std::optional<grpc_workers> workers_;
  grpc_cancel_watch cancel_watch_{loop_};
  std::thread closer_;  // while close() waits for calls
  std::vector<completer<void>> closing_;
  std::uint16_t port_number_ = 0;

  std::vector<grpc_member*> members_;
  topic_index<grpc_member> listening_;
  std::uint64_t messages_ = 0;
};

}  // namespace parley::detail
