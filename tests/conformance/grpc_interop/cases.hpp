// The fourteen cases that need no cloud: their names, their messages, and what a client asserts.
#pragma once

#include <grpcpp/support/status.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "interop.pb.h"

namespace parley::interop {

namespace wire = ::grpc::testing;

inline constexpr auto case_names = std::to_array<std::string_view>({
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_service",
    "unimplemented_method",
});

// What clients send and what they get for it, in order.
inline constexpr auto request_sizes = std::to_array<int>({27182, 8, 1828, 45904});
inline constexpr auto response_sizes = std::to_array<int>({31415, 9, 2653, 58979});
inline constexpr int all_requests = 74922;
inline constexpr int large_request_size = 271828;
inline constexpr int large_response_size = 314159;

inline constexpr const char* initial_key = "x-grpc-test-echo-initial";
inline constexpr const char* initial_value = "test_initial_metadata_value";
inline constexpr const char* trailing_key = "x-grpc-test-echo-trailing-bin";
inline constexpr const char* trailing_value = "\xab\xab\xab";

inline constexpr const char* status_message = "test status message";
inline constexpr const char* special_message =
    "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP \xf0\x9f\x98\x88\t\n";

// A case that is not as it should be.
struct fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};
void expect(bool good, const std::string& what);
void expect_status(const ::grpc::Status& got, ::grpc::StatusCode code);
// UNKNOWN with that text, which is the client's own.
void expect_echoed(const ::grpc::Status& got, std::string_view message);
// So many zeros.
void expect_body(const wire::Payload& got, int size);
// The same as the client sent, in what the server sent.
template <class Metadata>
void expect_metadata(const Metadata& all, const char* key, std::string_view value) {
  const auto at = all.find(key);
  expect(at != all.end(), std::string("no metadata ") + key);
  expect(std::string_view(at->second.data(), at->second.size()) == value,
         std::string("another value of ") + key);
}

wire::SimpleRequest large_unary_request();
wire::SimpleRequest status_request(std::string_view message);
wire::StreamingInputCallRequest input_request(int size);
// Asks for a response of that size, if any; brings so many zeros, if any.
wire::StreamingOutputCallRequest output_request(std::optional<int> response, int size);
wire::StreamingOutputCallRequest all_outputs();
wire::StreamingOutputCallRequest output_status(std::string_view message);

}  // namespace parley::interop
