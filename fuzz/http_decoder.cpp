// The HTTP decoder at once and in pieces, on the best level of the processor and on none, with
// much room for fields and with little: the messages and the fault must be the same.
//
// Input: one byte chooses the role and what was asked, one the limits, one the leniencies, one the
// room and the largest piece; the rest is the stream, whose own bytes choose the cuts.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "support/http_messages.hpp"

namespace {

using namespace parley;
using test::http_feeding;
using test::http_stream;

// More than any limit that is chosen below needs.
constexpr std::size_t largest_input = 32 * 1024;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

http_stream choose(std::uint8_t kind, std::uint8_t bounds, std::uint8_t tolerance) {
  http_stream s;
  if ((kind & 1) != 0) s.sender = http::role::response;
  if ((kind & 2) != 0) s.asked = {http::method::head, http::method::get, http::method::connect};
  s.declines = (kind & 4) != 0;
  if ((kind & 8) != 0) s.body_limit = kind >> 4;
  if ((bounds & 1) != 0) s.bounds.start_line = 20;
  if ((bounds & 2) != 0) s.bounds.header_block = 100;
  if ((bounds & 4) != 0) s.bounds.headers = 3;
  if ((bounds & 8) != 0) s.bounds.chunk_extensions = 10;
  if ((bounds & 16) != 0) s.bounds.trailers = 30;
  if ((bounds & 32) != 0) s.bounds.body = 20;
  s.tolerance = {.missing_host = (tolerance & 1) != 0,
                 .bare_lf = (tolerance & 2) != 0,
                 .obs_fold = (tolerance & 4) != 0,
                 .equal_lengths = (tolerance & 8) != 0,
                 .length_and_chunked = (tolerance & 16) != 0,
                 .chunk_whitespace = (tolerance & 32) != 0};
  return s;
}

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_fields(const http::header_list& list, std::string_view whole) {
  for (const http::header h : list) {
    require(!h.name.empty() && lies_in(h.name, whole) && lies_in(h.value, whole));
    require(h.name.find_first_of(" \t\r\n:") == std::string_view::npos);
    require(list.find(h.name).has_value());
  }
}

void check_request(const http::request_head& head, std::string_view whole,
                   const http_stream& stream) {
  require(lies_in(head.method_name, whole) && lies_in(head.target, whole));
  require(lies_in(head.authority, whole) && !head.target.empty());
  require(lies_in(head.path(), head.target) || head.path() == "/");
  if (const auto query = head.query()) require(lies_in(*query, head.target));
  require(head.body.how != http::framing::until_close && head.body.how != http::framing::tunnel);
  check_fields(head.headers, whole);
  // What two readers could understand differently never gets here.
  if (!stream.tolerance.length_and_chunked) {
    require(!head.headers.find(http::field::transfer_encoding) ||
            !head.headers.find(http::field::content_length));
  }
}

// Of each part, as it comes.
void check_stream(const http_stream& stream, const http_feeding& how, std::string_view input,
                  test::guarded& guard) {
  test::http_feeder feeder(stream, how, input, &guard);
  feeder.run([&](const http::part& p) {
    const std::string_view data = as_text(p.data);
    if (p.what == http::part_kind::body) {
      require(!data.empty() && feeder.decoder.is_inside());
    } else if (p.what == http::part_kind::end) {
      check_fields(feeder.decoder.trailers(p, feeder.fields), data);
      require(!feeder.decoder.is_inside());
    } else if (p.what != http::part_kind::head) {
      require(data.empty());
    } else if (stream.sender == http::role::request) {
      check_request(feeder.decoder.request(p, feeder.fields), data, stream);
    } else {
      const http::response_head head = feeder.decoder.response(p, feeder.fields);
      require(lies_in(head.reason, data) && head.status >= 100 && head.status <= 999);
      require(!head.keep_alive || head.body.how != http::framing::until_close);
      check_fields(head.headers, data);
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || size > largest_input) return 0;
  const http_stream stream = choose(data[0], data[1], data[2]);
  const std::size_t largest = data[3] / 4 + 1u;
  const std::string_view input(reinterpret_cast<const char*>(data) + 4, size - 4);
  static test::guarded guard(largest_input);

  http_feeding pieces{.places = data[3] % 4u};
  for (std::size_t end = 0; end < input.size();) {
    end += static_cast<std::uint8_t>(input[end]) % largest + 1u;
    if (end < input.size()) pieces.cuts.push_back(end);
  }
  check_stream(stream, pieces, input, guard);

  const auto whole = read_http(stream, {}, input, &guard);
  require(read_http(stream, pieces, input, &guard) == whole);
  pieces.level = http::scan_level::ssse3;
  require(read_http(stream, pieces, input, &guard) == whole);
  for (const auto level :
       {http::scan_level::none, http::scan_level::ssse3, http::scan_level::avx2}) {
    require(read_http(stream, {.level = level}, input, &guard) == whole);
  }
  return 0;
}
