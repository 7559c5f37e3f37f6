#include <algorithm>
#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/http/detail/zlib.hpp>

namespace parley::http {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view lower_case) noexcept {
  return std::ranges::equal(a, lower_case, {}, lower);
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// RFC 9110 section 5.6.2.
constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || marks.contains(c);
  });
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view blank = " \t";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

// What precedes the next `mark`, which is taken out of `text` together with it.
std::string_view take_until(std::string_view& text, char mark) noexcept {
  const std::size_t at = text.find(mark);
  const std::string_view taken = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return taken;
}

constexpr int not_named = -1;
constexpr int full_weight = 1000;

// "0.5" is 500 (RFC 9110 section 12.4.2).
std::optional<int> parse_weight(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * full_weight;
  int unit = full_weight / 10;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c)) return std::nullopt;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  if (weight > full_weight) return std::nullopt;
  return weight;
}

class weights {
 public:
  // False: malformed.
  bool add(std::string_view element) noexcept {
    const bool has_parameter = element.contains(';');
    const std::string_view name = trim(take_until(element, ';'));
    if (!is_token(name)) return false;
    if (!has_parameter) return name_weight(name, full_weight);
    const std::string_view parameter = trim(element);
    if (parameter.size() < 2 || lower(parameter[0]) != 'q' || parameter[1] != '=') return false;
    const auto weight = parse_weight(parameter.substr(2));
    return weight && name_weight(name, *weight);
  }

  // What is not named has the weight of "*". Identity without either stays acceptable,
  // but whatever is named is liked better.
  int of(coding c) const noexcept {
    const int named = named_[static_cast<std::size_t>(c)];
    if (named != not_named) return named;
    return any_ == not_named ? 0 : any_;
  }

 private:
  bool name_weight(std::string_view name, int weight) noexcept {
    int* place = nullptr;
    if (name == "*") {
      place = &any_;
    } else if (const auto known = parse_coding(name)) {
      place = &named_[static_cast<std::size_t>(*known)];
    }
    if (place) *place = *place == not_named ? weight : std::min(*place, weight);
    return true;
  }

  int named_[3] = {not_named, not_named, not_named};
  int any_ = not_named;
};

}  // namespace

std::string_view to_string(coding c) noexcept {
  switch (c) {
    case coding::gzip:
      return "gzip";
    case coding::deflate:
      return "deflate";
    default:
      return "identity";
  }
}

std::optional<coding> parse_coding(std::string_view name) noexcept {
  if (same_name(name, "gzip") || same_name(name, "x-gzip")) return coding::gzip;
  if (same_name(name, "deflate")) return coding::deflate;
  if (same_name(name, "identity")) return coding::identity;
  return std::nullopt;
}

bool coding_is_available(coding c) noexcept { return c == coding::identity || detail::has_zlib(); }

coding choose_coding(std::string_view accept_encoding) noexcept {
  weights known;
  while (!accept_encoding.empty()) {
    const std::string_view element = trim(take_until(accept_encoding, ','));
    // An empty element means nothing (RFC 9110 section 5.6.1.2).
    if (!element.empty() && !known.add(element)) return coding::identity;
  }
  coding best = coding::identity;
  int best_weight = 0;
  for (const coding c : {coding::gzip, coding::deflate, coding::identity}) {
    if (!coding_is_available(c) || known.of(c) <= best_weight) continue;
    best = c;
    best_weight = known.of(c);
  }
  return best;
}

}  // namespace parley::http
