// Server-sent events: a stream at once and in pieces must give the same events; each, sent again,
// must arrive as it was.
//
// Input: one byte chooses the limits, one the largest piece; the rest is the stream, whose own
// bytes choose the cuts.
#include <algorithm>
#include <parley/codecs/http/event_stream.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;

// The event must survive being sent.
void send_again(const http::event_decoder& from) {
  const http::server_event event{
      .data = from.data(), .type = from.type(), .id = from.last_event_id(), .retry = from.retry()};
  // NUL is legal in what arrives as a type, and refused when sent.
  if (!http::check_event(event)) return fuzz::must(event.type.contains('\0'));
  std::vector<std::byte> room(http::event_bound(event));
  const std::byte* end = http::put_event(room.data(), event);
  const auto size = static_cast<std::size_t>(end - room.data());
  fuzz::must(size <= room.size());
  http::event_decoder d;
  const auto r = d.next(byte_view(room).first(size));
  fuzz::must(r.status == http::event_status::event && r.consumed == size);
  fuzz::must(d.data() == event.data && d.type() == event.type);
  fuzz::must(d.last_event_id() == event.id && d.retry() == event.retry);
}

class stream {
 public:
  explicit stream(const http::event_limits& limits) : limits_(limits), decoder_(limits) {}

  bool feed(std::string_view piece) {
    for (;;) {
      // A copy of exactly this size, so that a byte read beyond it is seen.
      const std::vector<char> copy(piece.begin(), piece.end());
      const auto r = decoder_.next(as_bytes({copy.data(), copy.size()}));
      fuzz::must(r.consumed <= piece.size());
      piece.remove_prefix(r.consumed);
      if (r.status == http::event_status::failed) return false;
      if (r.status == http::event_status::need_data) {
        fuzz::must(piece.empty());
        return true;
      }
      check();
    }
  }

  std::string summary() const {
    const auto fault = decoder_.fault();
    const auto retry = decoder_.retry();
    return log_ + '\0' + std::string(decoder_.last_event_id()) + '\0' +
           std::to_string(retry ? retry->count() : -1) + '\0' +
           std::to_string(fault ? static_cast<int>(*fault) : -1);
  }

 private:
  void check() {
    const std::string_view id = decoder_.last_event_id();
    fuzz::must(decoder_.data().size() <= limits_.max_event && id.size() <= limits_.max_line);
    fuzz::must(id.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    fuzz::must(decoder_.type().find_first_of("\r\n") == std::string_view::npos);
    fuzz::must(!decoder_.data().contains('\r'));
    send_again(decoder_);
    log_.append(decoder_.type()).append("|").append(decoder_.data()).append("|").append(id);
  }

  http::event_limits limits_;
  http::event_decoder decoder_;
  std::string log_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in({reinterpret_cast<const char*>(data), size});
  const std::uint8_t first = in.byte();
  const std::size_t largest = in.byte() % 64 + 1U;
  const std::string_view input = in.bytes(size);
  http::event_limits limits;
  if (first % 4 != 0) limits = {.max_line = first % 64U, .max_event = first / 2U};

  stream whole(limits);
  whole.feed(input);
  stream pieces(limits);
  for (std::string_view rest = input; !rest.empty();) {
    const auto choice = static_cast<std::uint8_t>(rest.front());
    const std::size_t n = std::min(choice % largest + 1, rest.size());
    if (!pieces.feed(rest.substr(0, n))) break;
    rest.remove_prefix(n);
  }
  fuzz::must(whole.summary() == pieces.summary());
  return 0;
}
