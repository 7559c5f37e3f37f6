// How a connection to a Redis server is opened, as a sequence that says what to
// send next. Tries RESP3 and falls back to RESP2 on servers before version 6.
//
//   automatic, resp3:  HELLO 3 [AUTH user password] [SETNAME name]
//   resp2, fall-back:  [AUTH ...] [CLIENT SETNAME name]
//   all:               [SELECT database], PING where nothing else was answered
#pragma once

#include <array>
#include <cstdint>
#include <parley/codecs/resp/encoder.hpp>
#include <parley/codecs/resp/tree.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string>
#include <string_view>

namespace parley::resp {

// Which version of the protocol to speak.
enum class version_choice : std::uint8_t {
  automatic,  // RESP3 where the server has it, else RESP2
  resp2,
  resp3,  // an error where the server has it not
};

// Who logs in, and to what.
struct login {
  std::string username{};  // ACL user (Redis 6); empty: the default user
  std::string password{};  // empty: no AUTH
  std::string client_name{};
  std::uint32_t database = 0;
  version_choice protocol = version_choice::automatic;
};

class handshake {
 public:
  explicit handshake(const login& who);

  // The command to send now. Views of the login that was given, and of this
  // object. Empty when is_done().
  std::span<const std::string_view> command();

  // The reply to that command. Then send the next command, or be done. Errors
  // end the connection; they name what to correct.
  result<void> answered(element reply);

  bool is_done() const noexcept { return step_ == step::done; }
  version negotiated() const noexcept { return version_; }

 private:
  enum class step : std::uint8_t { hello, auth, set_name, select, ping, done };

  void enter(step next);
  bool needed(step candidate) const;
  result<void> hello_answered(element reply);
  std::span<const std::string_view> hello_command();
  std::span<const std::string_view> auth_command();
  error explain(error why) const;

  const login& who_;
  step step_ = step::hello;
  version version_ = version::resp2;
  bool answered_ = false;  // the server has accepted at least one command
  std::string database_;
  std::array<std::string_view, 8> words_;
};

}  // namespace parley::resp
