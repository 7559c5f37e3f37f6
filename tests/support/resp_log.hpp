// Drives the RESP decoder as a connection would, and writes down what it says:
//
//   array 2
//     blob_string "foo"
//     integer 7 last
//   END
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <parley/codecs/resp/decoder.hpp>

#include "support/guarded.hpp"
#include "support/resp_canonical.hpp"
#include "support/vectors.hpp"

namespace parley::test {

inline std::string describe_value(const resp::node& n) {
  using resp::kind;
  if (n.is_streamed()) return " ?";
  if (resp::is_aggregate(n.type)) return " " + std::to_string(n.count());
  switch (n.type) {
    case kind::integer:
      return " " + std::to_string(n.integer());
    case kind::number:
      return " " + to_text(n.number());
    case kind::boolean:
      return n.boolean() ? " true" : " false";
    case kind::null:
    case kind::stream_end:
      return "";
    case kind::verbatim:
      return " " + std::string(n.format()) + " \"" + escape(n.text()) + "\"";
    default:
      return " \"" + escape(n.text()) + "\"";
  }
}

inline std::string describe(const resp::node& n) {
  return std::string(2 * std::size_t{n.depth}, ' ') + std::string(resp::to_string(n.type)) +
         describe_value(n) + (n.has_more() ? " more" : "") + (n.is_last() ? " last" : "") + "\n";
}

// How a stream is fed.
struct feeding {
  std::vector<std::size_t> cuts = {};  // where the input is cut
  std::size_t room = 64;               // nodes per call
  bool by_reply = false;               // decode_reply() instead of decode()
};

// What decoding gave. The input of each call ends at a guard page.
struct decoding {
  std::string log;           // the nodes
  std::string end;           // "END", "MORE" or "ERR bad_type"
  std::size_t consumed = 0;  // bytes of the input
};

class feeder {
 public:
  feeder(const resp::limits& limits, std::string_view input, const feeding& how)
      : decoder_(limits), input_(input), how_(how), guarded_(input.size()), nodes_(how.room) {}

  decoding run() {
    std::vector<std::size_t> ends = how_.cuts;
    ends.push_back(input_.size());
    for (const std::size_t end : ends) {
      if (!feed_to(end)) break;
    }
    if (done_.end.empty()) {
      const bool whole = done_.consumed == input_.size() && decoder_.is_idle();
      done_.end = whole ? "END" : "MORE";
    }
    return done_;
  }

 private:
  // Decodes what is there up to `end`; false once it has failed.
  bool feed_to(std::size_t end) {
    resp::decode_result r;
    do {
      const auto in = guarded_.put(input_.substr(done_.consumed, end - done_.consumed));
      r = how_.by_reply ? decoder_.decode_reply(in, nodes_) : decoder_.decode(in, nodes_);
      for (std::size_t i = 0; i < r.count; ++i) done_.log += describe(nodes_[i]);
      done_.consumed += r.consumed;
    } while (r.status == resp::decode_status::ok);
    if (r.status != resp::decode_status::failed) return true;
    done_.end = "ERR " + std::string(resp::describe(*decoder_.fault()).name);
    const auto again = decoder_.decode(guarded_.put("+OK\r\n"), nodes_);
    if (again.status != r.status || again.consumed != 0 || again.count != 0) done_.end += " once";
    return false;
  }

  resp::decoder decoder_;
  std::string_view input_;
  const feeding& how_;
  guarded guarded_;
  std::vector<resp::node> nodes_;
  decoding done_;
};

inline decoding decode(std::string_view input, const feeding& how = {},
                       const resp::limits& limits = {}) {
  return feeder(limits, input, how).run();
}

inline std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

}  // namespace parley::test
