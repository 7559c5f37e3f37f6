// Multipart bodies: whole and in pieces they must give the same parts; what was decoded, written
// again, must arrive as it was.
//
// Input: one byte chooses the limits, one the largest piece; the rest is the body, whose own bytes
// choose the cuts. The boundary is "b".
#include <algorithm>
#include <parley/codecs/http/rest/multipart.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/reader.hpp"

namespace {

using namespace parley;
using http::multipart_status;

struct fixed_entropy final : random_source {
  void random(std::span<std::byte> out) override { std::ranges::fill(out, std::byte{'r'}); }
};

struct seen_part {
  std::string name;
  std::string filename;
  std::string type;
  std::string body;
  bool has_filename = false;
  bool ended = false;
  friend bool operator==(const seen_part&, const seen_part&) = default;
};

class body {
 public:
  explicit body(std::string_view content_type, const http::multipart_limits& limits)
      : limits_(limits), decoder_(*http::multipart_decoder::make(content_type, limits)) {}

  bool feed(std::string_view piece) {
    for (;;) {
      // A copy of exactly this size, so that a byte read beyond it is seen.
      const std::vector<char> copy(piece.begin(), piece.end());
      const auto r = decoder_.next(as_bytes({copy.data(), copy.size()}));
      fuzz::must(r.consumed <= piece.size());
      piece.remove_prefix(r.consumed);
      if (r.status == multipart_status::failed) return false;
      if (r.status == multipart_status::part) {
        const auto& p = decoder_.part();
        parts_.push_back({std::string(p.name()), std::string(p.filename().value_or("")),
                          std::string(p.content_type()), "", p.filename().has_value(), false});
        fuzz::must(parts_.size() <= limits_.max_parts && parts_.size() == decoder_.parts());
        fuzz::must(p.headers().size() <= limits_.max_part_fields);
      } else if (r.status == multipart_status::body) {
        fuzz::must(!r.body.empty() && !parts_.back().ended);
        parts_.back().body += as_text(r.body);
        fuzz::must(parts_.back().body.size() <= limits_.max_part);
      } else if (r.status == multipart_status::part_end) {
        parts_.back().ended = true;
      } else {
        fuzz::must(piece.empty());
        return r.status == multipart_status::need_data;
      }
    }
  }

  bool finish() { return decoder_.finish(); }
  const std::vector<seen_part>& parts() const { return parts_; }
  std::optional<http::rest_errc> fault() const { return decoder_.fault(); }

 private:
  http::multipart_limits limits_;
  http::multipart_decoder decoder_;
  std::vector<seen_part> parts_;
};

void send_again(const std::vector<seen_part>& parts) {
  fixed_entropy entropy;
  const http::multipart_writer w(entropy);
  std::string out;
  for (const seen_part& p : parts) {
    // A name that looks like an escape is decoded as one: that is the standard's own ambiguity.
    if (p.name.contains('%') || p.filename.contains('%')) return;
    if (p.body.contains(w.boundary())) return;
    http::part_head head{.name = p.name, .content_type = p.type};
    if (p.has_filename) head.filename = p.filename;
    if (!w.begin_part(out, head)) return;
    out += p.body;
    w.end_part(out);
    fuzz::must(http::safe_file_name(p.filename).find_first_of("/\\") == std::string::npos);
  }
  w.finish(out);
  body again(w.content_type(), {});
  again.feed(out);
  fuzz::must(again.finish());
  fuzz::must(again.parts() == parts);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in({reinterpret_cast<const char*>(data), size});
  const std::uint8_t first = in.byte();
  const std::size_t largest = in.byte() % 64 + 1U;
  const std::string_view input = in.bytes(size);
  constexpr std::string_view type = "multipart/form-data; boundary=b";
  http::multipart_limits limits;
  if (first % 4 != 0) {
    limits = {.max_parts = first % 8U,
              .max_part_head = first,
              .max_part_fields = first % 4U,
              .max_part = first / 4U,
              .max_total = first * 3U,
              .max_preamble = first / 16U};
  }
  body whole(type, limits);
  whole.feed(input);
  body pieces(type, limits);
  for (std::string_view rest = input; !rest.empty();) {
    const auto choice = static_cast<std::uint8_t>(rest.front());
    const std::size_t n = std::min(choice % largest + 1, rest.size());
    if (!pieces.feed(rest.substr(0, n))) break;
    rest.remove_prefix(n);
  }
  const bool good = whole.finish();
  fuzz::must(good == pieces.finish());
  fuzz::must(whole.fault() == pieces.fault());
  fuzz::must(whole.parts() == pieces.parts());
  if (good && first % 4 == 0) send_again(whole.parts());
  return 0;
}
