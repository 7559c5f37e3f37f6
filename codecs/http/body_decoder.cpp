#include <algorithm>
#include <parley/codecs/http/body_decoder.hpp>
#include <parley/codecs/http/detail/characters.hpp>

namespace parley::http {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

}  // namespace

void body_decoder::start(const body_info& body, const limits& bounds, leniency tolerance) noexcept {
  limits_ = &bounds;
  limit_ = bounds.body;
  how_ = body.how;
  left_ = body.how == framing::length ? body.length : 0;
  taken_ = 0;
  spent_ = 0;
  state_ = state::size_first;
  lenient_space_ = tolerance.chunk_whitespace;
  lenient_lf_ = tolerance.bare_lf;
}

body_step body_decoder::next(byte_view in) noexcept {
  switch (how_) {
    case framing::length: {
      std::size_t n = 0;
      const body_status status = count_length(in.size(), n);
      return {status, n, in.first(n)};
    }
    case framing::chunked:
      return take_chunks(in);
    case framing::until_close:
      return take_all(in);
    case framing::none:
    case framing::tunnel:
      break;
  }
  return {body_status::complete};
}

body_step body_decoder::take_all(byte_view in) noexcept {
  if (in.empty()) return {};
  // What the limit allows is given first, or the outcome would depend on the cuts.
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(limit_ - taken_, in.size()));
  if (n == 0) {
    fault_ = errc::body_too_large;
    return {body_status::failed};
  }
  taken_ += n;
  return {body_status::data, n, in.first(n)};
}

body_step body_decoder::take_chunks(byte_view in) noexcept {
  const std::string_view text = as_text(in);
  std::size_t at = 0;
  while (at < text.size()) {
    if (state_ == state::data) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, text.size() - at));
      left_ -= n;
      taken_ += n;
      if (left_ == 0) state_ = state::data_cr;
      return {body_status::data, at + n, in.subspan(at, n)};
    }
    if (!take_framing(text[at])) {
      // The next call fails again.
      return {body_status::failed, at};
    }
    ++at;
    if (state_ == state::over) return {body_status::trailers, at};
  }
  return {body_status::need_data, at};
}

// One byte that is not data. False: `fault_`.
bool body_decoder::take_framing(char c) noexcept {
  switch (state_) {
    case state::size_first:
    case state::size:
    case state::after_size:
      return take_size(c);
    case state::extension:
    case state::name:
    case state::after_name:
    case state::value_first:
    case state::value:
    case state::after_quoted:
      return take_extension(c);
    case state::quoted:
    case state::escaped:
      return take_quoted(c);
    case state::line_end:
      if (c != '\n') return fail(errc::bad_line_end);
      return begin_data();
    case state::data_cr:
    case state::data_lf:
      return take_data_end(c);
    case state::data:
    case state::over:
      break;
  }
  return fail(errc::bad_chunk_size);
}

bool body_decoder::take_size(char c) noexcept {
  if (state_ != state::after_size && detail::is(c, detail::hex_char)) {
    // Four more bits must fit, and a sum with what was taken.
    if (left_ > (0x7fff'ffff'ffff'ffffU >> 4)) return fail(errc::bad_chunk_size);
    const auto digit = static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    // Zeros in front say nothing, however many: they are paid for.
    if (left_ == 0 && state_ == state::size && ++spent_ > limits_->chunk_extensions) {
      return fail(errc::chunk_extensions_too_large);
    }
    left_ = left_ * 16 + digit;
    return go(state::size);
  }
  if (state_ == state::size_first) return fail(errc::bad_chunk_size);
  if (lenient_space_ && is_blank(c)) {
    if (++spent_ > limits_->chunk_extensions) return fail(errc::chunk_extensions_too_large);
    return go(state::after_size);
  }
  if (c == ';' || c == '\r' || c == '\n') return end_of_extension(c);
  return fail(errc::bad_chunk_size);
}

// The size, or an extension, may end here.
bool body_decoder::end_of_extension(char c) noexcept {
  if (c == ';') {
    if (++spent_ > limits_->chunk_extensions) return fail(errc::chunk_extensions_too_large);
    return go(state::extension);
  }
  return end_line(c);
}

bool body_decoder::end_line(char c) noexcept {
  if (c == '\r') return go(state::line_end);
  if (c == '\n' && lenient_lf_) return begin_data();
  return fail(c == '\n' ? errc::bad_line_end : errc::bad_chunk_extension);
}

// chunk-ext = *( ";" name [ "=" ( token / quoted-string ) ] )
bool body_decoder::take_extension(char c) noexcept {
  if (++spent_ > limits_->chunk_extensions) return fail(errc::chunk_extensions_too_large);
  const bool is_token = detail::is(c, detail::token_char);
  if (lenient_space_ && is_blank(c)) {
    if (state_ == state::name) return go(state::after_name);
    if (state_ == state::value) return go(state::after_quoted);
    return true;
  }
  switch (state_) {
    case state::extension:
      return is_token ? go(state::name) : fail(errc::bad_chunk_extension);
    case state::name:
      if (is_token) return true;
      [[fallthrough]];
    case state::after_name:
      if (c == '=') return go(state::value_first);
      return end_of_extension(c);
    case state::value_first:
      if (c == '"') return go(state::quoted);
      return is_token ? go(state::value) : fail(errc::bad_chunk_extension);
    case state::value:
      return is_token || end_of_extension(c);
    default:
      return end_of_extension(c);
  }
}

bool body_decoder::take_quoted(char c) noexcept {
  if (++spent_ > limits_->chunk_extensions) return fail(errc::chunk_extensions_too_large);
  if (state_ == state::escaped) {
    return detail::is(c, detail::value_char) ? go(state::quoted) : fail(errc::bad_chunk_extension);
  }
  if (c == '"') return go(state::after_quoted);
  if (c == '\\') return go(state::escaped);
  return detail::is(c, detail::quoted_char) || fail(errc::bad_chunk_extension);
}

bool body_decoder::begin_data() noexcept {
  if (left_ == 0) return go(state::over);
  if (left_ > limit_ - taken_) return fail(errc::body_too_large);
  return go(state::data);
}

bool body_decoder::take_data_end(char c) noexcept {
  if (state_ == state::data_cr && c == '\r') return go(state::data_lf);
  if (c == '\n' && (state_ == state::data_lf || lenient_lf_)) return go(state::size_first);
  return fail(errc::bad_chunk_end);
}

}  // namespace parley::http
