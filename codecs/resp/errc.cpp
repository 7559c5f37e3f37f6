#include <array>

#include <parley/codecs/resp/errc.hpp>

namespace parley::resp {
namespace {

using enum error_class;

constexpr std::string_view not_resp =
    "the peer may not be a Redis server: check the host, the port, and whether the port wants TLS";
constexpr std::string_view broken_stream =
    "a proxy or a defect in the server broke the stream: look at what is between the two";

// In the order of `errc`.
constexpr auto infos = std::to_array<error_info>({
    {"resp", "bad_type", protocol, "the answer is not RESP", not_resp},
    {"resp", "bad_line", protocol, "a lone CR or LF inside a line", not_resp},
    {"resp", "bad_integer", protocol, "not an integer of 64 bits", broken_stream},
    {"resp", "bad_length", protocol, "not a valid length", broken_stream},
    {"resp", "bad_double", protocol, "not a double", broken_stream},
    {"resp", "bad_boolean", protocol, "not a boolean", broken_stream},
    {"resp", "bad_null", protocol, "not a null", broken_stream},
    {"resp", "bad_big_number", protocol, "not a big number", broken_stream},
    {"resp", "bad_verbatim", protocol, "a verbatim string without a format", broken_stream},
    {"resp", "bad_terminator", protocol, "a string longer than its declared length", broken_stream},
    {"resp", "misplaced", protocol, "a value where none of its kind can be", broken_stream},
    {"resp", "not_redis", configuration, "the peer is not a Redis server", "check host and port"},
    {"resp", "line_too_long", limit, "a line exceeds limits::max_line",
     "raise resp::limits::max_line if the server is to be trusted"},
    {"resp", "too_deep", limit, "nesting exceeds limits::max_depth",
     "raise resp::limits::max_depth (at most 64), or return flatter values"},
    {"resp", "bulk_too_large", limit, "a string exceeds limits::max_bulk",
     "raise resp::limits::max_bulk, or split the value"},
    {"resp", "reply_too_large", limit, "a reply exceeds limits::reply_budget",
     "raise resp::limits::reply_budget, ask for less at once (SCAN, GETRANGE), or take "
     "long strings in parts"},
    {"resp", "loading", transient, "the server is loading its data",
     "wait until the server has read its data from disk"},
    {"resp", "busy", transient, "the server is running a script",
     "wait, or end the script with SCRIPT KILL"},
    {"resp", "try_again", transient, "the keys are being moved between nodes",
     "try again when the slot has been moved"},
    {"resp", "cluster_down", transient, "the cluster does not serve this key",
     "look at CLUSTER INFO: a slot is not covered or a majority is missing"},
    {"resp", "master_down", transient, "the replica has lost its master",
     "check the link between replica and master, or ask the master"},
    {"resp", "read_only", transient, "the server is a read-only replica",
     "connect to the master; after a failover the name may still lead to the old one"},
    {"resp", "no_replicas", transient, "too few replicas for a safe write",
     "check the replicas, or lower min-replicas-to-write"},
    {"resp", "max_clients", transient, "the server has no room for more clients",
     "close idle clients or raise maxclients on the server"},
    {"resp", "no_auth", authentication, "the server wants a password",
     "set `password`, and `username` if the server uses ACL users"},
    {"resp", "wrong_password", authentication, "wrong user name or password",
     "check `username` and `password`, and that the user is on (ACL LIST)"},
    {"resp", "no_permission", authentication, "the ACL does not allow this",
     "grant the command, key or channel: ACL SETUSER <name> +command ~key &channel"},
    {"resp", "password_unused", configuration, "a password was given but the server has none",
     "remove `password`, or set one on the server (requirepass, ACL SETUSER)"},
    {"resp", "protected_mode", configuration, "the server admits local clients only",
     "set a password on the server, or bind it and switch protected-mode off"},
    {"resp", "no_protocol", reply, "the server does not speak this RESP version", "use RESP2"},
    {"resp", "bad_database", configuration, "the database does not exist",
     "choose a `db` below the server's setting `databases`; a cluster has only 0"},
    {"resp", "moved", reply, "the key lives on another node",
     "use a cluster client, or connect to the node that the message names"},
    {"resp", "ask", reply, "the key is being moved to another node",
     "send ASKING and the command to the node that the message names"},
    {"resp", "cross_slot", reply, "the keys are on different nodes",
     "give keys that belong together a common {tag}"},
    {"resp", "wrong_type", reply, "the key holds another type",
     "ask TYPE, and use the commands of that type"},
    {"resp", "exec_abort", reply, "the transaction was discarded",
     "one of the queued commands was wrong: look at its own answer"},
    {"resp", "no_script", reply, "the server does not know the script",
     "send it with EVAL or SCRIPT LOAD; a restart forgets scripts"},
    {"resp", "busy_group", reply, "the consumer group exists already", ""},
    {"resp", "no_group", reply, "no such key or consumer group",
     "create it with XGROUP CREATE key group $ MKSTREAM"},
    {"resp", "server_memory", reply, "the server has reached its memory limit",
     "raise maxmemory, set an eviction policy, or delete keys"},
    {"resp", "misconfigured", reply, "the server refuses writes",
     "it cannot save to disk: look at its log, its disk space and its permissions"},
    {"resp", "unknown_command", reply, "the server does not know the command",
     "check the spelling and the server's version; it may be renamed or switched off"},
    {"resp", "server_error", reply, "the server answered with an error", ""},
    {"resp", "call_failed", reply, "the call was answered with an error", ""},
    {"resp", "no_callee", transient, "nobody answers such calls",
     "check the name, and that the callee is connected to the same server"},
});
static_assert(infos.size() == static_cast<std::size_t>(errc::no_callee) + 1);

// Redis has no numbers for errors: the first word is the code, by convention and in
// capitals.
struct rule {
  std::string_view start;
  errc code;
};

// The whole beginning of a text, up to a space or its end. First hit counts.
constexpr auto rules = std::to_array<rule>({
    {"LOADING", errc::loading},
    {"BUSY", errc::busy},
    {"TRYAGAIN", errc::try_again},
    {"CLUSTERDOWN", errc::cluster_down},
    {"MASTERDOWN", errc::master_down},
    {"NOMASTERLINK", errc::master_down},
    {"READONLY", errc::read_only},
    {"NOREPLICAS", errc::no_replicas},
    {"NOAUTH", errc::no_auth},
    {"WRONGPASS", errc::wrong_password},
    {"NOPERM", errc::no_permission},
    {"DENIED", errc::protected_mode},
    {"NOPROTO", errc::no_protocol},
    {"MOVED", errc::moved},
    {"ASK", errc::ask},
    {"CROSSSLOT", errc::cross_slot},
    {"WRONGTYPE", errc::wrong_type},
    {"EXECABORT", errc::exec_abort},
    {"NOSCRIPT", errc::no_script},
    {"BUSYGROUP", errc::busy_group},
    {"NOGROUP", errc::no_group},
    {"OOM", errc::server_memory},
    {"MISCONF", errc::misconfigured},
    // Errors from before error codes, and those that never got one.
    {"ERR max number of clients", errc::max_clients},
    {"ERR invalid password", errc::wrong_password},
    {"ERR operation not permitted", errc::no_auth},
    {"ERR Client sent AUTH, but no password is set", errc::password_unused},
    {"ERR AUTH <password> called without any password configured", errc::password_unused},
    {"ERR DB index is out of range", errc::bad_database},
    {"ERR invalid DB index", errc::bad_database},
    {"ERR SELECT is not allowed in cluster mode", errc::bad_database},
    {"ERR unknown command", errc::unknown_command},
    {"ERR Protocol error", errc::bad_type},
});

bool matches(std::string_view text, std::string_view start) noexcept {
  if (!text.starts_with(start)) return false;
  if (text.size() == start.size()) return true;
  const char next = text[start.size()];
  // A whole word: "BUSY" must not match "BUSYGROUP", nor "ASK" a word that begins
  // with it.
  return next == ' ' || next == ',' || next == ':';
}

errc code_of(std::string_view text) noexcept {
  for (const rule& r : rules) {
    if (matches(text, r.start)) return r.code;
  }
  // Codes of modules and of later servers: the text itself goes with the error.
  return errc::server_error;
}

}  // namespace

const error_info& describe(errc code) noexcept { return infos[static_cast<std::size_t>(code)]; }

parley::error classify(std::string_view text) { return {code_of(text), std::string(text)}; }

}  // namespace parley::resp
