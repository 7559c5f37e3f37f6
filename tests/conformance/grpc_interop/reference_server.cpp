// The service by gRPC's own synchronous API, without parley: a second opinion on our client.
//   build/conformance/grpc_interop_reference_server --port=P [--use_tls=true ...]
// Prints its port, and runs until it is ended by a signal.
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "cases.hpp"
#include "flags.hpp"
#include "interop.grpc.pb.h"

namespace parley::interop {
namespace {

using ::grpc::ServerContext;
using ::grpc::Status;

void echo_metadata(ServerContext* c) {
  const auto copy = [&](const char* key, auto add) {
    const auto at = c->client_metadata().find(key);
    if (at != c->client_metadata().end()) {
      add(std::string(at->second.data(), at->second.size()));
    }
  };
  copy(initial_key, [&](const std::string& v) { c->AddInitialMetadata(initial_key, v); });
  copy(trailing_key, [&](const std::string& v) { c->AddTrailingMetadata(trailing_key, v); });
}

// The status that the request asks for, if it does.
template <class Request>
std::optional<Status> wanted(const Request& r) {
  if (!r.has_response_status()) return std::nullopt;
  return Status(static_cast<::grpc::StatusCode>(r.response_status().code()),
                r.response_status().message());
}

void fill(wire::Payload& payload, int size) {
  payload.set_body(std::string(static_cast<std::size_t>(size), '\0'));
}

template <class Stream>
void answer(const wire::StreamingOutputCallRequest& r, Stream& to) {
  for (const auto& p : r.response_parameters()) {
    if (p.interval_us() > 0)
      std::this_thread::sleep_for(std::chrono::microseconds(p.interval_us()));
    wire::StreamingOutputCallResponse response;
    fill(*response.mutable_payload(), p.size());
    to.Write(response);
  }
}

class service final : public wire::TestService::Service {
  Status EmptyCall(ServerContext*, const wire::Empty*, wire::Empty*) override { return {}; }

  Status UnaryCall(ServerContext* c, const wire::SimpleRequest* r,
                   wire::SimpleResponse* to) override {
    echo_metadata(c);
    fill(*to->mutable_payload(), r->response_size());
    return wanted(*r).value_or(Status::OK);
  }

  Status StreamingOutputCall(ServerContext*, const wire::StreamingOutputCallRequest* r,
                             ::grpc::ServerWriter<wire::StreamingOutputCallResponse>* to) override {
    answer(*r, *to);
    return wanted(*r).value_or(Status::OK);
  }

  Status StreamingInputCall(ServerContext*,
                            ::grpc::ServerReader<wire::StreamingInputCallRequest>* from,
                            wire::StreamingInputCallResponse* to) override {
    int all = 0;
    for (wire::StreamingInputCallRequest r; from->Read(&r);) {
      all += static_cast<int>(r.payload().body().size());
    }
    to->set_aggregated_payload_size(all);
    return {};
  }

  Status FullDuplexCall(
      ServerContext* c,
      ::grpc::ServerReaderWriter<wire::StreamingOutputCallResponse,
                                 wire::StreamingOutputCallRequest>* peer) override {
    echo_metadata(c);
    for (wire::StreamingOutputCallRequest r; peer->Read(&r);) {
      answer(r, *peer);
      if (auto end = wanted(r)) return *end;
    }
    return {};
  }
};

std::shared_ptr<::grpc::ServerCredentials> credentials(const flags& f) {
  if (!f.use_tls) return ::grpc::InsecureServerCredentials();
  ::grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back({content_of(f.key_file), content_of(f.cert_file)});
  return ::grpc::SslServerCredentials(tls);
}

int run(const flags& f) {
  service all;
  int port = 0;
  ::grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(f.port), credentials(f), &port);
  builder.RegisterService(&all);
  const auto server = builder.BuildAndStart();
  if (!server || port == 0) throw fault("cannot listen");
  std::printf("%d\n", port);
  std::fflush(stdout);
  server->Wait();
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
