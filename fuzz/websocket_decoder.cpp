// The decoder of WebSocket at once and in pieces, with frames shown whole and in pieces, with every
// kernel: the messages and the fault must be the same.
//
// Input: one byte chooses the role, deflate and the limits, one the largest piece; the rest is the
// stream, whose own bytes choose the cuts.
#include <algorithm>
#include <cstdint>
#include <parley/core/text/kernels.hpp>
#include <parley/core/text/utf8.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/websocket_messages.hpp"

namespace {

using namespace parley;
using test::websocket_stream;
using websocket::part_kind;

constexpr std::size_t largest_input = 32 * 1024;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

websocket_stream choose(std::uint8_t kind) {
  websocket_stream s;
  if ((kind & 1) != 0) s.own = websocket::role::client;
  s.deflate = (kind & 2) != 0;
  if ((kind & 4) != 0) s.bounds.frame = 100;
  if ((kind & 8) != 0) s.bounds.message = 200;
  // None, few, some, and all.
  constexpr std::uint32_t whole[] = {64 * 1024, 0, 5, 130};
  s.bounds.whole_frame = whole[(kind >> 4) & 3];
  return s;
}

// Each part, in a form that does not show where pieces were cut.
struct seen {
  std::string log;

  void add(const websocket::part& p) {
    if (p.what != part_kind::data) {
      log += static_cast<char>('0' + static_cast<int>(p.what));
      log += static_cast<char>('0' + static_cast<int>(p.fault));
      log += as_text(p.data);
      return;
    }
    if (p.first) log += p.type == websocket::opcode::text ? p.compressed ? 'T' : 't' : 'b';
    log += as_text(p.data);
    if (p.last) log += '.';
  }
};

// What must hold of each part, as it comes.
class checker {
 public:
  void check(const websocket::part& p, const websocket::decoder& decoder) {
    require(!over_);
    if (p.what == part_kind::data) return check_data(p, decoder);
    require(p.what == part_kind::failed || p.data.size() <= websocket::max_control_payload);
    if (p.what == part_kind::close) {
      const websocket::close_info info = websocket::close_info_of(p.data);
      require(p.data.empty() ? info.code == websocket::close_code::no_status
                             : may_be_sent(info.code) && text::valid_utf8(info.reason));
      require(decoder.is_closed());
    }
    over_ = p.what == part_kind::close || p.what == part_kind::failed;
  }

 private:
  void check_data(const websocket::part& p, const websocket::decoder& decoder) {
    require(p.first == !inside_ && decoder.is_in_message() == !p.last);
    require(p.type == websocket::opcode::text || p.type == websocket::opcode::binary);
    if (p.first) message_.clear();
    message_ += as_text(p.data);
    inside_ = !p.last;
    const bool is_text = p.type == websocket::opcode::text && !p.compressed;
    if (p.last && is_text) require(text::detail::scalar::valid_utf8(data(), message_.size()));
  }
  const std::uint8_t* data() const {
    return reinterpret_cast<const std::uint8_t*>(message_.data());
  }

  std::string message_;
  bool inside_ = false;
  bool over_ = false;
};

std::string read(const websocket_stream& stream, const std::vector<std::size_t>& cuts,
                 std::string_view input, test::guarded& guard) {
  seen all;
  checker rules;
  test::websocket_feeder feeder(stream, cuts, input, &guard);
  const auto ending = feeder.run([&](const websocket::part& p) {
    rules.check(p, feeder.decoder);
    all.add(p);
  });
  // It never asks for more than a header, or what it shows whole.
  if (ending == test::websocket_ending::more) {
    require(feeder.decoder.need() <= std::max<std::size_t>(stream.bounds.whole_frame, 125));
  }
  return all.log + static_cast<char>('0' + static_cast<int>(ending));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > largest_input) return 0;
  websocket_stream stream = choose(data[0]);
  const std::size_t largest = data[1] + 1u;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  static test::guarded guard(largest_input);

  std::vector<std::size_t> pieces;
  for (std::size_t end = 0; end < input.size();) {
    end += static_cast<std::uint8_t>(input[end]) % largest + 1u;
    if (end < input.size()) pieces.push_back(end);
  }
  const std::string whole = read(stream, {}, input, guard);
  require(read(stream, pieces, input, guard) == whole);
  const std::size_t levels = text::detail::level_count();
  for (const std::size_t level : {levels - 1, levels / 2, levels}) {
    text::detail::use_level(level);
    require(read(stream, pieces, input, guard) == whole);
  }
  // How much is shown at once changes no message.
  const auto messages = test::read_websocket(stream, {}, input);
  stream.bounds.whole_frame = 7;
  require(test::read_websocket(stream, pieces, input) == messages);
  return 0;
}
