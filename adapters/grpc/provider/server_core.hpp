// A grpc_provider that is a server: what is served by which name, and who listens.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <parley/adapters/grpc/provider/core.hpp>
#include <parley/adapters/grpc/provider/served_call.hpp>
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

  result<void> serve(std::string_view name, grpc_handler handler) override;
  operation<callable> serve(std::string_view name, call_handler handler) override;
  std::optional<address> local_address() const override;
  void set_healthy(bool serving) override;
  result<void> add_service(::grpc::Service& service) override;

  // --- for the calls, in the loop's thread
  void answer(grpc_served_call& c);

 private:
  // One of the two.
  struct entry {
    call_handler values;
    grpc_handler whole;
  };

  ~grpc_server_core() override;

  result<void> start();
  void stop(std::chrono::system_clock::time_point at_most) noexcept;
  void run(entry& e, grpc_served_call& c);

  // Shared, as a handler may replace itself.
  std::map<std::string, std::shared_ptr<entry>, std::less<>> handlers_;
  std::vector<::grpc::Service*> services_;
  std::unique_ptr<grpc_service> service_;
  std::unique_ptr<::grpc::Server> server_;
  std::uint16_t port_number_ = 0;
};

}  // namespace parley::detail
