#include <algorithm>
#include <charconv>
#include <limits>
#include <parley/codecs/http/event_stream.hpp>
#include <parley/core/text/scan.hpp>

namespace parley::http {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Nothing unless it consists of digits alone.
std::optional<std::chrono::milliseconds> parse_retry(std::string_view value) noexcept {
  // As browsers do; more is longer than anybody waits, and sums of it would overflow.
  constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
  if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  std::int64_t number = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (parsed.ec != std::errc()) number = longest;  // out of range
  return std::chrono::milliseconds(std::min(number, longest));
}

}  // namespace

event_result event_decoder::next(byte_view in) {
  if (fault_) return {event_status::failed, 0};
  if (shown_) begin_event();
  std::size_t at = 0;
  while (at < in.size()) {
    if (skips_lf_) {
      skips_lf_ = false;
      if (in[at] == std::byte{'\n'}) {
        ++at;
        continue;
      }
    }
    const byte_view rest = in.subspan(at);
    const std::size_t size = text::find_either(rest, '\r', '\n');
    if (size > limits_.max_line - line_.size()) return fail(event_fault::line_too_long, at);
    if (size == rest.size()) {
      line_.append(as_text(rest));
      break;
    }
    at += size + 1;
    skips_lf_ = rest[size] == std::byte{'\r'};
    const bool is_event = end_line(as_text(rest.first(size)));
    if (fault_) return {event_status::failed, at};
    if (is_event) return {event_status::event, at};
  }
  return {event_status::need_data, in.size()};
}

event_result event_decoder::fail(event_fault why, std::size_t consumed) noexcept {
  fault_ = why;
  return {event_status::failed, consumed};
}

void event_decoder::begin_event() noexcept {
  data_.clear();
  type_.clear();
  shown_ = false;
}

// True: it was the end of an event.
bool event_decoder::end_line(std::string_view piece) {
  if (line_.empty()) return take_line(piece);
  line_.append(piece);
  const bool is_event = take_line(line_);
  line_.clear();
  return is_event;
}

bool event_decoder::take_line(std::string_view line) {
  if (at_start_ && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  at_start_ = false;
  if (line.empty()) return dispatch();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    take_field(line, {});
  } else if (colon != 0) {  // else a comment
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(line.substr(0, colon), value);
  }
  return false;
}

void event_decoder::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    add_data(value);
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (!value.contains('\0')) id_ = value;
  } else if (name == "retry") {
    if (const auto time = parse_retry(value)) retry_ = time;
  }
}

void event_decoder::add_data(std::string_view value) {
  // The LF at the very end is not delivered and does not count.
  const std::size_t used = data_.size();
  if (used > limits_.max_event || value.size() > limits_.max_event - used) {
    fault_ = event_fault::event_too_large;
    return;
  }
  data_.append(value);
  data_ += '\n';
}

bool event_decoder::dispatch() {
  // From here on the id counts, with data or without.
  last_id_ = id_;
  if (data_.empty()) {
    type_.clear();
    return false;
  }
  data_.pop_back();
  shown_ = true;
  return true;
}

void event_decoder::reset() {
  begin_event();
  line_.clear();
  // As browsers do; by the letter of the standard the first event without an id would
  // take the last one back.
  id_ = last_id_;
  fault_.reset();
  at_start_ = true;
  skips_lf_ = false;
}

void event_decoder::release() {
  if (shown_) begin_event();
  for (std::string* each : {&line_, &data_, &type_}) each->shrink_to_fit();
}

}  // namespace parley::http
