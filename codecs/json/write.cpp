#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <parley/codecs/json/detail/sax.hpp>
#include <parley/codecs/json/json.hpp>
#include <parley/core/text/base64.hpp>
#include <parley/core/text/utf8.hpp>

namespace parley::json {
namespace {

// The writer recurses, and no option may let a tree exhaust the stack.
constexpr std::size_t deepest = 1000;

// NOLINTBEGIN(readability-identifier-naming): RapidJSON calls them so.

// RapidJSON's output, written straight into the user's string. The string is
// longer than what was written so far; the destructor cuts it, to where it began
// unless keep() was called.
class sink {
 public:
  using Ch = char;

  explicit sink(std::string& out) : out_(out), kept_(out.size()), used_(kept_) {
    // The string's spare room is used first: a buffer that is used again costs no
    // allocation.
    grow(out.capacity());
  }
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;
  // Also when an allocation failed on the way: then nothing was added.
  ~sink() { out_.resize(kept_); }

  void Put(char c) {
    // Doubling, so that the copying stays linear; 64 for the first.
    if (used_ == size_) grow(2 * size_ + 64);
    data_[used_++] = c;
  }
  void Flush() {}
  // The text between quotes, which must need no escapes.
  void put_quoted(std::string_view text) {
    const std::size_t more = text.size() + 2;
    if (size_ - used_ < more) grow(std::max(2 * size_ + 64, used_ + more));
    char* to = data_ + used_;
    *to++ = '"';
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    to[text.size()] = '"';
    used_ += more;
  }
  // Bytes written so far.
  std::size_t written() const { return used_ - kept_; }
  void keep() { kept_ = used_; }

 private:
  void grow(std::size_t size) {
    // Not zeroed: each byte is written before anybody reads it.
    out_.resize_and_overwrite(size, [](char*, std::size_t n) { return n; });
    data_ = out_.data();
    size_ = size;
  }

  std::string& out_;
  std::size_t kept_;
  char* data_ = nullptr;
  std::size_t used_;
  std::size_t size_ = 0;
};

// Found by RapidJSON through the sink's namespace. It reserves six times the
// length of each string, for escapes that nearly never come: growing on demand is
// the better bargain.
inline void PutReserve(sink&, std::size_t) {}
inline void PutUnsafe(sink& out, char c) { out.Put(c); }

// NOLINTEND(readability-identifier-naming)

using rapid_base = rapid::Writer<sink, rapid::UTF8<>, rapid::UTF8<>, stack_memory,
                                 rapid::kWriteValidateEncodingFlag>;

class rapid_writer : public rapid_base {
 public:
  using rapid_base::rapid_base;
  // A string without escapes, in one piece; String() goes byte by byte.
  bool plain_string(std::string_view text) {
    Prefix(rapid::kStringType);
    os_->put_quoted(text);
    return EndValue(true);
  }
};

// What RFC 8259 section 7 has escaped: '"', '\\' and below 0x20. `above` collects all bytes.
bool needs_escape(std::string_view text, std::uint64_t& above) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
  // May also say so behind the first byte that does, where the subtraction borrows.
  const auto found = [&above](std::uint64_t word) {
    above |= word;
    const std::uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
    return (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
            ((slash - ones) & ~slash)) &
           high;
  };
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t word = 0, all = 0;
  for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
    std::memcpy(&word, at, sizeof word);
    all |= found(word);
  }
  word = ones * ' ';
  if (left > 0) std::memcpy(&word, at, left);
  return (all | found(word)) != 0;
}

// Whether RapidJSON would write it as it is.
bool is_plain(std::string_view text) noexcept {
  std::uint64_t above = 0;
  if (needs_escape(text, above)) return false;
  return (above & 0x8080808080808080) == 0 || text::valid_utf8(as_bytes(text));
}

// A step of a JSON pointer (RFC 6901 section 3).
std::string pointer_step(std::string_view name) {
  std::string step = "/";
  for (const char c : name) {
    // '/' separates steps and '~' begins an escape.
    if (c == '~' || c == '/') {
      step += c == '~' ? "~0" : "~1";
    } else {
      step += c;
    }
  }
  return step;
}

class writer {
 public:
  writer(std::string& out, const write_options& options)
      : options_(options), sink_(out), rapid_(sink_, &memory_) {}

  result<std::size_t> run(const value& root) {
    if (write(root, 0) && fits(0)) {
      const std::size_t written = sink_.written();
      sink_.keep();
      return written;
    }
    // The path was built from the inside out while the recursion came back: a good
    // tree pays nothing for it.
    std::string message = "at \"" + path_ + "\": ";
    return fail(code_, message.append(why_));
  }

 private:
  bool stop(parley::errc code, std::string_view why) {
    code_ = code;
    why_ = why;
    return false;
  }
  // Asked before each text is written, and not for each byte.
  bool fits(std::size_t more) {
    const std::size_t written = sink_.written();
    if (written <= options_.max_bytes && more <= options_.max_bytes - written) return true;
    return stop(parley::errc::too_large, "the text exceeds write_options::max_bytes");
  }

  bool write(const value& v, std::size_t depth) {
    if (!fits(0)) return false;
    switch (v.kind()) {
      case value_kind::null:
        return rapid_.Null();
      case value_kind::boolean:
        return rapid_.Bool(*v.as_bool());
      case value_kind::integer:
        return rapid_.Int64(*v.as_int());
      case value_kind::unsigned_integer:
        return rapid_.Uint64(*v.as_uint());
      case value_kind::real:
        // RFC 8259 section 6: "Numeric values that cannot be represented in the
        // grammar below (such as Infinity and NaN) are not permitted."
        if (rapid_.Double(*v.as_double())) return true;
        return stop(parley::errc::bad_value, "NaN and infinities have no JSON form");
      case value_kind::text:
        return write_text(v.text());
      case value_kind::bytes:
        return write_bytes(v.bytes());
      case value_kind::array:
      case value_kind::object:
        break;
    }
    if (depth >= std::min(options_.max_depth, deepest)) {
      return stop(parley::errc::too_large, "deeper than write_options::max_depth");
    }
    return v.is_array() ? write_array(v, depth) : write_object(v, depth);
  }

  bool write_array(const value& v, std::size_t depth) {
    rapid_.StartArray();
    std::size_t index = 0;
    for (const value& item : v.items()) {
      if (!write(item, depth + 1)) {
        char digits[20];
        const char* end = std::to_chars(digits, digits + sizeof digits, index).ptr;
        path_.insert(0, pointer_step({digits, end}));
        return false;
      }
      ++index;
    }
    return rapid_.EndArray();
  }

  bool write_object(const value& v, std::size_t depth) {
    rapid_.StartObject();
    for (const member& each : v.members()) {
      const std::string_view name = each.name.view();
      // The name goes by the same checks: it may come from a peer and be no UTF-8.
      if (!write_text(name) || !write(each.val, depth + 1)) {
        path_.insert(0, pointer_step(name));
        return false;
      }
    }
    return rapid_.EndObject();
  }

  bool write_text(std::string_view text) {
    if (!fits(text.size())) return false;
    if (text.size() > UINT32_MAX) return stop(parley::errc::too_large, "a text above 4 GiB");
    if (is_plain(text)) return rapid_.plain_string(text);
    // RapidJSON takes no null pointer, which an empty view may have.
    const char* data = text.empty() ? "" : text.data();
    if (rapid_.String(data, static_cast<rapid::SizeType>(text.size()))) return true;
    return stop(parley::errc::bad_value, "the text is not UTF-8");
  }

  bool write_bytes(byte_view bytes) {
    if (options_.bytes == bytes_form::base64) {
      // Asked before the text is made, which is a third longer: no allocation for
      // what cannot fit.
      return fits(bytes.size()) && write_text(text::base64_encode(bytes));
    }
    return stop(parley::errc::bad_value,
                "bytes have no JSON form; set write_options::bytes, or send them as they are");
  }

  const write_options& options_;
  stack_memory memory_;
  sink sink_;
  rapid_writer rapid_;
  parley::errc code_ = parley::errc::bad_value;
  std::string_view why_;
  std::string path_;
};

}  // namespace

result<std::size_t> write(const value& v, std::string& out, const write_options& options) {
  return writer(out, options).run(v);
}

result<std::string> to_text(const value& v, const write_options& options) {
  std::string out;
  auto written = write(v, out, options);
  if (!written) return std::unexpected(std::move(written).error());
  return out;
}

}  // namespace parley::json
