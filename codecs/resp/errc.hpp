// What can go wrong with RESP: faults in the bytes of a peer, limits of ours,
// and errors that a server answers.
#pragma once

#include <cstdint>
#include <string_view>

#include <parley/core/error.hpp>

namespace parley::resp {

enum class errc : std::uint16_t {
  // The peer broke the protocol. The stream cannot be read any further.
  bad_type,        // a value starts with a byte that announces nothing
  bad_line,        // a lone CR or LF inside a line
  bad_integer,     // not an integer, or outside 64 bits
  bad_length,      // a length or count that is no number, or negative
  bad_double,      // not a number, or outside the range of a double
  bad_boolean,     // neither t nor f
  bad_null,        // bytes inside a null
  bad_big_number,  // not an integer
  bad_verbatim,    // a verbatim string without a format of three letters
  bad_terminator,  // a string is not followed by CR LF where its length ends
  misplaced,       // a chunk, stream end, push or attribute where none can be
  not_redis,       // the very first answer was none of these: another server
  // A limit of ours (limits.hpp).
  line_too_long,    // limits::max_line
  too_deep,         // limits::max_depth
  bulk_too_large,   // limits::max_bulk
  reply_too_large,  // limits::reply_budget
  // Errors that a server answers, by what to do about them.
  loading,          // LOADING: reads its data from disk
  busy,             // BUSY: runs a script
  try_again,        // TRYAGAIN: slots are moving
  cluster_down,     // CLUSTERDOWN
  master_down,      // MASTERDOWN, NOMASTERLINK
  read_only,        // READONLY: a replica
  no_replicas,      // NOREPLICAS: too few for a safe write
  max_clients,      // ERR max number of clients reached
  no_auth,          // NOAUTH: a password is needed
  wrong_password,   // WRONGPASS, ERR invalid password
  no_permission,    // NOPERM: the ACL does not allow it
  password_unused,  // AUTH to a server that has no password
  protected_mode,   // DENIED: protected mode, no remote clients
  no_protocol,      // NOPROTO: HELLO with a version it does not know
  bad_database,     // SELECT of a database that is not there
  moved,            // MOVED: the slot lives elsewhere
  ask,              // ASK: the slot is on its way elsewhere
  cross_slot,       // CROSSSLOT: keys of different slots
  wrong_type,       // WRONGTYPE: the key holds another type
  exec_abort,       // EXECABORT: a queued command was wrong
  no_script,        // NOSCRIPT: EVALSHA of an unknown script
  busy_group,       // BUSYGROUP: the consumer group exists
  no_group,         // NOGROUP: no such key or consumer group
  server_memory,    // OOM: above maxmemory
  misconfigured,    // MISCONF: cannot save to disk and refuses writes
  unknown_command,  // ERR unknown command
  server_error,     // ERR and everything else
  // Of calls over channels (redis_provider.hpp).
  call_failed,  // the callee answered with an error, whose name and text are the message
  no_callee,    // nobody listens for such calls, says the server
};

const error_info& describe(errc) noexcept;

// Turns the text of an error reply (without the leading '-') into an error. The
// first word decides the code; the server's whole text becomes the message.
parley::error classify(std::string_view text);

}  // namespace parley::resp
