// The commands on several sets at once. Private to this room: the table is in
// commands_sets.cpp.
#pragma once

#include <parley/codecs/resp/server/command.hpp>

namespace parley::resp::detail {

void sinter(command_context&);
void sinterstore(command_context&);
void sintercard(command_context&);
void sunion(command_context&);
void sunionstore(command_context&);
void sdiff(command_context&);
void sdiffstore(command_context&);

}  // namespace parley::resp::detail
