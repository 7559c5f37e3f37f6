// What a handler asks of its request.
#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/http/provider/exchange.hpp>
#include <parley/codecs/http/provider/server_core.hpp>
#include <parley/codecs/http/rest/cookie.hpp>
#include <parley/codecs/http/rest/media_type.hpp>
#include <parley/codecs/http/rest/query.hpp>
#include <parley/codecs/http/rest/rest_errc.hpp>
#include <parley/codecs/json/json.hpp>
#include <utility>

namespace parley {

const detail::rest_exchange& rest_request::own() const noexcept {
  return static_cast<const detail::rest_exchange&>(*this);
}
detail::rest_exchange& rest_request::own() noexcept {
  return static_cast<detail::rest_exchange&>(*this);
}

http::method rest_request::verb() const noexcept { return own().verb_; }
std::string_view rest_request::method() const noexcept { return own().method_; }
std::string_view rest_request::target() const noexcept { return own().target_; }
std::string_view rest_request::authority() const noexcept { return own().authority_; }

std::string_view rest_request::path() const noexcept {
  const std::string_view all = own().target_;
  return all.substr(0, all.find('?'));
}

http::fields_view rest_request::headers() const noexcept {
  return std::span<const http::header>(own().headers_);
}
std::optional<std::string_view> rest_request::header(std::string_view name) const noexcept {
  return headers().find(name);
}
std::optional<std::string_view> rest_request::cookie(std::string_view name) const noexcept {
  return http::find_cookie(headers(), name);
}

std::string_view rest_request::parameter(std::string_view name) const noexcept {
  return own().values.find(name).value_or("");
}
const http::path_parameters& rest_request::parameters() const noexcept { return own().values; }

std::optional<std::string_view> rest_request::query(std::string_view name) const {
  const std::string_view all = target();
  const std::size_t at = all.find('?');
  if (at == std::string_view::npos) return std::nullopt;
  const value& v = own().part("query");
  const value* const found = v.find(name);
  return found ? found->as_text() : std::nullopt;
}

byte_view rest_request::bytes() const noexcept { return as_bytes(own().body_); }
std::string_view rest_request::text() const noexcept { return own().body_; }
const result<value>& rest_request::json() const { return own().read_json(); }
const value& rest_request::body() const {
  const result<value>& read = json();
  return read ? *read : value::null();
}
const value& rest_request::operator[](std::string_view part) const { return own().part(part); }

const address& rest_request::from() const noexcept { return own().from(); }
std::string_view rest_request::id() const noexcept {
  return own().name_ ? own().name_->text() : std::string_view();
}
std::string_view rest_request::route() const noexcept {
  const auto& state = own().route_state;
  return state ? std::string_view(state->pattern) : std::string_view();
}
std::string_view rest_request::user() const noexcept { return own().user_; }
void rest_request::set_user(std::string_view name) { own().user_ = name; }
value& rest_request::notes() { return own().notes_; }

namespace detail {
namespace {

bool is_taken_off(std::string_view coding) noexcept {
  const auto known = http::parse_coding(coding);
  return known && http::coding_is_available(*known);
}

}  // namespace

const result<value>& rest_exchange::read_json() const {
  if (!json_) json_.emplace(make_json());
  return *json_;
}

result<value> rest_exchange::make_json() const {
  if (body_.empty()) return value();
  // One that the connection could not take off.
  if (const auto coding = header("Content-Encoding"); coding && !is_taken_off(*coding)) {
    return fail(http::rest_errc::bad_media_type, "Content-Encoding: " + std::string(*coding));
  }
  const auto type = header("Content-Type");
  // Without a type it is what everybody sends here.
  const bool is_plain = !type || *type == "application/json";
  if (is_plain || http::is_json(*type)) return json::parse(std::string_view(body_));
  if (!http::is_form(*type)) {
    return fail(http::rest_errc::bad_media_type, std::string(*type) + " is no JSON");
  }
  value form = value::object();
  http::form_reader pairs(body_, scratch_);
  while (const auto f = pairs.next()) {
    if (!form.contains(f->name)) form.set(f->name, value(f->value));
  }
  if (const auto why = pairs.fault()) return std::unexpected(error(*why));
  return form;
}

// The first value of each name. What is malformed has none.
value rest_exchange::query_value() const {
  value all = value::object();
  const std::size_t at = target_.find('?');
  if (at == std::string_view::npos) return all;
  http::form_reader pairs(target_.substr(at + 1), scratch_);
  while (const auto f = pairs.next()) {
    if (!all.contains(f->name)) all.set(f->name, value(f->value));
  }
  return pairs.fault() ? value::object() : all;
}

value rest_exchange::headers_value() const {
  value all = value::object();
  for (const http::header& h : headers_) {
    if (!all.contains(h.name)) all.set(h.name, value(h.value));
  }
  return all;
}

const value& rest_exchange::part(std::string_view name) const {
  const auto made = [](std::optional<value>& at, auto make) -> const value& {
    if (!at) at.emplace(make());
    return *at;
  };
  if (name == "body") return body();
  if (name == "query") return made(parts_.query, [&] { return query_value(); });
  if (name == "method") return made(parts_.method, [&] { return value(method_); });
  if (name == "path") return made(parts_.path, [&] { return value(path()); });
  if (name == "headers") return made(parts_.headers, [&] { return headers_value(); });
  if (name != "parameters") return value::null();
  return made(parts_.parameters, [&] {
    value all = value::object();
    for (const http::path_parameter& p : values) all.set(p.name, value(p.value));
    return all;
  });
}

}  // namespace detail
}  // namespace parley
