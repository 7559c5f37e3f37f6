// The RESP decoder at once and in pieces: the nodes must be the same.
//
// Input: one byte chooses limits and calls, one the largest piece; the rest is
// the stream, whose own bytes choose the cuts.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <parley/codecs/resp/decoder.hpp>
#include <parley/codecs/resp/tree.hpp>

namespace {

using namespace parley;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

struct choices {
  resp::limits limits;
  std::size_t room;
  bool by_reply;
};

choices choose(std::uint8_t byte) {
  choices c{{}, byte % 4 + 1u, (byte & 4) != 0};
  if ((byte & 8) != 0) c.limits = {.reply_budget = 200, .max_bulk = 100, .max_line = 20};
  if ((byte & 16) != 0) c.limits.max_depth = 3;
  if ((byte & 32) != 0) c.limits.parts_above = 6;
  return c;
}

// What was decoded, as bytes that can be compared. Parts of one string are
// joined, since their borders depend on the cuts.
class record {
 public:
  void add(const resp::node& n) {
    if (!joining_) text_ += {'\n', static_cast<char>(n.type), static_cast<char>(n.depth)};
    joining_ = n.has_more();
    text_ += n.text();
    if (joining_) return;
    text_ += {n.is_last() ? '!' : ' ', n.is_streamed() ? '?' : ' '};
    text_ += std::to_string(n.bits);
    if (builder_.add(n)) walk(builder_.take().root());
  }
  const std::string& text() const { return text_; }

 private:
  // Every view of the tree must be readable.
  void walk(resp::element e) {
    std::size_t elements = 0;
    for (const resp::element child : e) {
      ++elements;
      walk(child);
    }
    require(elements == e.size());
    for (const char c : e.text()) sum_ = sum_ + static_cast<unsigned char>(c);
  }

  std::string text_;
  bool joining_ = false;
  resp::reply_builder builder_;
  volatile unsigned sum_ = 0;
};

class stream {
 public:
  stream(const choices& c, std::string_view input)
      : choices_(c), decoder_(c.limits), nodes_(c.room), input_(input) {}

  // Decodes what is there up to `end`. False once it has failed.
  bool feed_to(std::size_t end) {
    resp::decode_result r;
    do {
      // A copy of exactly this size, so that a byte read beyond it is seen.
      const std::vector<char> copy(input_.begin() + static_cast<std::ptrdiff_t>(begin_),
                                   input_.begin() + static_cast<std::ptrdiff_t>(end));
      const std::string_view in(copy.data(), copy.size());
      r = choices_.by_reply ? decoder_.decode_reply(as_bytes(in), nodes_)
                            : decoder_.decode(as_bytes(in), nodes_);
      check(in, r);
      begin_ += r.consumed;
    } while (r.status == resp::decode_status::ok);
    return r.status != resp::decode_status::failed;
  }

  std::string summary() const {
    const auto fault = decoder_.fault();
    return record_.text() + "\n" + (fault ? std::string(describe(*fault).name) : "no fault") +
           (decoder_.is_idle() ? " idle " : " inside ");
  }

 private:
  void check(std::string_view in, const resp::decode_result& r) {
    require(r.consumed <= in.size() && r.count <= nodes_.size());
    require(r.status != resp::decode_status::need_data || r.need > 0);
    for (const resp::node& n : std::span(nodes_).first(r.count)) {
      require(n.depth <= choices_.limits.max_depth);
      require(n.size == 0 || (n.data >= in.data() && n.data + n.size <= in.data() + r.consumed));
      record_.add(n);
    }
  }

  const choices& choices_;
  resp::decoder decoder_;
  std::vector<resp::node> nodes_;
  std::string_view input_;
  std::size_t begin_ = 0;
  record record_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const choices c = choose(data[0]);
  const std::size_t largest = data[1] % 64 + 1u;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);

  stream whole(c, input);
  whole.feed_to(input.size());
  stream pieces(c, input);
  for (std::size_t end = 0; end < input.size();) {
    const auto choice = static_cast<std::uint8_t>(input[end]);
    end = std::min(end + choice % largest + 1, input.size());
    if (!pieces.feed_to(end)) break;
  }
  // Parts that preceded a fault were delivered, at once they were not.
  if (c.limits.parts_above == 0 || whole.summary().find("no fault") != std::string::npos) {
    require(whole.summary() == pieces.summary());
  }
  return 0;
}
