// Drives the WebSocket decoder and writes down what it says, in a form that does not show how the
// bytes came:
//
//   text 5 "Hello"            a whole message
//   text first 3 "Hel"        what of it came before a control frame or the end of the input,
//   ping 0 ""
//   text middle 1 "l"
//   text last 1 "o"           and what completed it
//   binary deflated 3 "..."   compressed, as it is on the wire
//   text 300 "aaaaaaaa" to "aaaaaaaa", sum 29100    more than 200 bytes: the sum is theirs
//   close 1000 "bye"          or `close 1005 ""` for an empty one
//   CLOSED
//
// The last line is END (nothing is missing), MORE, CLOSED, or `fail bad_text`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/websocket_feed.hpp"

namespace parley::test {

// The stream that a block `options` describes, a line for each:
//
//   role client          whose decoder it is; else a server's
//   deflate              RSV1 was agreed upon
//   limit message 20     or frame, or whole_frame
//
// Fails the test that asks if it says anything else.
websocket_stream parse_websocket_options(std::string_view block);

std::string websocket_log(const websocket_stream& stream, const std::vector<std::size_t>& cuts,
                          std::string_view input, guarded* guard = nullptr);

// The same frames with another key for each mask, and without masks, as a client would get them.
std::string with_mask(std::string_view frames, const websocket::mask_key& key);
std::string without_masks(std::string_view frames);

}  // namespace parley::test
