// Replies as values: what get() and get_any() give to the user.
#pragma once

#include <parley/codecs/resp/tree.hpp>
#include <parley/core/value/value.hpp>

namespace parley::detail {

// A string as text if it is UTF-8 and `decode` is set, else as bytes; aggregates
// as arrays and objects. Depth is that of the reply, which the decoder limits.
value to_value(resp::element reply, bool decode);

// The shapes of get_any(): an array of alternating fields as an object, one of
// alternating members and scores as an array of pairs. RESP2 sends both flat.
value to_object(resp::element reply, bool decode);
value to_scored(resp::element reply, bool decode);

}  // namespace parley::detail
