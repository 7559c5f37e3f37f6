// Query strings and application/x-www-form-urlencoded bodies, both ways (WHATWG URL section 5).
//
//   std::string scratch;                                  // keep it: it grows once
//   http::form_reader form(*head.query(), scratch);
//   while (auto f = form.next()) use(f->name, f->value);
//   if (auto why = form.fault()) return refuse(*why);
//
// '+' is a space, in both. A '%' without two hexadecimal digits is refused, where browsers would
// let it stand: two readers would see two values. "a" is a name with an empty value, "a==b" the
// value
// "=b", empty pieces ("a&&b") are left out. Bytes are not checked to be UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/core/error.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::http {

// What is accepted of one form.
struct form_limits {
  // Pairs: hundreds are rare, and each may cost the handler something.
  std::size_t max_fields = 1000;
  // Of the whole text, in bytes. Queries are bounded by limits::start_line already.
  std::size_t max_size = std::size_t{1} << 20;
};

// One pair, decoded. Views, see form_reader::next().
struct form_field {
  std::string_view name;
  std::string_view value;
};

// Walks the pairs of a form, decoding each.
class form_reader {
 public:
  // `text` is a query without its '?', or a whole body. `scratch` holds what had escapes.
  form_reader(std::string_view text, std::string& scratch, const form_limits& limits = {}) noexcept
      : rest_(text), scratch_(&scratch), limits_(limits) {}

  // The next pair, decoded; nothing at the end or at a fault, and then for ever. Views: until the
  // next call, a change of the text or of `scratch`.
  std::optional<form_field> next();

  // bad_escape, too_many_fields or form_too_large.
  std::optional<rest_errc> fault() const noexcept { return fault_; }

 private:
  std::optional<form_field> stop(rest_errc why) noexcept;

  std::string_view rest_;
  std::string* scratch_;
  form_limits limits_;
  std::size_t fields_ = 0;
  std::optional<rest_errc> fault_;
};

// All pairs, owned, in their order.
class form_fields {
 public:
  // Errors: as form_reader::fault().
  static result<form_fields> parse(std::string_view text, const form_limits& limits = {});

  // The first value of that name, with regard to case. A view: until this is changed or gone.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  // How often a name is there.
  std::size_t count(std::string_view name) const noexcept;
  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  // `i` is below size().
  form_field operator[](std::size_t i) const noexcept {
    return {items_[i].first, items_[i].second};
  }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

// How a space is written: '+' in a form, as the standard has it; "%20" in a query, which every
// server understands, also those that go by RFC 3986 alone.
enum class form_style : std::uint8_t { form, query };

// Builds a form or a query; what is no letter, digit or one of "*-._" is percent-encoded.
//   http::form_writer q(http::form_style::query);
//   q.add("page", 2).add("tag", "a&b");            // page=2&tag=a%26b
class form_writer {
 public:
  explicit form_writer(form_style style = form_style::form) noexcept : style_(style) {}

  form_writer& add(std::string_view name, std::string_view value);
  form_writer& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  form_writer& add(std::string_view name, std::int64_t value);
  form_writer& add(std::string_view name, int value) { return add(name, std::int64_t{value}); }
  form_writer& add(std::string_view name, std::uint64_t value);
  // The shortest text that is this number; "true" and "false".
  form_writer& add(std::string_view name, double value);
  form_writer& add(std::string_view name, bool value);

  bool empty() const noexcept { return text_.empty(); }
  // Valid until the next add().
  const std::string& text() const noexcept { return text_; }
  std::string take() noexcept { return std::exchange(text_, {}); }

 private:
  form_style style_;
  std::string text_;
};

// Appends `text` with all but the unreserved characters of RFC 3986 as %XX: for a path's segment.
void append_percent_encoded(std::string& out, std::string_view text);
// Decodes %XX only ('+' stays) onto the end of `out`. False if an escape is malformed.
bool append_percent_decoded(std::string& out, std::string_view text);

}  // namespace parley::http
