#include <parley/codecs/json/json.hpp>
#include <parley/codecs/json/payload.hpp>

namespace parley::json {

result<payload> payload::of(const value& v) {
  payload p;
  // A view where possible: large payloads are not copied here.
  if (v.is_text()) {
    p.view_ = v.text();
  } else if (v.is_bytes()) {
    p.view_ = as_text(v.bytes());
    p.is_text_ = false;
  } else if (auto ok = write(v, p.own_); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  return p;
}

}  // namespace parley::json
