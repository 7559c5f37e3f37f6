// What several families of the engine say in the same way.
#pragma once

#include <parley/codecs/resp/server/engine_command.hpp>
#include <string_view>

namespace parley::resp {

// The Redis that clients may take this for: they look at it to know what they may send.
inline constexpr std::string_view imitated_version = "7.0.15";

// Names of clients and libraries stand in lines of CLIENT LIST.
bool is_valid_name(std::string_view name) noexcept;
// Writes the error about a name; false.
bool refuse_name(engine_call& c, std::string_view what);
// CLIENT HELP and the like, which the error about an unknown subcommand names.
void reply_help(engine_call& c);

}  // namespace parley::resp
