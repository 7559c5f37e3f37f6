// The requests of a call: what is sent, and to whom credentials go.
#include <algorithm>
#include <array>
#include <parley/codecs/http/encoder.hpp>
#include <parley/codecs/http/provider/client_call.hpp>
#include <parley/codecs/http/provider/client_core.hpp>
#include <utility>

namespace parley::detail {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool contains_ignoring_case(std::string_view text, std::string_view word) noexcept {
  const auto same = [](char a, char b) { return lower(a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool has(const std::vector<http::header>& fields, std::string_view name) noexcept {
  return std::any_of(fields.begin(), fields.end(), [&](const http::header& h) {
    return http::equals_ignoring_case(h.name, name);
  });
}

// They speak of a body.
bool is_about_content(std::string_view name) noexcept {
  return contains_ignoring_case(name.substr(0, 8), "content-");
}

}  // namespace

bool is_secret_field(std::string_view name) noexcept {
  constexpr auto words = std::to_array<std::string_view>(
      {"auth", "cookie", "token", "key", "secret", "session", "passw", "csrf", "xsrf", "credent"});
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view w) { return contains_ignoring_case(name, w); });
}

loop& rest_call::home() noexcept { return core_.home(); }

// Without a base_url each call names its own, and that is the one.
bool rest_call::is_to_base() const noexcept {
  return !core_.base() || core_.base()->is_same_origin(*order_.site);
}

bool rest_call::takes_token() const noexcept {
  return core_.tokens().is_used() && !left_origin_ && is_to_base() &&
         !order_.headers.find("Authorization");
}

// Fields of the configuration are sent with each call, but behind no redirection to others; what
// looks like a credential goes to base_url's origin alone.
bool rest_call::adds_configured(std::string_view name) const noexcept {
  return !left_origin_ && (is_to_base() || !is_secret_field(name));
}

void rest_call::add_fields(std::vector<http::header>& to) {
  for (std::size_t i = 0; i < order_.headers.size(); ++i) {
    const http::header h = order_.headers[i];
    if (left_origin_ && is_secret_field(h.name)) continue;
    if (lost_body_ && is_about_content(h.name)) continue;
    to.push_back(h);
  }
  const std::size_t own = to.size();
  for (const auto& [name, value] : core_.config().headers) {
    const auto end = to.begin() + static_cast<std::ptrdiff_t>(own);
    const bool given = std::any_of(to.begin(), end, [&](const http::header& h) {
      return http::equals_ignoring_case(h.name, name);
    });
    if (!given && adds_configured(name)) to.push_back({name, value});
  }
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty() && !has(to, name)) to.push_back({name, value});
  };
  add("Accept", "application/json, */*;q=0.8");
  add("User-Agent", "parley");
  if (!lost_body_) add("Content-Type", order_.content_type);
  if (takes_token()) {
    to.push_back({"Authorization", core_.tokens().authorization()});
    token_ = core_.tokens().generation();
  } else if (!left_origin_) {
    add("Authorization", order_.site->authorization);
  }
}

result<void> rest_call::send(http_link& link, std::uint64_t tag) {
  std::vector<http::header>& fields = core_.scratch();
  fields.clear();
  add_fields(fields);
  return link.send(order_.method, order_.target, fields, order_.body, tag);
}

void rest_call::attempt() {
  has_head_ = false;
  dropped_ = 0;
  token_ = 0;
  if (takes_token() && core_.tokens().authorization().empty()) {
    waits_for_token_ = true;
    return core_.tokens().wait(*this);
  }
  if (auto ok = core_.origin_of(*order_.site).submit(*this); !ok) fail(about(ok.error()));
}

void rest_call::token_ready(const result<void>& ok) {
  waits_for_token_ = false;
  if (ok) return attempt();
  std::string text = "there is no token";
  if (!ok.error().message().empty()) text.append(": ").append(ok.error().message());
  fail(about(error(ok.error()).with_message(std::move(text))));
}

}  // namespace parley::detail
