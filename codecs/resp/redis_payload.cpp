#include <parley/codecs/json/json.hpp>
#include <parley/codecs/resp/detail/redis_payload.hpp>

namespace parley::detail {

result<redis_payload> redis_payload::of(const value& v) {
  redis_payload p;
  // Text and bytes go as they are, so that other programs read what was meant; all
  // else becomes JSON. A view where possible: large payloads are not copied here.
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
