#include <chrono>
#include <cstring>
#include <parley/codecs/http/date.hpp>

namespace parley::http {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::string_view week_days = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

void put_two(char* to, unsigned number) noexcept {
  to[0] = static_cast<char>('0' + number / 10 % 10);
  to[1] = static_cast<char>('0' + number % 10);
}

// Walks a text; what does not fit makes it fail for good.
class reader {
 public:
  explicit reader(std::string_view text) noexcept : rest_(text) {}

  void skip(std::string_view expected) noexcept {
    if (!rest_.starts_with(expected)) return fail();
    rest_.remove_prefix(expected.size());
  }
  unsigned number(std::size_t digits) noexcept {
    unsigned sum = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = i < rest_.size() ? rest_[i] : 'x';
      if (c < '0' || c > '9') {
        fail();
        return 0;
      }
      sum = sum * 10 + static_cast<unsigned>(c - '0');
    }
    rest_.remove_prefix(digits);
    return sum;
  }
  // One of the names of three letters, from 1 on.
  unsigned name(std::string_view names) noexcept {
    const std::size_t at = rest_.size() < 3 ? names.npos : names.find(rest_.substr(0, 3));
    if (at == names.npos || at % 3 != 0) {
      fail();
      return 0;
    }
    rest_.remove_prefix(3);
    return static_cast<unsigned>(at / 3 + 1);
  }
  void skip_letters() noexcept {
    while (!rest_.empty() && rest_[0] >= 'a' && rest_[0] <= 'z') rest_.remove_prefix(1);
  }
  bool sees(std::string_view text) const noexcept { return rest_.starts_with(text); }
  bool is_over() const noexcept { return good_ && rest_.empty(); }

 private:
  void fail() noexcept {
    good_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool good_ = true;
};

struct fields {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

void read_time(reader& r, fields& f) noexcept {
  f.hour = r.number(2);
  r.skip(":");
  f.minute = r.number(2);
  r.skip(":");
  f.second = r.number(2);
}

std::optional<wall_time> combine(const fields& f) noexcept {
  const year_month_day date{year(static_cast<int>(f.year)), month(f.month), day(f.day)};
  // A leap second is the last one of its minute.
  if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
  const unsigned second = f.second == 60 ? 59 : f.second;
  return sys_days(date) + std::chrono::hours(f.hour) + std::chrono::minutes(f.minute) +
         seconds(second);
}

// Sun Nov  6 08:49:37 1994
void read_asctime(reader& r, fields& f) noexcept {
  r.skip(" ");
  f.month = r.name(months);
  r.skip(" ");
  if (r.sees(" ")) {
    r.skip(" ");
    f.day = r.number(1);
  } else {
    f.day = r.number(2);
  }
  r.skip(" ");
  read_time(r, f);
  r.skip(" ");
  f.year = r.number(4);
}

// Behind the comma: 06 Nov 1994 08:49:37 GMT, or 06-Nov-94 08:49:37 GMT.
void read_named(reader& r, fields& f, bool is_short, unsigned this_year) noexcept {
  const std::string_view separator = is_short ? "-" : " ";
  r.skip(", ");
  f.day = r.number(2);
  r.skip(separator);
  f.month = r.name(months);
  r.skip(separator);
  f.year = r.number(is_short ? 2 : 4);
  if (is_short) {
    f.year += this_year / 100 * 100;
    if (f.year > this_year + 50) f.year -= 100;
  }
  r.skip(" ");
  read_time(r, f);
  r.skip(" GMT");
}

}  // namespace

void put_date(char* to, wall_time at) noexcept {
  const auto second = std::chrono::floor<seconds>(at);
  const auto date = std::chrono::floor<days>(second);
  const year_month_day ymd(date);
  const auto in_day = static_cast<unsigned>((second - date).count());
  const unsigned weekday = std::chrono::weekday(date).c_encoding();
  const auto y = static_cast<unsigned>(static_cast<int>(ymd.year()));
  std::memcpy(to, "Sun, 06 Nov 1994 08:49:37 GMT", date_size);
  std::memcpy(to, week_days.data() + std::size_t{3} * weekday, 3);
  put_two(to + 5, static_cast<unsigned>(ymd.day()));
  std::memcpy(to + 8, months.data() + std::size_t{3} * (static_cast<unsigned>(ymd.month()) - 1), 3);
  put_two(to + 12, y / 100);
  put_two(to + 14, y % 100);
  put_two(to + 17, in_day / 3600);
  put_two(to + 20, in_day / 60 % 60);
  put_two(to + 23, in_day % 60);
}

std::optional<wall_time> parse_date(std::string_view text, wall_time now) noexcept {
  reader r(text);
  fields f;
  (void)r.name(week_days);
  const bool has_long_name = !r.sees(",") && !r.sees(" ");
  r.skip_letters();
  if (r.sees(" ")) {
    read_asctime(r, f);
  } else {
    const year_month_day today(std::chrono::floor<days>(now));
    read_named(r, f, has_long_name, static_cast<unsigned>(static_cast<int>(today.year())));
  }
  if (!r.is_over()) return std::nullopt;
  return combine(f);
}

std::string_view date_text::at(wall_time now) noexcept {
  const auto second = std::chrono::floor<seconds>(now.time_since_epoch());
  if (second != second_) {
    second_ = second;
    put_date(text_.data(), now);
  }
  return {text_.data(), text_.size()};
}

}  // namespace parley::http
