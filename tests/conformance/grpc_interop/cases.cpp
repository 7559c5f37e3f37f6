#include "cases.hpp"

#include <algorithm>

namespace parley::interop {
namespace {

void fill(wire::Payload& payload, int size) {
  payload.set_body(std::string(static_cast<std::size_t>(size), '\0'));
}

}  // namespace

void expect(bool good, const std::string& what) {
  if (!good) throw fault(what);
}

void expect_status(const ::grpc::Status& got, ::grpc::StatusCode code) {
  expect(got.error_code() == code, "status " + std::to_string(got.error_code()) + " instead of " +
                                       std::to_string(code) + ": " + got.error_message());
}

void expect_echoed(const ::grpc::Status& got, std::string_view message) {
  expect_status(got, ::grpc::StatusCode::UNKNOWN);
  expect(got.error_message() == message, "another message: " + got.error_message());
}

void expect_body(const wire::Payload& got, int size) {
  const std::string& body = got.body();
  expect(body.size() == static_cast<std::size_t>(size),
         std::to_string(body.size()) + " bytes instead of " + std::to_string(size));
  expect(std::ranges::all_of(body, [](char c) { return c == '\0'; }), "the body is not of zeros");
}

wire::SimpleRequest large_unary_request() {
  wire::SimpleRequest request;
  request.set_response_size(large_response_size);
  fill(*request.mutable_payload(), large_request_size);
  return request;
}

wire::SimpleRequest status_request(std::string_view message) {
  wire::SimpleRequest request;
  request.mutable_response_status()->set_code(::grpc::StatusCode::UNKNOWN);
  request.mutable_response_status()->set_message(std::string(message));
  return request;
}

wire::StreamingInputCallRequest input_request(int size) {
  wire::StreamingInputCallRequest request;
  fill(*request.mutable_payload(), size);
  return request;
}

wire::StreamingOutputCallRequest output_request(std::optional<int> response, int size) {
  wire::StreamingOutputCallRequest request;
  if (response) request.add_response_parameters()->set_size(*response);
  if (size > 0) fill(*request.mutable_payload(), size);
  return request;
}

wire::StreamingOutputCallRequest all_outputs() {
  wire::StreamingOutputCallRequest request;
  for (const int size : response_sizes) request.add_response_parameters()->set_size(size);
  return request;
}

wire::StreamingOutputCallRequest output_status(std::string_view message) {
  wire::StreamingOutputCallRequest request;
  request.mutable_response_status()->set_code(::grpc::StatusCode::UNKNOWN);
  request.mutable_response_status()->set_message(std::string(message));
  return request;
}

}  // namespace parley::interop
