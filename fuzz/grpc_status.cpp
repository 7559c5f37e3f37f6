// Errors over gRPC. Any status with any trailing metadata becomes an error that can be told; an
// error of ours, with any text, becomes a status and metadata from which the other end makes the
// same one.
//
// Input: one byte chooses which of the two, one the code; then lengths and texts.
#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <parley/adapters/grpc/errc.hpp>
#include <parley/adapters/grpc/provider/status.hpp>
#include <parley/core/text/utf8.hpp>
#include <string>

#include "support/reader.hpp"

#include <parley/proto/parley.pb.h>

namespace parley::fuzz {
namespace {

// It writes a line for each text that is not UTF-8.
const auto silent = google::protobuf::SetLogHandler(nullptr);

constexpr int core_codes = static_cast<int>(errc::out_of_memory) + 1;
constexpr int own_codes = static_cast<int>(grpc_errc::handshake_failed) + 1;

std::string_view text_of(reader& in) {
  const std::size_t size = in.byte() * std::size_t{8};
  return in.bytes(size + in.byte() % 8);
}

void check_told(const error& e) {
  must(!e.name().empty() && !e.to_string().empty());
  must(!e.retry_after() || e.retry_after()->count() > 0);
}

// As a server of anybody's may send it.
void read_status(reader in) {
  const auto code = static_cast<::grpc::StatusCode>(in.byte() % 20);
  const std::string text(text_of(in));
  const bool has_fault = in.byte() % 4 != 0;
  const std::string_view fault = has_fault ? in.bytes(std::size_t{1} << 20) : std::string_view();
  const error e = detail::error_of(::grpc::Status(code, text), fault);
  check_told(e);
  must(text.empty() || e.message() == text || e.info().text == text);
  // What was not named is what the status says.
  v1::Fault f;
  const bool is_read = f.ParseFromArray(fault.data(), static_cast<int>(fault.size()));
  if (fault.empty() || !is_read) must(e == detail::error_of(::grpc::Status(code, text)));
  if (is_read && e.info().domain == "core" && f.domain() == "core") check_told(e);
}

error make(reader& in) {
  const std::uint8_t how = in.byte();
  const int number = in.byte();
  error e = how % 2 == 0 ? error(static_cast<errc>(number % core_codes))
                         : error(static_cast<grpc_errc>(number % own_codes));
  if (how % 4 < 2) e = std::move(e).with_message(std::string(text_of(in)));
  if (how % 8 < 4) e = std::move(e).with_hint(std::string(text_of(in)));
  if (how % 16 < 8) {
    const std::int64_t wait = in.byte() * std::int64_t{in.byte()} * in.byte() * in.byte();
    e = std::move(e).with_retry_after(std::chrono::milliseconds(wait));
  }
  return e;
}

// What becomes of a text: bytes that are none are dots, and a long one is a prefix.
void check_text(std::string_view got, std::string_view sent, std::size_t longest) {
  must(text::valid_utf8(got) && got.size() <= longest);
  if (!text::valid_utf8(sent)) return;
  must(sent.starts_with(got));
  must(got.size() == sent.size() || got.size() + 4 > longest);
}

void carry(reader in) {
  const error sent = make(in);
  const ::grpc::Status status = detail::status_of(sent);
  must(!status.ok());
  const std::string fault = detail::fault_of(sent);
  // Both have room in what headers may have, where a byte of a message may take three.
  must(status.error_message().size() * 3 + fault.size() * 4 / 3 < 8000);
  const error got = detail::error_of(status, fault);
  check_told(got);
  if (sent.info().domain == "core") must(got == sent);
  // gRPC tells of its own connections with the same code.
  if (sent.info().domain == "grpc" && sent != grpc_errc::handshake_failed &&
      sent != grpc_errc::unavailable && sent != grpc_errc::resource_exhausted) {
    must(got == sent);
  }
  if (!sent.message().empty() && got.info().text != sent.message()) {
    check_text(got.message(), sent.message(), 1024);
  }
  if (!sent.hint().empty()) check_text(got.hint(), sent.hint(), 512);
  if (const auto wait = sent.retry_after(); wait && wait->count() < 1'000'000'000) {
    must(got.retry_after().value_or(std::chrono::milliseconds(0)) == *wait);
  }
}

}  // namespace
}  // namespace parley::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parley::fuzz::reader in(std::string_view(reinterpret_cast<const char*>(data), size));
  in.byte() % 2 == 0 ? parley::fuzz::read_status(in) : parley::fuzz::carry(in);
  return 0;
}
