// A grpc_provider that is a client: its channel, and the one stream that is kept open for channels
// and by which the end of a connection is noticed.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <parley/adapters/grpc/grpc_typed_stream.hpp>
#include <parley/adapters/grpc/provider/core.hpp>
#include <parley/core/loop/timer.hpp>
#include <parley/core/net/back_off.hpp>
#include <string>
#include <vector>

#include <parley/proto/parley.grpc.pb.h>

namespace parley::detail {

// For pauses and numbers of clients.
std::uint64_t random_bits(loop& home);

class grpc_client_core final : public grpc_core, private timer, private canceller {
 public:
  grpc_client_core(loop& home, grpc_config config);

  operation<void> initialize() override;
  operation<void> close() override;
  void shut() noexcept override;

  operation<delivery> publish(std::string_view name, byte_view payload) override;

  operation<callable> make_callable(std::string_view name) override;
  operation<grpc_reply> call(std::string_view name, grpc_message request,
                             const grpc_call_options& options) override;
  void call_value(std::string_view name, const value& request, const grpc_call_options& options,
                  completer<value> done) override;
  result<grpc_stream> open(std::string_view name, grpc_kind kind, grpc_message first,
                           const grpc_call_options& options) override;
  result<std::shared_ptr<::grpc::Channel>> channel() const override;
  void prepare(::grpc::ClientContext& context, const grpc_call_options& options,
               bool has_deadline) override;

  v1::Parley::Stub& stub() noexcept { return *stub_; }

 private:
  using link = grpc_typed_stream<v1::Subscription, v1::Event>;
  class inner_call;

  ~grpc_client_core() override;

  void ask_for(std::string_view filter) override;
  bool is_asked() const noexcept override { return is_up_; }
  void filter_removed(std::string_view filter) override;

  void fired(time_point now) override;
  // initialize() is waited for no more; the connection goes on.
  void cancel(operation_base& op) override { op.complete_error(errc::cancelled); }
  result<void> make_channel();
  void drop_channel() noexcept;
  void attempt();
  void read_link();
  void link_read(std::uint64_t number, result<std::optional<v1::Event>> r);
  void link_ended(std::uint64_t number, const result<::grpc::Status>& status);
  void came_up();
  void ask_for_all();
  void ask(std::uint64_t id, std::string_view filter, bool end);
  void confirm(const v1::Event& e);
  void lost(const error& why);
  void settle_start(const result<void>& outcome);
  void forget_question(std::string_view filter) noexcept;
  void end_questions(const error& why);

  std::shared_ptr<::grpc::Channel> channel_;
  std::unique_ptr<v1::Parley::Stub> stub_;
  std::optional<link> link_;
  std::uint64_t attempts_ = 0;  // the number of the link
  back_off back_off_;
  std::vector<completer<void>> starting_;
  std::optional<time_point> give_up_at_;  // of initialize()
  std::optional<time_point> attempt_ends_at_;
  std::map<std::uint64_t, std::string> questions_;  // filters that wait for the server's word
  std::uint64_t last_id_ = 0;
  std::uint64_t own_number_ = 0;
  std::optional<time_point> down_since_;
  bool has_failed_ = false;  // the last attempt
  bool is_foreign_ = false;  // a server that has no channels
};

}  // namespace parley::detail
