#include "service.hpp"

#include <grpcpp/alarm.h>

#include <chrono>

#include "cases.hpp"

namespace parley::interop {
namespace {

using ::grpc::CallbackServerContext;
using ::grpc::Status;
using output_request_type = wire::StreamingOutputCallRequest;
using output_type = wire::StreamingOutputCallResponse;

// Sends back what the cases have for it.
void echo_metadata(CallbackServerContext& c) {
  const auto& all = c.client_metadata();
  if (const auto at = all.find(initial_key); at != all.end()) {
    c.AddInitialMetadata(initial_key, std::string(at->second.data(), at->second.size()));
  }
  if (const auto at = all.find(trailing_key); at != all.end()) {
    c.AddTrailingMetadata(trailing_key, std::string(at->second.data(), at->second.size()));
  }
}

// The status that the request wishes for, or success.
template <class Request>
Status wished(const Request& r) {
  if (!r.has_response_status()) return {};
  return Status(static_cast<::grpc::StatusCode>(r.response_status().code()),
                r.response_status().message());
}

// The responses to one request, one after the other: next() of `Stream` is called behind each.
template <class Stream>
class responses {
 public:
  explicit responses(Stream& to) : to_(to) {}

  void begin(const output_request_type& r) {
    request_ = r;
    at_ = 0;
  }
  // False when there is none left; otherwise it is being written, or will be.
  bool next() {
    if (at_ == request_.response_parameters_size()) return false;
    const auto& p = request_.response_parameters(at_++);
    response_.mutable_payload()->set_body(std::string(static_cast<std::size_t>(p.size()), '\0'));
    if (p.interval_us() <= 0) {
      to_.write(response_);
      return true;
    }
    const auto due = std::chrono::system_clock::now() + std::chrono::microseconds(p.interval_us());
    pause_.Set(due, [this](bool) { to_.write(response_); });
    return true;
  }
  const output_request_type& request() const noexcept { return request_; }

 private:
  Stream& to_;
  output_request_type request_;
  output_type response_;
  ::grpc::Alarm pause_;
  int at_ = 0;
};

class output final : public ::grpc::ServerWriteReactor<output_type> {
 public:
  explicit output(const output_request_type& r) : all_(*this) {
    all_.begin(r);
    next();
  }
  void write(const output_type& r) { StartWrite(&r); }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(Status::CANCELLED);
    next();
  }
  void OnDone() override { delete this; }

 private:
  void next() {
    if (!all_.next()) Finish(wished(all_.request()));
  }

  responses<output> all_;
};

class input final : public ::grpc::ServerReadReactor<wire::StreamingInputCallRequest> {
 public:
  explicit input(wire::StreamingInputCallResponse& to) : to_(to) { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) {
      to_.set_aggregated_payload_size(static_cast<int>(size_));
      return Finish(Status::OK);
    }
    size_ += request_.payload().body().size();
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  wire::StreamingInputCallResponse& to_;
  wire::StreamingInputCallRequest request_;
  std::size_t size_ = 0;
};

class duplex final : public ::grpc::ServerBidiReactor<output_request_type, output_type> {
 public:
  duplex() : all_(*this) { StartRead(&request_); }
  void write(const output_type& r) { StartWrite(&r); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(Status::OK);
    all_.begin(request_);
    next();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(Status::CANCELLED);
    next();
  }
  void OnDone() override { delete this; }

 private:
  void next() {
    if (all_.next()) return;
    if (request_.has_response_status()) return Finish(wished(request_));
    StartRead(&request_);
  }

  output_request_type request_;
  responses<duplex> all_;
};

class service final : public wire::TestService::CallbackService {
  ::grpc::ServerUnaryReactor* EmptyCall(CallbackServerContext* c, const wire::Empty*,
                                        wire::Empty*) override {
    return finished(c, Status::OK);
  }
  ::grpc::ServerUnaryReactor* UnaryCall(CallbackServerContext* c, const wire::SimpleRequest* r,
                                        wire::SimpleResponse* to) override {
    echo_metadata(*c);
    const auto size = static_cast<std::size_t>(r->response_size());
    to->mutable_payload()->set_body(std::string(size, '\0'));
    return finished(c, wished(*r));
  }
  ::grpc::ServerWriteReactor<output_type>* StreamingOutputCall(
      CallbackServerContext*, const output_request_type* r) override {
    return new output(*r);
  }
  ::grpc::ServerReadReactor<wire::StreamingInputCallRequest>* StreamingInputCall(
      CallbackServerContext*, wire::StreamingInputCallResponse* to) override {
    return new input(*to);
  }
  ::grpc::ServerBidiReactor<output_request_type, output_type>* FullDuplexCall(
      CallbackServerContext* c) override {
    echo_metadata(*c);
    return new duplex;
  }

  static ::grpc::ServerUnaryReactor* finished(CallbackServerContext* c, const Status& how) {
    auto* reactor = c->DefaultReactor();
    reactor->Finish(how);
    return reactor;
  }
};

}  // namespace

std::unique_ptr<::grpc::Service> make_service() { return std::make_unique<service>(); }

}  // namespace parley::interop
