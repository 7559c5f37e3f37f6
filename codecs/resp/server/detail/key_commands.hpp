// The commands on keys that stand in files of their own. Private to this room: the table
// is in commands_keys.cpp.
#pragma once

#include <parley/codecs/resp/server/command.hpp>

namespace parley::resp::detail {

// commands_expiry.cpp
void expire(command_context&);
void expireat(command_context&);
void pexpire(command_context&);
void pexpireat(command_context&);
void expiretime(command_context&);
void pexpiretime(command_context&);
void ttl(command_context&);
void pttl(command_context&);
void persist(command_context&);

// commands_object.cpp
void object_command(command_context&);

}  // namespace parley::resp::detail
