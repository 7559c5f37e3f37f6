// What can go wrong with gRPC beyond what every protocol has: its status codes, and handshakes that
// fail.
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>

namespace parley {

// gRPC's CANCELLED, DEADLINE_EXCEEDED and messages above a limit are parley's own errc::cancelled,
// timed_out and too_large, and an address where nobody listens is errc::refused. A handler that
// fails with one of these answers with that status.
enum class grpc_errc : std::uint16_t {
  unknown,
  invalid_argument,
  not_found,
  already_exists,
  permission_denied,
  resource_exhausted,
  failed_precondition,
  aborted,
  out_of_range,
  unimplemented,
  internal,
  unavailable,
  data_loss,
  unauthenticated,
  handshake_failed,  // TLS: a certificate that was refused, or a peer that speaks something else
};

const error_info& describe(grpc_errc) noexcept;

}  // namespace parley
