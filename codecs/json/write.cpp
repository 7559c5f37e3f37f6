#include <algorithm>
#include <charconv>
#include <cmath>
#include <parley/codecs/json/detail/sax.hpp>
#include <parley/codecs/json/detail/text_out.hpp>
#include <parley/codecs/json/json.hpp>
#include <parley/core/text/base64.hpp>
#include <utility>

namespace parley::json {
namespace {

// The writer recurses, and no option may let a tree exhaust the stack.
constexpr std::size_t deepest = 1000;
// "-2.2250738585072014e-308", and what RapidJSON writes beyond before it cuts.
constexpr std::size_t longest_double = 32;

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
  writer(std::string& out, const write_options& options) : options_(options), out_(out) {}

  result<std::size_t> run(const value& root) {
    if (write(root, 0) && fits(0)) {
      const std::size_t written = out_.written();
      out_.keep();
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
    const std::size_t written = out_.written();
    if (written <= options_.max_bytes && more <= options_.max_bytes - written) return true;
    return stop(parley::errc::too_large, "the text exceeds write_options::max_bytes");
  }

  bool write(const value& v, std::size_t depth) {
    if (!fits(0)) return false;
    switch (v.kind()) {
      case value_kind::null:
        out_.put("null");
        return true;
      case value_kind::boolean:
        out_.put(*v.as_bool() ? "true" : "false");
        return true;
      case value_kind::integer:
        out_.put_number(*v.as_int());
        return true;
      case value_kind::unsigned_integer:
        out_.put_number(*v.as_uint());
        return true;
      case value_kind::real:
        return write_double(*v.as_double());
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

  bool write_double(double d) {
    // RFC 8259 section 6: "Numeric values that cannot be represented in the
    // grammar below (such as Infinity and NaN) are not permitted."
    if (!std::isfinite(d)) {
      return stop(parley::errc::bad_value, "NaN and infinities have no JSON form");
    }
    // The shortest that reads back the same, by RapidJSON, with a point or an exponent.
    out_.put_by(longest_double, [d](char* to) { return rapid::internal::dtoa(d, to); });
    return true;
  }

  bool write_array(const value& v, std::size_t depth) {
    out_.put('[');
    std::size_t index = 0;
    for (const value& item : v.items()) {
      out_.put_comma_behind(index == 0);
      if (!write(item, depth + 1)) {
        char digits[20];
        const char* end = std::to_chars(digits, digits + sizeof digits, index).ptr;
        path_.insert(0, pointer_step({digits, end}));
        return false;
      }
      ++index;
    }
    out_.put(']');
    return true;
  }

  bool write_object(const value& v, std::size_t depth) {
    out_.put('{');
    bool is_first = true;
    for (const member& each : v.members()) {
      const std::string_view name = each.name.view();
      out_.put_comma_behind(std::exchange(is_first, false));
      // The name goes by the same checks: it may come from a peer and be no UTF-8.
      if (!write_text(name, ":") || !write(each.val, depth + 1)) {
        path_.insert(0, pointer_step(name));
        return false;
      }
    }
    out_.put('}');
    return true;
  }

  bool write_text(std::string_view text, std::string_view behind = {}) {
    if (!fits(text.size())) return false;
    if (out_.put_text(text, behind)) return true;
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
  text_out out_;
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
