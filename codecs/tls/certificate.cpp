#include <charconv>
#include <parley/codecs/tls/certificate.hpp>

namespace parley::tls {
namespace {

void append_padded(std::string& out, unsigned number) {
  if (number < 10) out += '0';
  char digits[12];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_date(std::string& out, wall_time at) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(at));
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())));
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()));
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()));
}

}  // namespace

std::string certificate::to_string() const {
  // Enough to recognise it; a certificate may list hundreds.
  constexpr std::size_t most = 8;
  std::string out = subject.empty() ? "a certificate without a subject" : subject;
  out.append(" (issued by ").append(issuer).append(", valid ");
  append_date(out, not_before);
  out += " to ";
  append_date(out, not_after);
  for (std::size_t i = 0; i < names.size() && i < most; ++i) {
    out.append(i == 0 ? ", for " : ", ").append(names[i]);
  }
  if (names.size() > most) out += " and others";
  return out += ')';
}

}  // namespace parley::tls
