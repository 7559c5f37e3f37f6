// Feeds the HTTP decoder as a connection would, in any pieces, and hands on each part.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include <parley/codecs/http/decoder.hpp>

#include "support/guarded.hpp"

namespace parley::test {

// What a stream is to a decoder.
struct http_stream {
  http::role sender = http::role::request;
  http::leniency tolerance = {};
  http::limits bounds = {};
  std::vector<http::method> asked = {};          // what final responses answer, in turn; then GET
  std::optional<std::uint64_t> body_limit = {};  // set behind each head
  bool declines = false;                         // reads on behind a request for a tunnel
};

// How its bytes arrive. The outcome must not depend on any of this.
struct http_feeding {
  std::vector<std::size_t> cuts = {};  // where the input is cut
  std::size_t places = 100;            // of fields, to begin with
  http::scan_level level = http::scan_level::avx512;
};

enum class http_ending : std::uint8_t { end, more, failed, tunnel };

class http_feeder {
 public:
  // With `guard`, which has room for the input, that of each call ends at a page without access.
  http_feeder(const http_stream& stream, const http_feeding& how, std::string_view input,
              guarded* guard = nullptr)
      : decoder(stream.sender, stream.bounds, stream.tolerance, how.level),
        fields(how.places),
        stream_(stream),
        how_(how),
        input_(input),
        guard_(guard) {}

  // Calls `visit(part)` for each part but need_data and no_room, whose views are valid meanwhile.
  template <class Visit>
  http_ending run(Visit&& visit) {
    ask();
    for (const std::size_t end : how_.cuts) {
      if (!feed_to(end, visit)) return ending_;
    }
    if (!feed_to(input_.size(), visit)) return ending_;
    ending_ =
        decoder.end_of_stream(input_.size() - consumed) ? http_ending::end : http_ending::more;
    feed_to(input_.size(), visit);
    return ending_;
  }

  // For `visit`.
  http::decoder decoder;
  std::vector<http::field_place> fields;
  std::size_t consumed = 0;  // bytes of the input

 private:
  // Decodes what is there up to `end`; false if nothing more is to be read.
  template <class Visit>
  bool feed_to(std::size_t end, Visit& visit) {
    for (;;) {
      const std::string_view rest = input_.substr(consumed, end - consumed);
      const byte_view in = guard_ != nullptr ? guard_->put(rest) : as_bytes(rest);
      const http::part p = decoder.next(in, fields);
      if (p.consumed > in.size()) std::abort();
      consumed += p.consumed;
      if (p.what == http::part_kind::need_data) return true;
      if (p.what == http::part_kind::no_room) {
        fields.resize(fields.size() + 1 + fields.size() / 2);
        continue;
      }
      visit(p);
      if (!goes_on(p)) return false;
    }
  }

  bool goes_on(const http::part& p) {
    switch (p.what) {
      case http::part_kind::head:
        if (stream_.body_limit) decoder.set_body_limit(*stream_.body_limit);
        final_ = stream_.sender == http::role::request || !decoder.response(p, fields).is_interim();
        return true;
      case http::part_kind::end:
        if (final_) ask();
        return true;
      case http::part_kind::failed:
        ending_ = http_ending::failed;
        // A fault stays.
        if (decoder.next({}, fields).fault != p.fault) std::abort();
        return false;
      case http::part_kind::tunnel:
        if (stream_.declines) {
          decoder.go_on();
          return true;
        }
        ending_ = http_ending::tunnel;
        return false;
      default:
        return true;
    }
  }

  void ask() {
    if (stream_.sender == http::role::request) return;
    decoder.expect_response_to(asked_ < stream_.asked.size() ? stream_.asked[asked_]
                                                             : http::method::get);
    ++asked_;
  }

  const http_stream& stream_;
  const http_feeding& how_;
  std::string_view input_;
  guarded* guard_;
  std::size_t asked_ = 0;
  bool final_ = true;
  http_ending ending_ = http_ending::end;
};

inline std::vector<std::size_t> cuts_of(std::size_t size, std::size_t step) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = step; at < size; at += step) cuts.push_back(at);
  return cuts;
}

}  // namespace parley::test
