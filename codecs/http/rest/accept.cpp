#include <parley/codecs/http/detail/characters.hpp>
#include <parley/codecs/http/rest/accept.hpp>
#include <parley/codecs/http/rest/media_type.hpp>

namespace parley::http {
namespace {

constexpr std::size_t most_ranges = 64;
constexpr int full = 1000;

// One media range: its quality, and how specific it is for an offer.
struct media_range {
  media_type type;
  int quality = full;
};

std::optional<media_range> parse_media_range(std::string_view text) noexcept {
  const auto type = parse_media_type(text);
  if (!type || (type->type == "*" && type->subtype != "*")) return std::nullopt;
  media_range range{*type};
  std::string_view rest = type->parameters;
  while (const auto p = next_media_parameter(rest)) {
    if (!equals_ignoring_case(p->name, "q")) continue;
    const auto quality = parse_quality(p->value);
    if (p->quoted || !quality) return std::nullopt;
    range.quality = *quality;
  }
  return range;
}

// 0: does not name it. */* 1, type/* 2, type/subtype 3, and one more for each parameter.
int specificity(const media_type& range, const media_type& offer) noexcept {
  if (range.type == "*") return 1;
  if (!equals_ignoring_case(range.type, offer.type)) return 0;
  if (range.subtype == "*") return 2;
  if (!equals_ignoring_case(range.subtype, offer.subtype)) return 0;
  int degree = 3;
  std::string_view rest = range.parameters;
  while (const auto p = next_media_parameter(rest)) {
    if (equals_ignoring_case(p->name, "q")) continue;
    const auto offered = offer.parameter(p->name);
    const bool same =
        offered && (p->quoted ? p->equals(offered->value) : offered->equals(p->value));
    if (!same) return 0;
    ++degree;
  }
  return degree;
}

// The quality of one offer over all ranges; nothing if there was no range that can be read.
std::optional<int> quality_of(const media_type& offer, list_reader all) noexcept {
  int best = 0;
  int quality = 0;
  bool any = false;
  std::size_t seen = 0;
  for (auto item = all.next(); item && seen < most_ranges; item = all.next(), ++seen) {
    const auto range = parse_media_range(*item);
    if (!range) continue;
    any = true;
    const int degree = specificity(range->type, offer);
    if (degree <= best) continue;
    best = degree;
    quality = range->quality;
  }
  return any ? std::optional(quality) : std::nullopt;
}

}  // namespace

std::optional<int> parse_quality(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int quality = (text[0] - '0') * full;
  int unit = full / 10;
  for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (!detail::is(text[i], detail::digit_char)) return std::nullopt;
    quality += (text[i] - '0') * unit;
  }
  if (quality > full) return std::nullopt;
  return quality;
}

std::optional<std::size_t> choose_media_type(fields_view request,
                                             std::span<const std::string_view> offers) noexcept {
  if (offers.empty()) return std::nullopt;
  std::optional<std::size_t> chosen;
  int best = 0;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const auto offer = parse_media_type(offers[i]);
    if (!offer) continue;
    const auto quality = quality_of(*offer, list_reader(request, field::accept));
    if (!quality) return 0;
    if (*quality <= best) continue;
    best = *quality;
    chosen = i;
  }
  return chosen;
}

std::optional<std::size_t> choose_media_type(std::string_view accept,
                                             std::span<const std::string_view> offers) noexcept {
  const header field_of[] = {{"Accept", accept}};
  return choose_media_type(fields_view(std::span<const header>(field_of)), offers);
}

}  // namespace parley::http
