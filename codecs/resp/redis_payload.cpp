#include <parley/codecs/json/json.hpp>
#include <parley/codecs/resp/redis_payload.hpp>

namespace parley::detail {

result<redis_payload> redis_payload::of(const value& v) {
  redis_payload p;
  if (v.is_text()) {
    p.view_ = v.text();
  } else if (v.is_bytes()) {
    p.view_ = as_text(v.bytes());
  } else if (auto ok = json::write(v, p.own_); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  return p;
}

}  // namespace parley::detail
