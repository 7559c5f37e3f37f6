// What a person or a script sees of a failure: a line that says what and why, the
// cause, a hint, and an exit code by the class of the error.
#pragma once

#include <parley/core/error.hpp>
#include <string>
#include <string_view>

namespace parley::cli {

// Printed by `parley --help`, and what scripts may rely on.
enum exit_code : int {
  exit_ok = 0,
  exit_failed = 1,         // the operation was refused, or did not end as wished
  exit_usage = 2,          // the command line is wrong
  exit_connection = 3,     // no connection, or none now: another try may succeed
  exit_refused = 4,        // authentication or configuration: another try will not
  exit_interrupted = 130,  // SIGINT, after a clean end
  exit_pipe = 141,         // whoever read our output has gone (as by SIGPIPE)
  exit_terminated = 143,   // SIGTERM, after a clean end
};

int exit_code_of(const error& why) noexcept;

// "parley: WHAT: text: message", then lines "cause: ..." and "hint: ...", on
// standard error. No password is in it: errors never quote a URI.
void report(std::string_view what, const error& why);

// One line on standard error, after "parley: ".
void note(std::string_view line);

// The text with the user names and passwords of its URIs as "***".
std::string without_passwords(std::string text);

}  // namespace parley::cli
