// A client's end of a stream by name.
#pragma once

#include <optional>
#include <parley/adapters/grpc/grpc_stream.hpp>
#include <parley/adapters/grpc/provider/client_core.hpp>
#include <string>

namespace parley::detail {

// Lives as long as there are handles, or a read that waits.
class grpc_client_stream final : public grpc_stream_core, private canceller {
 public:
  static result<grpc_stream> open(grpc_client_core& core, std::string_view name, grpc_kind kind,
                                  grpc_message first, const grpc_call_options& options);

  operation<void> write(grpc_message m) override;
  operation<std::optional<grpc_message>> read() override;
  void end(const error* why) override { why ? call_.cancel() : call_.end(); }
  std::string_view name() const override { return name_; }
  grpc_kind kind() const override { return kind_; }
  const grpc_metadata& headers() const override { return call_.headers(); }
  const grpc_metadata& trailers() const override { return call_.trailers(); }
  result<void> set_trailer(std::string_view, std::string_view) override {
    return fail(errc::not_supported, "trailers are a server's");
  }
  bool is_open() const override { return call_.is_open(); }
  std::size_t queued_bytes() const override { return call_.queued_bytes(); }
  void retain_handle() noexcept override { ++handles_; }
  void release_handle() noexcept override;

 private:
  using call = grpc_typed_stream_call<v1::Request, v1::Reply>;
  class reference;

  grpc_client_stream(grpc_client_core& core, call& c, std::string_view name, grpc_kind kind);
  ~grpc_client_stream();

  void cancel(operation_base&) override { call_.cancel(); }
  void release() noexcept;
  result<std::optional<grpc_message>> outcome_of(result<std::optional<v1::Reply>> r) const;

  grpc_client_core& core_;
  call& call_;
  std::string name_;
  grpc_kind kind_;
  completer<std::optional<grpc_message>> reader_;
  std::uint32_t handles_ = 0;
  std::uint32_t references_ = 1;  // of the handles together, and of reads
};

}  // namespace parley::detail
