#include <parley/adapters/grpc/provider/client_stream.hpp>
#include <parley/adapters/grpc/provider/payload.hpp>
#include <parley/adapters/grpc/provider/status.hpp>
#include <utility>

namespace parley::detail {

class grpc_client_stream::reference {
 public:
  explicit reference(grpc_client_stream& s) noexcept : stream_(&s) { ++stream_->references_; }
  reference(reference&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
  reference& operator=(reference) = delete;
  ~reference() {
    if (stream_) stream_->release();
  }

 private:
  grpc_client_stream* stream_;
};

grpc_client_stream::grpc_client_stream(grpc_client_core& core, call& c, std::string_view name,
                                       grpc_kind kind)
    : core_(core), call_(c), name_(name), kind_(kind) {
  core_.retain();
  call_.retain_handle();
}

grpc_client_stream::~grpc_client_stream() {
  call_.release_handle();
  core_.release();
}

void grpc_client_stream::release_handle() noexcept {
  if (--handles_ > 0) return;
  call_.cancel();
  release();
}

void grpc_client_stream::release() noexcept {
  if (--references_ == 0) delete this;
}

result<grpc_stream> grpc_client_stream::open(grpc_client_core& core, std::string_view name,
                                             grpc_kind kind, grpc_message first,
                                             const grpc_call_options& options) {
  v1::Request request;
  request.set_name(name.data(), name.size());
  const bool has_content =
      kind == grpc_kind::server_stream || first.is_raw() || !first.content().is_null();
  if (has_content) {
    if (auto ok = encode(std::move(first), request); !ok) return std::unexpected(ok.error());
  }
  auto* const made = new call(core.port(), core.home(), core.config().write_limit);
  grpc_stream handle(*new grpc_client_stream(core, *made, name, kind));
  core.prepare(made->context(), options, false);
  // All kinds are the same on the wire; a method's name says which one the server knows.
  const char* const method = kind == grpc_kind::server_stream   ? "/parley.v1.Parley/Download"
                             : kind == grpc_kind::client_stream ? "/parley.v1.Parley/Upload"
                                                                : "/parley.v1.Parley/Converse";
  made->start([&](::grpc::ClientContext* context, auto* reactor) {
    ::grpc::TemplatedGenericStub<v1::Request, v1::Reply> stub(*core.channel());
    stub.PrepareBidiStreamingCall(context, method, {}, reactor);
  });
  (void)made->write(std::move(request));
  if (kind == grpc_kind::server_stream) made->end();
  return handle;
}

operation<void> grpc_client_stream::write(grpc_message m) {
  v1::Request request;
  result<void> ok = kind_ == grpc_kind::server_stream
                        ? fail(errc::misuse, "the request of a server_stream was sent by open()")
                        : result<void>();
  if (ok) ok = encode(std::move(m), request);
  if (!ok) return ended<void>(core_, std::move(ok));
  auto op = call_.write(std::move(request));
  op.state()->set_fault_sink(&core_);
  return op;
}

operation<std::optional<grpc_message>> grpc_client_stream::read() {
  if (reader_) {
    return ended<std::optional<grpc_message>>(core_, fail(errc::misuse, "a read is under way"));
  }
  auto under_way = call_.read();
  if (under_way.is_complete()) {
    return ended<std::optional<grpc_message>>(core_, outcome_of(under_way.await_resume()));
  }
  reader_ = completer<std::optional<grpc_message>>(core_.home());
  auto op = reader_.op();
  op.state()->set_fault_sink(&core_);
  op.state()->set_canceller(this);
  std::move(under_way).then([this, held = reference(*this)](result<std::optional<v1::Reply>> r) {
    // A reader is done before the next may come.
    auto reader = std::move(reader_);
    reader.complete(outcome_of(std::move(r)));
  });
  return op;
}

result<std::optional<grpc_message>> grpc_client_stream::outcome_of(
    result<std::optional<v1::Reply>> r) const {
  if (!r) return std::unexpected(std::move(r).error());
  if (*r) return take_message(**r);
  const auto& status = call_.status();
  if (!status || status->ok()) return std::nullopt;
  return std::unexpected(error_of(*status, find(call_.trailers(), fault_key)));
}

}  // namespace parley::detail
