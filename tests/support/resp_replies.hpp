// All replies of a stream at once, in the form of resp_canonical.hpp.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <parley/codecs/resp/decoder.hpp>
#include <parley/codecs/resp/tree.hpp>

#include "support/resp_canonical.hpp"

namespace parley::test {

struct replies {
  std::vector<std::string> list;  // those that were complete
  bool failed = false;
};

inline replies decode_replies(std::string_view bytes) {
  resp::decoder decoder;
  resp::reply_builder builder;
  std::array<resp::node, 7> nodes;
  replies all;
  resp::decode_result r;
  do {
    r = decoder.decode(as_bytes(bytes), nodes);
    bytes.remove_prefix(r.consumed);
    for (std::size_t i = 0; i < r.count; ++i) {
      if (builder.add(nodes[i])) all.list.push_back(canonical(builder.take().root()));
    }
  } while (r.status == resp::decode_status::ok);
  all.failed = r.status == resp::decode_status::failed;
  return all;
}

}  // namespace parley::test
