// The decoder with every check: values that are split, rare, long, at the end of
// the input, or wrong. Private to this room; defined in decoder_thorough.cpp.
#pragma once

#include <parley/codecs/resp/detail/decoder_run.hpp>

namespace parley::resp {

struct decoder::thorough {
  enum class outcome : std::uint8_t { again, need_data, failed };

  // Reads one value, chunk or part at `r.p` and moves on, or leaves `r` alone.
  static outcome step(decoder&, run&) noexcept;

 private:
  // A length, count, or one of the two words that may stand in its place.
  struct head {
    enum class form : std::uint8_t { number, minus_one, unknown };
    form is = form::number;
    std::uint64_t value = 0;
    const char* behind = nullptr;
  };

  static outcome value(decoder&, run&) noexcept;
  static outcome line(decoder&, run&, kind) noexcept;
  static outcome integer(decoder&, run&) noexcept;
  static outcome null(decoder&, run&) noexcept;
  static outcome boolean(decoder&, run&) noexcept;
  static outcome bulk(decoder&, run&, kind) noexcept;
  static outcome whole_bulk(decoder&, run&, kind, const head&) noexcept;
  static outcome chunk(decoder&, run&) noexcept;
  static outcome part(decoder&, run&) noexcept;
  static outcome aggregate(decoder&, run&, kind) noexcept;
  static outcome open(decoder&, run&, kind, const head&) noexcept;
  static outcome stream_end(decoder&, run&) noexcept;

  static outcome read_head(decoder&, run&, head&) noexcept;
  static outcome read_line(decoder&, run&, std::string_view& text) noexcept;
  static outcome line_end(decoder&, run&, const char* at, errc otherwise) noexcept;
  static outcome done(decoder&, run&, const char* behind) noexcept;
  static outcome starve(decoder&, const run&, std::uint64_t need) noexcept;
  static outcome fail(decoder&, errc) noexcept;
};

}  // namespace parley::resp
