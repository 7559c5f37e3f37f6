// What the engine's own commands are: those that look at clients, channels, settings or
// several databases. Like data_command, with another function.
#pragma once

#include <parley/codecs/resp/server/command.hpp>
#include <parley/codecs/resp/server/peer.hpp>
#include <span>
#include <string_view>

namespace parley::resp {

class engine;

// One request to such a command. Lives during the call.
struct engine_call {
  engine& home;
  peer& from;
  // The words; views of the input.
  std::span<const std::string_view> arguments;
  reply_writer reply;
  time_point now;
  wall_time wall;
};

struct engine_command {
  // With `run` null. The name of a subcommand is "config|get".
  data_command about;
  void (*serve)(engine_call&) = nullptr;
  // CLIENT, CONFIG: the second word chooses one of these.
  std::span<const engine_command> subcommands{};
};

// The families, each in its own file.
std::span<const engine_command> connection_commands() noexcept;
std::span<const engine_command> client_commands() noexcept;
std::span<const engine_command> pubsub_commands() noexcept;
std::span<const engine_command> config_commands() noexcept;
std::span<const engine_command> info_commands() noexcept;
std::span<const engine_command> command_commands() noexcept;
std::span<const engine_command> database_commands() noexcept;
std::span<const engine_command> blocking_commands() noexcept;

}  // namespace parley::resp
