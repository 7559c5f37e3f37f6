// Standard output and input, as descriptors: a line is written when it is there,
// and a failure to write is a result.
#pragma once

#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/value/message.hpp>
#include <string>

namespace parley::cli {

// Opens what of 0, 1 and 2 the caller has closed, so that no socket gets these
// numbers; writing there then fails. Before anything else is opened.
void secure_standard_descriptors();

// errc::closed if the reader has gone, errc::io with the system's words otherwise.
result<void> write_output(std::string_view text);

// All of standard input, as one message. errc::too_large above 512 MiB, which
// is as much as Redis takes.
result<std::string> read_input();
// The same of a file: errc::io names it.
result<std::string> read_file(const std::string& path);

// A message as `parley sub` prints it, with the line break. The payload is
// expected to be decoded by decode_policy::text.
result<std::string> as_line(const message& m);
result<std::string> as_json_line(const message& m);

}  // namespace parley::cli
