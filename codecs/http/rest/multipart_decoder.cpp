#include <algorithm>
#include <cstring>
#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/media_type.hpp>
#include <parley/codecs/http/rest/multipart.hpp>

namespace parley::http {
namespace {

// RFC 2046 section 5.1.1.
constexpr std::size_t longest_boundary = 70;

// bchars, and what some clients use besides: a token is as safe.
bool is_boundary(std::string_view text) noexcept {
  return !text.empty() && text.size() <= longest_boundary && text.back() != ' ' &&
         std::ranges::all_of(text, [](char c) {
           return detail::is(c, detail::token_char) || std::string_view("(),/:=? ").contains(c);
         });
}

std::size_t common_prefix(std::string_view a, std::string_view b) noexcept {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t n = 0;
  while (n < most && a[n] == b[n]) ++n;
  return n;
}

}  // namespace

multipart_decoder::multipart_decoder(std::string_view boundary, const multipart_limits& limits)
    : delimiter_("\r\n--"), limits_(limits) {
  delimiter_ += boundary;
}

result<multipart_decoder> multipart_decoder::make(std::string_view content_type,
                                                  const multipart_limits& limits) {
  const auto type = parse_media_type(content_type);
  if (!type || !type->is("multipart", "form-data")) return parley::fail(rest_errc::not_multipart);
  const auto parameter = type->parameter("boundary");
  const std::string boundary = parameter ? parameter->text() : std::string();
  if (!is_boundary(boundary)) {
    return parley::fail(rest_errc::not_multipart, "no boundary, or none that can be");
  }
  return multipart_decoder(boundary, limits);
}

multipart_result multipart_decoder::fail(rest_errc why, std::size_t consumed) noexcept {
  phase_ = phase::failed;
  fault_ = why;
  return {multipart_status::failed, consumed, {}};
}

multipart_result multipart_decoder::next(byte_view in) {
  if (phase_ == phase::failed) return {multipart_status::failed, 0, {}};
  if (phase_ == phase::over) return {multipart_status::end, in.size(), {}};
  std::size_t used = 0;
  while (used < in.size()) {
    byte_view rest = in.subspan(used);
    const std::uint64_t left = limits_.max_total - total_;
    if (left == 0) return fail(rest_errc::multipart_too_large, used);
    if (rest.size() > left) rest = rest.first(static_cast<std::size_t>(left));
    multipart_result r;
    if (phase_ == phase::preamble || phase_ == phase::body) {
      r = take_content(rest);
    } else if (phase_ == phase::head) {
      r = take_head(rest);
    } else {
      r = take_line_end(rest);
    }
    total_ += r.consumed;
    used += r.consumed;
    if (r.status == multipart_status::need_data) continue;
    // The epilogue is nobody's.
    r.consumed = r.status == multipart_status::end ? in.size() : used;
    return r;
  }
  return {multipart_status::need_data, used, {}};
}

// A CR stands only at the front of the delimiter. So when a match breaks off, what was matched is
// content as a whole, and the search goes on behind it: no byte is compared twice, and none has to
// be kept, as the delimiter itself shows what had been matched in earlier input.
multipart_result multipart_decoder::take_content(byte_view in) {
  const std::string_view text = as_text(in);
  if (matched_ != 0) return go_on_matching(text);
  for (std::size_t at = 0; at < text.size();) {
    const void* cr = std::memchr(text.data() + at, '\r', text.size() - at);
    if (cr == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const char*>(cr) - text.data());
    const std::size_t same = common_prefix(text.substr(at), delimiter_);
    const bool is_open = same == delimiter_.size() || at + same == text.size();
    if (is_open && at == 0) return go_on_matching(text);
    // What precedes comes first; the match is found again at the front of the next input.
    if (is_open) return show(in.first(at), at);
    at += same;
  }
  return show(in, in.size());
}

multipart_result multipart_decoder::go_on_matching(std::string_view text) {
  const std::string_view delimiter = delimiter_;
  const std::size_t same = common_prefix(text, delimiter.substr(matched_));
  matched_ += same;
  if (matched_ == delimiter.size()) {
    matched_ = implied_ = 0;
    const bool in_part = phase_ == phase::body;
    phase_ = phase::behind;
    return {in_part ? multipart_status::part_end : multipart_status::need_data, same, {}};
  }
  if (same == text.size()) return {multipart_status::need_data, same, {}};
  const std::string_view held = delimiter.substr(implied_, matched_ - implied_);
  matched_ = implied_ = 0;
  return show(as_bytes(held), same);
}

multipart_result multipart_decoder::show(byte_view piece, std::size_t consumed) {
  if (piece.empty()) return {multipart_status::need_data, consumed, {}};
  if (phase_ == phase::preamble) {
    preamble_ += piece.size();
    if (preamble_ > limits_.max_preamble) return fail(rest_errc::bad_boundary, consumed);
    return {multipart_status::need_data, consumed, {}};
  }
  const std::uint64_t left = limits_.max_part - in_part_;
  if (piece.size() > left) {
    // What is within the limit is shown, however the input was cut.
    (void)fail(rest_errc::part_too_large, consumed);
    if (left == 0) return {multipart_status::failed, consumed, {}};
    piece = piece.first(static_cast<std::size_t>(left));
  }
  in_part_ += piece.size();
  return {multipart_status::body, consumed, piece};
}

multipart_result multipart_decoder::take_line_end(byte_view in) {
  const char c = as_text(in).front();
  const bool blank = c == ' ' || c == '\t';
  if (phase_ == phase::behind && c == '-') {
    phase_ = phase::behind_dash;
  } else if (phase_ == phase::behind_dash && c == '-') {
    phase_ = phase::over;
    return {multipart_status::end, 1, {}};
  } else if ((phase_ == phase::behind || phase_ == phase::behind_blank) && blank) {
    phase_ = phase::behind_blank;
  } else if ((phase_ == phase::behind || phase_ == phase::behind_blank) && c == '\r') {
    phase_ = phase::behind_cr;
  } else if (phase_ == phase::behind_cr && c == '\n') {
    if (parts_ == limits_.max_parts) return fail(rest_errc::too_many_parts, 1);
    ++parts_;
    head_.clear();
    phase_ = phase::head;
  } else {
    return fail(rest_errc::bad_boundary, 1);
  }
  return {multipart_status::need_data, 1, {}};
}

multipart_result multipart_decoder::take_head(byte_view in) {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  const std::size_t old = head_.size();
  const std::size_t n = std::min(in.size(), limits_.max_part_head - old);
  head_.append(as_text(in.first(n)));
  // Without a single field.
  if (head_.starts_with("\r\n")) return fail(rest_errc::bad_part_head, n);
  const std::size_t end = head_.find(end_of_head, old - std::min<std::size_t>(old, 3));
  if (end == std::string::npos) {
    if (n < in.size()) return fail(rest_errc::part_head_too_large, n);
    return {multipart_status::need_data, n, {}};
  }
  const std::size_t consumed = end + end_of_head.size() - old;
  head_.resize(end + 2);
  if (const auto why = part_.parse(head_, limits_.max_part_fields)) return fail(*why, consumed);
  phase_ = phase::body;
  in_part_ = 0;
  // The boundary may follow at once: the line break that ends the head then belongs to it.
  matched_ = implied_ = 2;
  return {multipart_status::part, consumed, {}};
}

bool multipart_decoder::finish() noexcept {
  if (phase_ == phase::over) return true;
  if (phase_ != phase::failed) (void)fail(rest_errc::parts_truncated, 0);
  return false;
}

}  // namespace parley::http
