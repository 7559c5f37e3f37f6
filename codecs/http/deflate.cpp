#include <algorithm>
#include <cstring>
#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/http/detail/zlib.hpp>
#include <vector>

namespace parley::http {

// One call of encode().
struct deflater::run {
  byte_view in;
  std::span<std::byte> out;
  deflate_result result;

  void took(std::size_t n) noexcept {
    in = in.subspan(n);
    result.consumed += n;
  }
  void wrote(std::size_t n) noexcept {
    out = out.subspan(n);
    result.produced += n;
  }
};

deflater::deflater(coding how, int level) noexcept
    : coding_(how), level_(static_cast<std::int8_t>(std::clamp(level, 1, 9))) {
  if (!coding_is_available(how)) fault_ = coding_fault::unavailable;
}

void deflater::reset() noexcept {
  over_ = false;
  if (stream_) detail::restart(*stream_);
  if (fault_ != coding_fault::unavailable) fault_.reset();
}

bool deflater::open() noexcept {
  if (!stream_) {
    const bool is_gzip = coding_ == coding::gzip;
    stream_.reset(detail::make_deflate(is_gzip ? detail::wrapper::gzip : detail::wrapper::zlib,
                                       {.level = level_}));
    if (!stream_) fault_ = coding_fault::out_of_memory;
  }
  return stream_ != nullptr;
}

deflate_result deflater::encode(byte_view in, std::span<std::byte> out, flush how) noexcept {
  run r{in, out, {}};
  if (over_) {
    r.result.done = in.empty();
  } else if (fault_) {
    return r.result;
  } else if (coding_ == coding::identity) {
    copy(r);
    over_ = how == flush::finish && r.result.done;
  } else if (open() && drain(r)) {
    advance(r, how);
  }
  return r.result;
}

void deflater::copy(run& r) noexcept {
  const std::size_t n = std::min(r.in.size(), r.out.size());
  if (n != 0) std::memcpy(r.out.data(), r.in.data(), n);
  r.took(n);
  r.wrote(n);
  r.result.done = r.in.empty();
}

// Writes what is left of an earlier flush. False if it did not fit.
bool deflater::drain(run& r) noexcept {
  detail::spill& rest = detail::spill_of(*stream_);
  const std::size_t n = std::min(rest.left().size(), r.out.size());
  if (n != 0) std::memcpy(r.out.data(), rest.left().data(), n);
  rest.begin = static_cast<std::uint8_t>(rest.begin + n);
  r.wrote(n);
  return rest.left().empty();
}

void deflater::advance(run& r, flush how) noexcept {
  detail::zlib_step did;
  do {
    did = detail::advance(*stream_, r.in, r.out, how);
    r.took(did.consumed);
    r.wrote(did.produced);
    over_ = did.state == detail::zlib_state::ended;
    // One more call finds nothing to do: only so it is certain that all was done.
  } while (!over_ && !r.out.empty() && did.consumed + did.produced != 0);
  if (how == flush::finish) {
    r.result.done = over_;
  } else {
    r.result.done = r.in.empty() && (how == flush::none || !r.out.empty() || is_flushed());
  }
}

// A flush that ends where the room ends looks to zlib like one that lacks room, and
// begins anew with each call: in rooms of a few bytes for ever. So the end of it goes
// to a place where it fits.
bool deflater::is_flushed() noexcept {
  detail::spill& rest = detail::spill_of(*stream_);
  const detail::zlib_step did = detail::advance(*stream_, {}, rest.bytes, flush::sync);
  rest.begin = 0;
  rest.end = static_cast<std::uint8_t>(did.produced);
  return rest.left().empty();
}

std::optional<shared_bytes> compressed(coding how, byte_view body, int level) {
  deflater coder(how, level);
  // Text becomes a third; what is more costs another round.
  std::vector<std::byte> out(body.size() / 3 + 256);
  std::size_t size = 0;
  for (;;) {
    const deflate_result r = coder.encode(body, std::span(out).subspan(size), flush::finish);
    size += r.produced;
    body = body.subspan(r.consumed);
    if (r.done) return shared_bytes::copy(byte_view(out).first(size));
    if (coder.fault()) return std::nullopt;
    out.resize(out.size() * 2);
  }
}

}  // namespace parley::http
