// What the command line of `parley` says.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/adapters/cli/on_loop.hpp>
#include <string>
#include <variant>
#include <vector>

namespace parley::cli {

struct options {
  enum class verb : std::uint8_t { pub, sub, call, serve };

  verb what = verb::pub;
  std::string url;
  // serve: further URLs.
  std::vector<std::string> beside;
  // pub and sub: instead of a URL, several in the order of preference.
  std::vector<std::string> fallback;
  bool dedupe = false;  // with it: each message has an identifier
  std::string topic;
  std::vector<std::string> messages;   // pub: what to publish; call: the words of the command
  bool from_stdin = false;             // pub: all of standard input is one message
  bool pattern = false;                // sub: the topic is a pattern
  std::optional<std::uint64_t> count;  // sub: end after so many messages
  loop_kind loop = loop_kind::blocking;
  std::optional<double> timeout;  // seconds
  // Of TLS: files, and the words of the URI's parameters.
  std::string ca_certs;
  std::string certfile;
  std::string keyfile;
  std::string verify;
  std::string clients;
  // Of a call over HTTP.
  std::string method;               // empty: GET, or POST with data
  std::optional<std::string> data;  // as it was given; main() reads what @ names
  std::vector<std::string> headers;
  std::string unix_socket;  // a path to connect to
  std::string store_file;   // of a broker: where its sessions are kept
  std::string acl_file;     // of a broker: who may use which topics
  bool include = false;     // print status and headers first
  // Of MQTT. What is empty is the URL's, or the default.
  std::optional<unsigned> qos;
  bool retain = false;
  std::string will_topic;
  std::string will_payload;
  std::optional<unsigned> will_qos;
  bool will_retain = false;
  std::string version;  // "3.1.1" or "5"
  std::string client_id;
  std::optional<std::uint16_t> keepalive;
  bool persistent = false;  // the session is kept, at the server
  bool json = false;
  bool quiet = false;  // pub: print no receivers
  bool verbose = false;
};

// The options, or the exit code of a program that is done: help and version were
// printed (0), or what is wrong with the command line (2).
std::variant<options, int> parse_options(int argc, const char* const* argv);

// "parley 0.1.0" and a line for each part, built in or not.
std::string version_text();

}  // namespace parley::cli
