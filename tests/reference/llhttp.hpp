// llhttp as a second opinion on HTTP/1.1, with all its leniencies off: messages in the form of
// support/http_messages.hpp.
#pragma once

#include <string_view>

#include "support/http_messages.hpp"

namespace parley::test {

// What llhttp reads from `bytes`, fed `chunk` at a time. Of the stream only who sends and what was
// asked counts: llhttp knows no limits. White space behind values, which llhttp leaves there, is
// taken away.
http_reading llhttp_read(const http_stream& stream, std::string_view bytes, std::size_t chunk);

}  // namespace parley::test
