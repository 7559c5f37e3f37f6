// The commands on ranges of sorted sets. Private to this room: the table is in
// commands_sorted_sets.cpp.
#pragma once

#include <parley/codecs/resp/server/command.hpp>

namespace parley::resp::detail {

void zcount(command_context&);
void zlexcount(command_context&);
void zrange(command_context&);
void zrangebylex(command_context&);
void zrangebyscore(command_context&);
void zrevrange(command_context&);
void zrevrangebylex(command_context&);
void zrevrangebyscore(command_context&);
void zremrangebylex(command_context&);
void zremrangebyrank(command_context&);
void zremrangebyscore(command_context&);

}  // namespace parley::resp::detail
