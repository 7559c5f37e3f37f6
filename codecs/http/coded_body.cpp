#include <limits>
#include <parley/codecs/http/detail/coded_body.hpp>
#include <parley/codecs/http/errc.hpp>

namespace parley::http::detail {
namespace {

inflate_limits bounds_of(std::uint64_t most, unsigned max_ratio) noexcept {
  constexpr auto all = std::numeric_limits<std::size_t>::max();
  return {.max_output = most < all ? static_cast<std::size_t>(most) : all, .max_ratio = max_ratio};
}

}  // namespace

coded_body::coded_body(coding how, std::uint64_t most, unsigned max_ratio) noexcept
    : inflater_(how, bounds_of(most, max_ratio)) {}

error coded_body::why() const {
  switch (inflater_.fault().value_or(coding_fault::corrupt)) {
    case coding_fault::too_large:
      return error(errc::body_too_large, "decoded");
    case coding_fault::bomb:
      return error(errc::inflates_too_far);
    case coding_fault::out_of_memory:
      return error(parley::errc::out_of_memory);
    case coding_fault::unavailable:
      return error(errc::unknown_coding);
    case coding_fault::truncated:
      return error(errc::bad_coding, "it ends too early");
    case coding_fault::corrupt:
      break;
  }
  return error(errc::bad_coding);
}

result<byte_view> coded_body::next() {
  while (has_more_) {
    const inflate_result r = inflater_.decode(pending_, out_);
    if (r.status == inflate_status::failed) return std::unexpected(why());
    pending_ = pending_.subspan(r.consumed);
    has_more_ = r.status == inflate_status::out_full || !pending_.empty();
    if (r.produced > 0) return byte_view(out_).first(r.produced);
  }
  return byte_view();
}

result<void> coded_body::finish() {
  if (inflater_.finish()) return {};
  return std::unexpected(why());
}

std::optional<coding> coding_of(const header_list& headers) noexcept {
  const auto value = headers.find(field::content_encoding);
  if (!value) return std::nullopt;
  const auto how = parse_coding(*value);
  if (!how || *how == coding::identity || !coding_is_available(*how)) return std::nullopt;
  return how;
}

}  // namespace parley::http::detail
