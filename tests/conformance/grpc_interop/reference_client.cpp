// The cases by gRPC's own synchronous API, without parley: a second opinion on our server.
//   build/conformance/grpc_interop_reference_client --server_port=P --test_case=NAME|all ...
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "cases.hpp"
#include "flags.hpp"
#include "interop.grpc.pb.h"

namespace parley::interop {
namespace {

using stub = wire::TestService::Stub;

// No case takes as long; without it a fault of the server would be a hang.
constexpr auto patience = std::chrono::seconds(60);

struct context : ::grpc::ClientContext {
  context() { set_deadline(std::chrono::system_clock::now() + patience); }
};

void empty_unary(stub& s) {
  context c;
  wire::Empty response;
  expect_status(s.EmptyCall(&c, wire::Empty(), &response), ::grpc::StatusCode::OK);
}

void large_unary(stub& s) {
  context c;
  wire::SimpleResponse response;
  expect_status(s.UnaryCall(&c, large_unary_request(), &response), ::grpc::StatusCode::OK);
  expect_body(response.payload(), large_response_size);
}

void client_streaming(stub& s) {
  context c;
  wire::StreamingInputCallResponse response;
  const auto stream = s.StreamingInputCall(&c, &response);
  for (const int size : request_sizes) expect(stream->Write(input_request(size)), "a write failed");
  stream->WritesDone();
  expect_status(stream->Finish(), ::grpc::StatusCode::OK);
  expect(response.aggregated_payload_size() == all_requests, "another sum");
}

void server_streaming(stub& s) {
  context c;
  const auto stream = s.StreamingOutputCall(&c, all_outputs());
  wire::StreamingOutputCallResponse response;
  for (const int size : response_sizes) {
    expect(stream->Read(&response), "too few responses");
    expect_body(response.payload(), size);
  }
  expect(!stream->Read(&response), "too many responses");
  expect_status(stream->Finish(), ::grpc::StatusCode::OK);
}

void ping_pong(stub& s) {
  context c;
  const auto stream = s.FullDuplexCall(&c);
  wire::StreamingOutputCallResponse response;
  for (std::size_t i = 0; i < request_sizes.size(); ++i) {
    expect(stream->Write(output_request(response_sizes[i], request_sizes[i])), "a write failed");
    expect(stream->Read(&response), "no response");
    expect_body(response.payload(), response_sizes[i]);
  }
  stream->WritesDone();
  expect(!stream->Read(&response), "too many responses");
  expect_status(stream->Finish(), ::grpc::StatusCode::OK);
}

void empty_stream(stub& s) {
  context c;
  const auto stream = s.FullDuplexCall(&c);
  stream->WritesDone();
  wire::StreamingOutputCallResponse response;
  expect(!stream->Read(&response), "a response that nobody asked for");
  expect_status(stream->Finish(), ::grpc::StatusCode::OK);
}

void cancel_after_begin(stub& s) {
  context c;
  wire::StreamingInputCallResponse response;
  const auto stream = s.StreamingInputCall(&c, &response);
  c.TryCancel();
  expect_status(stream->Finish(), ::grpc::StatusCode::CANCELLED);
}

void cancel_after_first_response(stub& s) {
  context c;
  const auto stream = s.FullDuplexCall(&c);
  wire::StreamingOutputCallResponse response;
  expect(stream->Write(output_request(response_sizes[0], request_sizes[0])), "a write failed");
  expect(stream->Read(&response), "no response");
  expect_body(response.payload(), response_sizes[0]);
  c.TryCancel();
  expect_status(stream->Finish(), ::grpc::StatusCode::CANCELLED);
}

void timeout_on_sleeping_server(stub& s) {
  context c;
  c.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1));
  const auto stream = s.FullDuplexCall(&c);
  // May fail already.
  stream->Write(output_request(std::nullopt, request_sizes[0]));
  expect_status(stream->Finish(), ::grpc::StatusCode::DEADLINE_EXCEEDED);
}

void expect_both(const context& c) {
  expect_metadata(c.GetServerInitialMetadata(), initial_key, initial_value);
  expect_metadata(c.GetServerTrailingMetadata(), trailing_key, trailing_value);
}

void custom_metadata(stub& s) {
  context unary;
  unary.AddMetadata(initial_key, initial_value);
  unary.AddMetadata(trailing_key, trailing_value);
  wire::SimpleResponse response;
  expect_status(s.UnaryCall(&unary, large_unary_request(), &response), ::grpc::StatusCode::OK);
  expect_body(response.payload(), large_response_size);
  expect_both(unary);

  context both;
  both.AddMetadata(initial_key, initial_value);
  both.AddMetadata(trailing_key, trailing_value);
  const auto stream = s.FullDuplexCall(&both);
  wire::StreamingOutputCallResponse part;
  expect(stream->Write(output_request(large_response_size, large_request_size)), "a write failed");
  expect(stream->Read(&part), "no response");
  expect_body(part.payload(), large_response_size);
  stream->WritesDone();
  expect(!stream->Read(&part), "too many responses");
  expect_status(stream->Finish(), ::grpc::StatusCode::OK);
  expect_both(both);
}

void echoed_by_unary(stub& s, std::string_view message) {
  context c;
  wire::SimpleResponse response;
  expect_echoed(s.UnaryCall(&c, status_request(message), &response), message);
}

void status_code_and_message(stub& s) {
  echoed_by_unary(s, status_message);
  context c;
  const auto stream = s.FullDuplexCall(&c);
  stream->Write(output_status(status_message));
  stream->WritesDone();
  wire::StreamingOutputCallResponse response;
  expect(!stream->Read(&response), "a response beside the status");
  expect_echoed(stream->Finish(), status_message);
}

void unimplemented_method(stub& s) {
  context c;
  wire::Empty response;
  expect_status(s.UnimplementedCall(&c, wire::Empty(), &response),
                ::grpc::StatusCode::UNIMPLEMENTED);
}

void unimplemented_service(const std::shared_ptr<::grpc::Channel>& to) {
  context c;
  wire::Empty response;
  expect_status(
      wire::UnimplementedService::NewStub(to)->UnimplementedCall(&c, wire::Empty(), &response),
      ::grpc::StatusCode::UNIMPLEMENTED);
}

void run_case(std::string_view name, const std::shared_ptr<::grpc::Channel>& to) {
  const auto s = wire::TestService::NewStub(to);
  if (name == "empty_unary") return empty_unary(*s);
  if (name == "large_unary") return large_unary(*s);
  if (name == "client_streaming") return client_streaming(*s);
  if (name == "server_streaming") return server_streaming(*s);
  if (name == "ping_pong") return ping_pong(*s);
  if (name == "empty_stream") return empty_stream(*s);
  if (name == "cancel_after_begin") return cancel_after_begin(*s);
  if (name == "cancel_after_first_response") return cancel_after_first_response(*s);
  if (name == "timeout_on_sleeping_server") return timeout_on_sleeping_server(*s);
  if (name == "custom_metadata") return custom_metadata(*s);
  if (name == "status_code_and_message") return status_code_and_message(*s);
  if (name == "special_status_message") return echoed_by_unary(*s, special_message);
  if (name == "unimplemented_method") return unimplemented_method(*s);
  if (name == "unimplemented_service") return unimplemented_service(to);
  throw fault("there is no such case");
}

std::shared_ptr<::grpc::Channel> connect(const flags& f) {
  std::shared_ptr<::grpc::ChannelCredentials> who = ::grpc::InsecureChannelCredentials();
  ::grpc::ChannelArguments how;
  if (f.use_tls) {
    ::grpc::SslCredentialsOptions tls;
    if (!f.ca_file.empty()) tls.pem_root_certs = content_of(f.ca_file);
    if (!f.cert_file.empty()) tls.pem_cert_chain = content_of(f.cert_file);
    if (!f.key_file.empty()) tls.pem_private_key = content_of(f.key_file);
    who = ::grpc::SslCredentials(tls);
    if (!f.server_host_override.empty()) how.SetSslTargetNameOverride(f.server_host_override);
  }
  return ::grpc::CreateCustomChannel(f.server_host + ":" + std::to_string(f.server_port), who, how);
}

int run(const flags& f) {
  const auto to = connect(f);
  for (const std::string_view name : case_names) {
    if (f.test_case != "all" && f.test_case != name) continue;
    run_case(name, to);
    std::printf("%.*s: ok\n", static_cast<int>(name.size()), name.data());
    if (f.test_case == name) return 0;
  }
  if (f.test_case != "all") throw fault("no such case: " + f.test_case);
  return 0;
}

}  // namespace
}  // namespace parley::interop

int main(int argc, char** argv) {
  parley::interop::flags f;
  if (!parley::interop::read_flags(argc, argv, f)) return 2;
  try {
    return parley::interop::run(f);
  } catch (const std::exception& why) {
    std::fprintf(stderr, "%s\n", why.what());
    return 1;
  }
}
