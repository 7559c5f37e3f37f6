#include <algorithm>
#include <cstring>
#include <limits>
#include <parley/codecs/resp/server/detail/inline_words.hpp>
#include <parley/codecs/resp/server/request_decoder.hpp>
#include <parley/core/buffer/receive_buffer.hpp>

namespace parley::resp {
namespace {

// A number as Redis reads lengths: no sign but '-', no leading zeros, 64 bits.
bool parse_strictly(std::string_view text, std::int64_t& number) noexcept {
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  if (text.empty() || (text[0] == '0' && (minus || text.size() > 1))) return false;
  std::int64_t n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    // Downwards, where there is one number more.
    if (__builtin_mul_overflow(n, 10, &n)) return false;
    if (__builtin_sub_overflow(n, c - '0', &n)) return false;
  }
  if (!minus && n == std::numeric_limits<std::int64_t>::min()) return false;
  number = minus ? n : -n;
  return true;
}

}  // namespace

request_decode request_decoder::decode(std::span<std::byte> in,
                                       std::span<std::string_view> words) noexcept {
  if (fault_ != fault::none) return {request_status::failed};
  const std::string_view text = as_text(in);
  if (count_ > 0 && text.data() != base_) {
    // Computed on integers: the bytes may have gone from where they were.
    const auto delta = static_cast<std::ptrdiff_t>(reinterpret_cast<std::uintptr_t>(text.data()) -
                                                   reinterpret_cast<std::uintptr_t>(base_));
    for (auto& word : words.first(count_)) word = rebase(word, delta);
  }
  base_ = text.data();
  if (shape_ == shape::unknown) {
    if (text.empty()) return {};
    if (text[0] != '*') {
      shape_ = shape::line;
    } else if (auto begun = begin_multibulk(text); left_ == 0) {
      return begun;
    }
  }
  return shape_ == shape::line ? decode_line(in, words) : decode_strings(text, words);
}

// The number behind the type character at pos_, up to CR LF. Short lines, which is
// nearly all of them, in one go.
request_decoder::line_status request_decoder::read_number(std::string_view in,
                                                          std::int64_t& number) noexcept {
  constexpr std::size_t quick_digits = 9;
  std::size_t at = pos_ + 1;
  const std::size_t most = std::min(in.size(), at + quick_digits);
  std::int64_t n = 0;
  for (; at < most; ++at) {
    const auto digit = static_cast<unsigned char>(in[at] - '0');
    if (digit > 9) break;
    n = n * 10 + digit;
  }
  const std::size_t digits = at - pos_ - 1;
  const bool plain = digits == 1 || (digits > 1 && in[pos_ + 1] != '0');
  if (plain && at + 1 < in.size() && in[at] == '\r') {
    pos_ = at + 2;
    number = n;
    return line_status::ok;
  }
  return read_number_slowly(in, number);
}

request_decoder::line_status request_decoder::read_number_slowly(std::string_view in,
                                                                 std::int64_t& number) noexcept {
  const std::size_t from = std::max(scanned_, pos_);
  const std::size_t end = in.find('\r', from);
  if (end == std::string_view::npos) {
    scanned_ = in.size();
    const bool too_long = in.size() - pos_ > limits_->max_inline;
    return too_long ? line_status::too_long : line_status::need_data;
  }
  scanned_ = end;
  if (end - pos_ > limits_->max_inline) return line_status::too_long;
  if (end + 1 == in.size()) return line_status::need_data;
  if (!parse_strictly(in.substr(pos_ + 1, end - pos_ - 1), number)) {
    return line_status::not_a_number;
  }
  pos_ = end + 2;
  return line_status::ok;
}

request_decode request_decoder::begin_multibulk(std::string_view in) noexcept {
  std::int64_t count = 0;
  const line_status line = read_number(in, count);
  if (line == line_status::need_data) return {};
  if (line == line_status::too_long) return fail(fault::multibulk_line);
  if (line == line_status::not_a_number || count > limits_->max_arguments) {
    return fail(fault::multibulk_length);
  }
  if (!authenticated_ && count > limits_->unauthenticated_arguments) {
    return fail(fault::unauthenticated_multibulk);
  }
  // Nothing to do, as with an empty line.
  if (count <= 0) return finish(pos_);
  shape_ = shape::multibulk;
  left_ = static_cast<std::uint32_t>(count);
  return {};
}

request_decode request_decoder::decode_strings(std::string_view in,
                                               std::span<std::string_view> words) noexcept {
  while (left_ > 0) {
    if (request_decode stopped; bulk_ < 0 && !read_length(in, stopped)) return stopped;
    const auto size = static_cast<std::size_t>(bulk_);
    if (in.size() - pos_ < size + 2) return {};
    if (count_ == words.size()) return {request_status::no_room, 0, count_};
    words[count_++] = in.substr(pos_, size);
    pos_ += size + 2;
    bulk_ = -1;
    --left_;
  }
  return finish(pos_);
}

// "$5" CR LF. False: `stopped` says why there is none.
bool request_decoder::read_length(std::string_view in, request_decode& stopped) noexcept {
  if (pos_ >= in.size()) return false;
  if (in[pos_] != '$') {
    got_ = in[pos_];
    stopped = fail(fault::expected_dollar);
    return false;
  }
  std::int64_t size = 0;
  const line_status line = read_number(in, size);
  if (line == line_status::ok && size >= 0) {
    const auto bytes = static_cast<std::uint64_t>(size);
    if (bytes > limits_->max_bulk || bytes > limits_->request_budget ||
        pos_ > limits_->request_budget - bytes) {
      stopped = fail(fault::bulk_length);
    } else if (!authenticated_ && bytes > limits_->unauthenticated_bulk) {
      stopped = fail(fault::unauthenticated_bulk);
    } else {
      bulk_ = size;
      return true;
    }
    return false;
  }
  if (line == line_status::too_long) stopped = fail(fault::bulk_line);
  if (line == line_status::not_a_number || line == line_status::ok) {
    stopped = fail(fault::bulk_length);
  }
  return false;
}

// Looks for the end of the line. False: `stopped` says why there is none.
bool request_decoder::find_line(std::string_view in, request_decode& stopped) noexcept {
  const std::size_t end = in.find('\n', scanned_);
  const std::size_t size = end == std::string_view::npos ? in.size() : end;
  if (size > limits_->max_inline) {
    stopped = fail(fault::inline_line);
    return false;
  }
  scanned_ = size;
  if (end == std::string_view::npos) return false;
  line_end_ = end + 1;
  return true;
}

request_decode request_decoder::decode_line(std::span<std::byte> in,
                                            std::span<std::string_view> words) noexcept {
  if (request_decode stopped; line_end_ == 0 && !find_line(as_text(in), stopped)) return stopped;
  std::size_t size = line_end_ - 1;
  // One CR before the LF belongs to the end.
  if (size > 0 && in[size - 1] == std::byte{'\r'}) --size;
  auto* const line = reinterpret_cast<char*>(in.data());
  for (;;) {
    // Before the word is taken: unquoting it changes the line.
    if (count_ == words.size()) return {request_status::no_room, 0, count_};
    switch (next_inline_word(line, size, pos_, words[count_])) {
      case inline_status::word:
        ++count_;
        break;
      case inline_status::end:
        return finish(line_end_);
      case inline_status::unbalanced:
        return fail(fault::quotes);
    }
  }
}

request_decode request_decoder::fail(fault why) noexcept {
  fault_ = why;
  return {request_status::failed};
}

request_decode request_decoder::finish(std::size_t consumed) noexcept {
  const request_decode done{request_status::complete, consumed, count_};
  pos_ = scanned_ = line_end_ = 0;
  count_ = left_ = 0;
  shape_ = shape::unknown;
  return done;
}

std::string request_decoder::fault_text() const {
  switch (fault_) {
    case fault::none:
      return {};
    case fault::multibulk_length:
      return "Protocol error: invalid multibulk length";
    case fault::unauthenticated_multibulk:
      return "Protocol error: unauthenticated multibulk length";
    case fault::multibulk_line:
      return "Protocol error: too big mbulk count string";
    case fault::bulk_length:
      return "Protocol error: invalid bulk length";
    case fault::unauthenticated_bulk:
      return "Protocol error: unauthenticated bulk length";
    case fault::bulk_line:
      return "Protocol error: too big bulk count string";
    case fault::inline_line:
      return "Protocol error: too big inline request";
    case fault::quotes:
      return "Protocol error: unbalanced quotes in request";
    case fault::expected_dollar:
      break;
  }
  std::string text = "Protocol error: expected '$', got '";
  // Redis builds this text as a C string: a NUL ends it.
  if (got_ == '\0') return text;
  text.push_back(got_ == '\r' || got_ == '\n' ? ' ' : got_);
  return text + "'";
}

}  // namespace parley::resp
