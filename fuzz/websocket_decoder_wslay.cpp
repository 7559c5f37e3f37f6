// The decoder of WebSocket beside wslay: the same messages, and the same verdict but for what
// tests/vectors/websocket shows in blocks `differs`.
//
// Input: one byte chooses the role and deflate, one how large the pieces for wslay are; the rest is
// the stream.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "reference/wslay.hpp"

namespace {

using namespace parley;
using test::websocket_message;
using test::websocket_reading;
using test::websocket_stream;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

bool is_close(const websocket_message& m) { return m.type == websocket::opcode::close; }

// wslay does not judge every close frame right, nor half a header at all; and close frames are
// always last. So only what precedes them is compared.
std::span<const websocket_message> before_close(const websocket_reading& all) {
  std::span<const websocket_message> list(all.messages);
  while (!list.empty() && is_close(list.back())) list = list.first(list.size() - 1);
  return list;
}

bool has_close(const websocket_reading& all) { return std::ranges::any_of(all.messages, is_close); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  websocket_stream stream;
  if ((data[0] & 1) != 0) stream.own = websocket::role::client;
  stream.deflate = (data[0] & 2) != 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const websocket_reading ours = read_websocket(stream, {}, input);
  const websocket_reading theirs = wslay_read(stream, input, data[1] + 1u);

  require(std::ranges::equal(before_close(ours), before_close(theirs)));
  // A fault that wslay finds is one for us too, and the same, unless a close frame has it: codes
  // that it does not know, and reasons that it judges otherwise or before they are complete.
  const bool may_close = input.find('\x88') != std::string_view::npos;
  if (theirs.refused && !may_close) require(ours.refused == theirs.refused);
  // And bad text is one for wslay. It waits for whole headers, so their faults it may not know yet.
  if (ours.refused == 1007U && !may_close) require(theirs.refused == ours.refused);
  if (has_close(theirs) && !theirs.refused) require(ours.closed || ours.refused);
  return 0;
}
