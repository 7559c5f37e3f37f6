// The interoperability cases by a client of parley's and its typed stubs.
//   build/conformance/grpc_interop_client --server_port=P --test_case=NAME|all ...
// Prints a line for each case that is as it should be, and ends with 1 at the first that is not.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/adapters/grpc/grpc_typed.hpp>
#include <parley/core/async/task.hpp>

#include "cases.hpp"
#include "flags.hpp"
#include "interop.grpc.pb.h"

namespace parley::interop {
namespace {

using ::grpc::StatusCode;
using duplex =
    grpc_typed_stream<wire::StreamingOutputCallRequest, wire::StreamingOutputCallResponse>;
using upload = grpc_typed_stream<wire::StreamingInputCallRequest, wire::StreamingInputCallResponse>;
template <class T>
using reply = grpc_typed_reply<T>;

// What an operation of parley's ended with; its errors are faults of the case.
template <class T>
T must(result<T> r) {
  if (!r) throw fault(r.error().to_string());
  if constexpr (!std::is_void_v<T>) return *std::move(r);
}

// No case takes as long; without it a fault of the server would be a hang.
grpc_call_options patience() {
  grpc_call_options o;
  o.timeout = std::chrono::seconds(60);
  return o;
}

class client {
 public:
  explicit client(grpc_provider& p)
      : provider_(p),
        channel_(must(grpc_typed::channel(p))),
        stub_(wire::TestService::NewStub(channel_)),
        none_(wire::UnimplementedService::NewStub(channel_)) {}

  task<> run(std::string_view name) {
    if (name == "empty_unary") return empty_unary();
    if (name == "large_unary") return large_unary();
    if (name == "client_streaming") return client_streaming();
    if (name == "server_streaming") return server_streaming();
    if (name == "ping_pong") return ping_pong();
    if (name == "empty_stream") return empty_stream();
    if (name == "cancel_after_begin") return cancel_after_begin();
    if (name == "cancel_after_first_response") return cancel_after_first_response();
    if (name == "timeout_on_sleeping_server") return timeout_on_sleeping_server();
    if (name == "custom_metadata") return custom_metadata();
    if (name == "status_code_and_message") return status_code_and_message();
    if (name == "special_status_message") return special_status_message();
    if (name == "unimplemented_service") return unimplemented_service();
    if (name == "unimplemented_method") return unimplemented_method();
    throw fault("there is no such case");
  }

 private:
  // --- how each kind of call begins
  // ---------------------------------------------------------------
  operation<reply<wire::Empty>> empty_call() {
    const auto start = [this](auto* context, auto* request, auto* to, auto done) {
      stub_->async()->EmptyCall(context, request, to, std::move(done));
    };
    return grpc_typed::call<wire::Empty>(provider_, wire::Empty(), start, patience());
  }
  operation<reply<wire::SimpleResponse>> unary_call(wire::SimpleRequest r,
                                                    grpc_call_options o = patience()) {
    const auto start = [this](auto* context, auto* request, auto* to, auto done) {
      stub_->async()->UnaryCall(context, request, to, std::move(done));
    };
    return grpc_typed::call<wire::SimpleResponse>(provider_, std::move(r), start, o);
  }
  duplex full_duplex(grpc_call_options o = patience()) {
    const auto start = [this](auto* context, auto* reactor) {
      stub_->async()->FullDuplexCall(context, reactor);
    };
    return must(
        grpc_typed::open<wire::StreamingOutputCallRequest, wire::StreamingOutputCallResponse>(
            provider_, start, o));
  }
  duplex output_call() {
    return must(grpc_typed::open<wire::StreamingOutputCallRequest,
                                 wire::StreamingOutputCallResponse>(
        provider_,
        grpc_typed::by_name<wire::StreamingOutputCallRequest, wire::StreamingOutputCallResponse>(
            channel_, "/grpc.testing.TestService/StreamingOutputCall"),
        patience()));
  }
  upload input_call() {
    return must(grpc_typed::open<wire::StreamingInputCallRequest, wire::StreamingInputCallResponse>(
        provider_,
        grpc_typed::by_name<wire::StreamingInputCallRequest, wire::StreamingInputCallResponse>(
            channel_, "/grpc.testing.TestService/StreamingInputCall"),
        patience()));
  }

  // --- steps that several cases have
  // -----------------------------------------------------------------
  static task<> expect_response(duplex& s, int size) {
    const auto got = must(co_await s.read());
    expect(got.has_value(), "too few responses");
    expect_body(got->payload(), size);
  }
  // No response more, and that status.
  static task<::grpc::Status> end_of(duplex& s) {
    expect(!must(co_await s.read()), "too many responses");
    co_return must(co_await s.finish());
  }

  // --- the cases
  // -------------------------------------------------------------------------------------
  task<> empty_unary() {
    const auto got = must(co_await empty_call());
    expect_status(got.status, StatusCode::OK);
  }

  task<> large_unary() {
    auto asked = unary_call(large_unary_request());
    const auto got = must(co_await std::move(asked));
    expect_status(got.status, StatusCode::OK);
    expect_body(got.message.payload(), large_response_size);
  }

  task<> client_streaming() {
    upload s = input_call();
    for (const int size : request_sizes) {
      auto request = input_request(size);
      must(co_await s.write(std::move(request)));
    }
    s.end();
    const auto got = must(co_await s.read());
    expect(got.has_value(), "no response");
    expect(got->aggregated_payload_size() == all_requests, "another sum");
    expect_status(must(co_await s.finish()), StatusCode::OK);
  }

  task<> server_streaming() {
    duplex s = output_call();
    auto request = all_outputs();
    must(co_await s.write(std::move(request)));
    s.end();
    for (const int size : response_sizes) co_await expect_response(s, size);
    expect_status(co_await end_of(s), StatusCode::OK);
  }

  task<> ping_pong() {
    duplex s = full_duplex();
    for (std::size_t i = 0; i < request_sizes.size(); ++i) {
      auto request = output_request(response_sizes[i], request_sizes[i]);
      must(co_await s.write(std::move(request)));
      co_await expect_response(s, response_sizes[i]);
    }
    s.end();
    expect_status(co_await end_of(s), StatusCode::OK);
  }

  task<> empty_stream() {
    duplex s = full_duplex();
    s.end();
    expect_status(co_await end_of(s), StatusCode::OK);
  }

  task<> cancel_after_begin() {
    upload s = input_call();
    s.cancel();
    expect_status(must(co_await s.finish()), StatusCode::CANCELLED);
  }

  task<> cancel_after_first_response() {
    duplex s = full_duplex();
    auto request = output_request(response_sizes[0], request_sizes[0]);
    must(co_await s.write(std::move(request)));
    co_await expect_response(s, response_sizes[0]);
    s.cancel();
    expect_status(must(co_await s.finish()), StatusCode::CANCELLED);
  }

  task<> timeout_on_sleeping_server() {
    grpc_call_options soon;
    soon.timeout = std::chrono::milliseconds(1);
    duplex s = full_duplex(soon);
    auto request = output_request(std::nullopt, request_sizes[0]);
    // May fail already.
    (void)co_await s.write(std::move(request));
    expect_status(co_await end_of(s), StatusCode::DEADLINE_EXCEEDED);
  }

  task<> custom_metadata() {
    const grpc_metadata sent{{initial_key, initial_value}, {trailing_key, trailing_value}};
    grpc_call_options o = patience();
    o.metadata = &sent;
    auto asked = unary_call(large_unary_request(), o);
    const auto got = must(co_await std::move(asked));
    expect_status(got.status, StatusCode::OK);
    expect_body(got.message.payload(), large_response_size);
    expect_both(got.headers, got.trailers);

    duplex s = full_duplex(o);
    auto request = output_request(large_response_size, large_request_size);
    must(co_await s.write(std::move(request)));
    co_await expect_response(s, large_response_size);
    s.end();
    expect_status(co_await end_of(s), StatusCode::OK);
    expect_both(s.headers(), s.trailers());
  }
  static void expect_both(const grpc_metadata& headers, const grpc_metadata& trailers) {
    expect(find(headers, initial_key) == initial_value, "another initial metadata");
    expect(find(trailers, trailing_key) == trailing_value, "another trailing metadata");
  }

  task<> echoed_by_unary(std::string_view message) {
    auto asked = unary_call(status_request(message));
    const auto got = must(co_await std::move(asked));
    expect_echoed(got.status, message);
  }

  task<> status_code_and_message() {
    co_await echoed_by_unary(status_message);
    duplex s = full_duplex();
    auto request = output_status(status_message);
    (void)co_await s.write(std::move(request));
    s.end();
    expect_echoed(co_await end_of(s), status_message);
  }

  task<> special_status_message() { co_await echoed_by_unary(special_message); }

  task<> unimplemented_method() {
    const auto start = [this](auto* context, auto* request, auto* to, auto done) {
      stub_->async()->UnimplementedCall(context, request, to, std::move(done));
    };
    auto asked = grpc_typed::call<wire::Empty>(provider_, wire::Empty(), start, patience());
    const auto got = must(co_await std::move(asked));
    expect_status(got.status, StatusCode::UNIMPLEMENTED);
  }

  task<> unimplemented_service() {
    const auto start = [this](auto* context, auto* request, auto* to, auto done) {
      none_->async()->UnimplementedCall(context, request, to, std::move(done));
    };
    auto asked = grpc_typed::call<wire::Empty>(provider_, wire::Empty(), start, patience());
    const auto got = must(co_await std::move(asked));
    expect_status(got.status, StatusCode::UNIMPLEMENTED);
  }

  grpc_provider& provider_;
  std::shared_ptr<::grpc::Channel> channel_;
  std::unique_ptr<wire::TestService::Stub> stub_;
  std::unique_ptr<wire::UnimplementedService::Stub> none_;
};

grpc_config config_of(const flags& f) {
  grpc_config c;
  c.is_server = false;
  c.host = f.server_host;
  c.port = f.server_port;
  c.ssl = f.use_tls;
  if (f.use_tls) {
    c.tls_name = f.server_host_override;
    c.tls.ca_certs = f.ca_file;
    c.tls.certfile = f.cert_file;
    c.tls.keyfile = f.key_file;
  }
  return c;
}

void run(const flags& f) {
  if (f.test_case != "all" && std::ranges::count(case_names, f.test_case) == 0) {
    throw fault("no such case: " + f.test_case);
  }
  blocking::loop home;
  grpc_provider p(home, config_of(f));
  must(home.wait(p.initialize()));
  client c(p);
  for (const std::string_view name : case_names) {
    if (f.test_case != "all" && f.test_case != name) continue;
    must(home.wait(spawn(home, c.run(name))));
    std::printf("%.*s: ok\n", static_cast<int>(name.size()), name.data());
  }
}

}  // namespace
}  // namespace parley::interop

int main(int argc, char** argv) {
  parley::interop::flags f;
  if (!parley::interop::read_flags(argc, argv, f)) return 2;
  try {
    parley::interop::run(f);
    return 0;
  } catch (const std::exception& why) {
    std::fprintf(stderr, "%s\n", why.what());
    return 1;
  }
}
