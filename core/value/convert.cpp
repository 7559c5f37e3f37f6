// What a value is read as.
#include <parley/core/value/value.hpp>

#include <cmath>

namespace parley {
namespace {

// 2^63 and 2^64, which doubles hold exactly: the first values that do not fit.
constexpr double two_to_63 = 9223372036854775808.0;
constexpr double two_to_64 = 18446744073709551616.0;

bool is_whole(double d) { return std::trunc(d) == d; }

}  // namespace

std::optional<bool> value::as_bool() const noexcept {
  if (!is_bool()) return std::nullopt;
  return data_.boolean;
}

std::optional<std::int64_t> value::as_int() const noexcept {
  // An unsigned integer exists only above 2^63-1 (what fits is stored as integer),
  // so that it never is one of these.
  if (kind_ == value_kind::integer) return data_.integer;
  if (kind_ != value_kind::real) return std::nullopt;
  const double d = data_.real;  // NaN fails each of these comparisons
  if (!(d >= -two_to_63 && d < two_to_63 && is_whole(d))) return std::nullopt;
  return static_cast<std::int64_t>(d);
}

std::optional<std::uint64_t> value::as_uint() const noexcept {
  if (kind_ == value_kind::unsigned_integer || (kind_ == value_kind::integer && data_.integer >= 0))
    return static_cast<std::uint64_t>(data_.integer);
  if (kind_ != value_kind::real) return std::nullopt;
  const double d = data_.real;
  if (!(d >= 0 && d < two_to_64 && is_whole(d))) return std::nullopt;
  return static_cast<std::uint64_t>(d);
}

// May round: above 2^53 not every integer has a double. Who needs it exact asks
// as_int().
std::optional<double> value::as_double() const noexcept {
  switch (kind_) {
    case value_kind::real:
      return data_.real;
    case value_kind::integer:
      return static_cast<double>(data_.integer);
    case value_kind::unsigned_integer:
      return static_cast<double>(static_cast<std::uint64_t>(data_.integer));
    default:
      return std::nullopt;
  }
}

std::optional<std::string_view> value::as_text() const noexcept {
  if (!is_text()) return std::nullopt;
  return data_.text;
}

// Empty for what is no text: for readers to whom missing and empty are the same.
std::string_view value::text() const noexcept {
  return is_text() ? std::string_view(data_.text) : std::string_view();
}

byte_view value::bytes() const noexcept {
  // Text has bytes, but bytes are not text: only one direction needs no check.
  if (!is_text() && !is_bytes()) return {};
  return parley::as_bytes(data_.text);
}

error value::mismatch(std::string_view wanted) const {
  return {errc::bad_value,
          std::string("expected ").append(wanted).append(", found ").append(to_string(kind_))};
}

result<std::int64_t> value::to_int(std::int64_t low, std::int64_t high) const {
  const auto number = as_int();
  if (number && *number >= low && *number <= high) return *number;
  // A number of the wrong size needs another correction than a text does.
  return std::unexpected(mismatch(is_number() ? "an integer in range" : "an integer"));
}

result<std::uint64_t> value::to_uint(std::uint64_t high) const {
  const auto number = as_uint();
  if (number && *number <= high) return *number;
  return std::unexpected(mismatch(is_number() ? "an integer in range" : "an integer"));
}

}  // namespace parley
