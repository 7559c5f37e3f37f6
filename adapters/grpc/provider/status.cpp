#include <algorithm>
#include <array>
#include <optional>
#include <parley/adapters/grpc/errc.hpp>
#include <parley/adapters/grpc/provider/status.hpp>
#include <parley/core/text/utf8.hpp>
#include <utility>

#include <parley/proto/parley.pb.h>

namespace parley::detail {
namespace {

using ::grpc::StatusCode;

// The same in both directions, and in the order of grpc_errc.
constexpr auto codes = std::to_array<std::pair<grpc_errc, StatusCode>>({
    {grpc_errc::unknown, StatusCode::UNKNOWN},
    {grpc_errc::invalid_argument, StatusCode::INVALID_ARGUMENT},
    {grpc_errc::not_found, StatusCode::NOT_FOUND},
    {grpc_errc::already_exists, StatusCode::ALREADY_EXISTS},
    {grpc_errc::permission_denied, StatusCode::PERMISSION_DENIED},
    {grpc_errc::resource_exhausted, StatusCode::RESOURCE_EXHAUSTED},
    {grpc_errc::failed_precondition, StatusCode::FAILED_PRECONDITION},
    {grpc_errc::aborted, StatusCode::ABORTED},
    {grpc_errc::out_of_range, StatusCode::OUT_OF_RANGE},
    {grpc_errc::unimplemented, StatusCode::UNIMPLEMENTED},
    {grpc_errc::internal, StatusCode::INTERNAL},
    {grpc_errc::unavailable, StatusCode::UNAVAILABLE},
    {grpc_errc::data_loss, StatusCode::DATA_LOSS},
    {grpc_errc::unauthenticated, StatusCode::UNAUTHENTICATED},
});

StatusCode code_of(const error& why) {
  for (const auto& [ours, theirs] : codes) {
    if (why == ours) return theirs;
  }
  if (why == errc::timed_out) return StatusCode::DEADLINE_EXCEEDED;
  if (why == errc::too_large || why == errc::queue_full) return StatusCode::RESOURCE_EXHAUSTED;
  if (why == errc::not_supported) return StatusCode::UNIMPLEMENTED;
  if (why == errc::bad_value || why == errc::invalid_argument) return StatusCode::INVALID_ARGUMENT;
  switch (why.kind()) {
    case error_class::cancelled:
      return StatusCode::CANCELLED;
    case error_class::authentication:
      return StatusCode::PERMISSION_DENIED;
    case error_class::limit:
      return StatusCode::RESOURCE_EXHAUSTED;
    case error_class::transient:
      return StatusCode::UNAVAILABLE;
    case error_class::misuse:
      return StatusCode::FAILED_PRECONDITION;
    default:
      return StatusCode::UNKNOWN;
  }
}

// The codes that a server may send by name, because they say more than its status.
std::optional<error> named(const v1::Fault& f) {
  if (f.domain() != "core") return std::nullopt;
  for (int i = 0; i <= static_cast<int>(errc::out_of_memory); ++i) {
    const auto code = static_cast<errc>(i);
    if (describe(code).name == f.name()) return error(code);
  }
  return std::nullopt;
}

// Why no connection came about, which gRPC says in its text alone.
error connection_error(std::string_view text) {
  const auto says = [&](std::string_view words) { return text.contains(words); };
  if (says("andshake failed") || says("SSL_ERROR") || says("CERTIFICATE") || says("handshaker") ||
      says("Peer name")) {
    return grpc_errc::handshake_failed;
  }
  if (says("Connection refused") || says("No such file or directory")) return errc::refused;
  if (says("DNS resolution failed") || says("Domain name not found")) return errc::unresolvable;
  if (says("unreachable") || says("No route")) return errc::unreachable;
  return grpc_errc::unavailable;
}

// That the connection was lost under a call is told as the cause, so that it is not taken for a
// word of the server: fall-back goes on elsewhere. A server of ours that ends says so itself.
std::optional<errc> loss_of(std::string_view text) {
  const auto says = [&](std::string_view words) { return text.contains(words); };
  if (text == "the server ends") return errc::closed;
  if (says("Socket closed") || says("recvmsg:") || says("sendmsg:") || says("onnection reset") ||
      says("Broken pipe") || says("GOAWAY") || says("watchdog") || says("onnection timed out")) {
    return errc::reset;
  }
  return std::nullopt;
}

// gRPC says "Received message larger than max (4194305 vs. 4194304)".
bool is_too_large(std::string_view text) { return text.contains("larger than max"); }

error too_large(std::string_view text) {
  const bool sending = text.contains("Sent message") || text.contains("send");
  return error(errc::too_large)
      .with_hint(std::string("raise ") +
                 (sending ? "max_send_message_length" : "max_receive_message_length") +
                 " at the end that refused it, split the message, or compress it");
}

error code_error(const ::grpc::Status& status, std::string_view text) {
  const StatusCode code = status.error_code();
  if (code == StatusCode::CANCELLED) return errc::cancelled;
  if (code == StatusCode::DEADLINE_EXCEEDED) return errc::timed_out;
  if (code == StatusCode::UNAVAILABLE) return connection_error(text);
  if (code == StatusCode::RESOURCE_EXHAUSTED && is_too_large(text)) return too_large(text);
  for (const auto& [ours, theirs] : codes) {
    if (code == theirs) return ours;
  }
  return grpc_errc::unknown;
}

// Of what is sent, in bytes. Both fit by far into the 8 KiB that headers may have, where each byte
// of a message may take three.
constexpr std::size_t longest_message = 1024;
constexpr std::size_t longest_of_fault = 512;

// A text that was cut is better than a call that cannot end. One byte that is not UTF-8 would make
// the rest unreadable at the other end: there, dots stand for what is not ASCII.
std::string short_text(std::string_view text, std::size_t longest) {
  std::size_t size = std::min(text.size(), longest);
  const auto is_inner = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; };
  while (size > 0 && size < text.size() && is_inner(text[size])) --size;
  std::string cut(text.substr(0, size));
  if (text::valid_utf8(cut)) return cut;
  for (char& c : cut) c = static_cast<unsigned char>(c) < 0x80U ? c : '.';
  return cut;
}

}  // namespace

::grpc::Status status_of(const error& why) {
  const std::string_view text = why.message().empty() ? why.info().text : why.message();
  return {code_of(why), short_text(text, longest_message)};
}

std::string fault_of(const error& why) {
  v1::Fault f;
  f.set_domain(std::string(why.info().domain));
  f.set_name(std::string(why.name()));
  f.set_error_class(std::string(to_string(why.kind())));
  f.set_message(short_text(why.message(), longest_of_fault));
  f.set_hint(short_text(why.hint(), longest_of_fault));
  if (const auto wait = why.retry_after()) {
    f.set_retry_after_ms(static_cast<std::uint64_t>(std::max<std::int64_t>(0, wait->count())));
  }
  return f.SerializeAsString();
}

error error_of(const ::grpc::Status& status, std::string_view fault) {
  const std::string& text = status.error_message();
  v1::Fault f;
  const bool has_fault =
      !fault.empty() && f.ParseFromArray(fault.data(), static_cast<int>(fault.size()));
  std::optional<error> by_name;
  if (has_fault) by_name = named(f);
  error made = by_name ? *std::move(by_name) : code_error(status, text);
  if (!text.empty() && text != made.info().text) made = std::move(made).with_message(text);
  if (!has_fault) {
    const auto loss = made == grpc_errc::unavailable ? loss_of(text) : std::nullopt;
    return loss ? std::move(made).with_cause(*loss) : made;
  }
  if (!f.hint().empty()) made = std::move(made).with_hint(f.hint());
  if (f.retry_after_ms() > 0 && f.retry_after_ms() < 1'000'000'000) {
    const auto wait = std::chrono::milliseconds(static_cast<std::int64_t>(f.retry_after_ms()));
    made = std::move(made).with_retry_after(wait);
  }
  return made;
}

}  // namespace parley::detail
