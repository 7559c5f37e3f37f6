#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/http/rest_message.hpp>
#include <parley/codecs/json/json.hpp>
#include <utility>

namespace parley {

rest_reply rest_reply::json(const value& content, std::uint16_t status) {
  rest_reply r;
  r.status = status;
  // A value that JSON has no words for is the handler's fault.
  if (auto ok = json::write(content, r.body); !ok) return problem(http::problem(500));
  r.content_type = "application/json";
  return r;
}

rest_reply rest_reply::text(std::string_view content, std::uint16_t status) {
  rest_reply r;
  r.status = status;
  r.body = content;
  r.content_type = "text/plain; charset=utf-8";
  return r;
}

rest_reply rest_reply::bytes(shared_bytes content, std::string_view type, std::uint16_t status) {
  rest_reply r;
  r.status = status;
  r.shared = std::move(content);
  r.content_type = type;
  return r;
}

rest_reply rest_reply::empty(std::uint16_t status) {
  rest_reply r;
  r.status = status;
  return r;
}

rest_reply rest_reply::problem(const http::problem& what) {
  rest_reply r;
  r.status = what.status();
  r.body = what.to_json();
  r.content_type = http::problem::content_type;
  return r;
}

rest_reply rest_reply::problem(const error& why) { return problem(http::problem::from(why)); }

rest_reply rest_reply::redirect(std::string location, std::uint16_t status) {
  rest_reply r;
  r.status = status;
  r.headers.add("Location", std::move(location));
  return r;
}

}  // namespace parley
