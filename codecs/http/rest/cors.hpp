// Cross-origin resource sharing (WHATWG Fetch section 3.3): which pages of other sites may read
// what this server answers.
//
//   auto policy = http::cors_policy::make({.origins = {"https://app.example"}});
//   const auto answer = policy->judge(head.verb, head.headers, allowed_methods);
//   if (answer.preflight) respond(answer.status, answer.headers());     // and nothing else
//   else                  add answer.headers() to whatever is answered, errors too
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <parley/codecs/http/method.hpp>
#include <parley/codecs/http/rest/fields_view.hpp>
#include <parley/core/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::http {

// Which pages may read what; the defaults are open and without credentials.
struct cors_settings {
  // False: no field is ever added, and preflights are requests like others. (S95)
  bool enabled = true;
  // Exact origins ("https://app.example:8443"), all subdomains of one ("https://*.example.com",
  // any depth, not the name itself), "null", or "*" alone for every one. (S96)
  std::vector<std::string> origins{"*"};
  // What preflights may ask for besides GET, HEAD and POST. Empty: what the route has.
  std::vector<std::string> methods{};
  // Names of fields that pages may send. "*": every one, Authorization included.
  std::vector<std::string> headers{"*"};
  // Fields that pages may read besides the seven of the standard; "*": all (not with
  // credentials).
  std::vector<std::string> exposed{};
  // Cookies and HTTP authentication of the browser are sent along. Never together with "*".
  bool credentials = false;
  // How long browsers keep the answer to a preflight. They have limits of their own: 2 hours, 24.
  std::chrono::seconds max_age{600};

  // Every fault at once (rest_errc::bad_cors_settings): credentials with an origin "*" or "null" or
  // with headers or exposed "*"; an origin with a path, a trailing slash or an upper-case letter,
  // which no browser sends; names that are no tokens; "*" beside others.
  result<void> validate() const;
};

// What to do about one request.
class cors_answer {
 public:
  // The request is a preflight: answer with `status` (204, or 403 if the origin, the method or a
  // field is not allowed) and headers(), and let no handler see it.
  bool preflight = false;
  // The page may read the answer. Without an Origin: false, and nobody cares.
  bool allowed = false;
  std::uint16_t status = 0;  // of a preflight

  // To be added to the response. Views of the policy and of the request's head. Vary is one of
  // them wherever the answer depends on who asks, also without an Origin.
  std::span<const header> headers() const noexcept { return std::span(items_).first(size_); }

 private:
  friend class cors_policy;
  void add(std::string_view name, std::string_view value) noexcept {
    items_[size_++] = {name, value};
  }
  std::array<header, 6> items_{};
  std::size_t size_ = 0;
};

// Settings made ready to judge requests by.
class cors_policy {
 public:
  // By default: every origin, without credentials.
  cors_policy();
  // Errors: as cors_settings::validate().
  static result<cors_policy> make(cors_settings settings);

  // Judges a request. `route_methods` is the value of Allow for its path ("GET, PUT"; ""  if the
  // path is unknown): what preflights may ask for if the settings name no methods. Allocates
  // nothing.
  cors_answer judge(method verb, fields_view request,
                    std::string_view route_methods) const noexcept;

  // OPTIONS with Origin and Access-Control-Request-Method.
  static bool is_preflight(method verb, fields_view request) noexcept;
  // Whether pages of this origin may read answers. "" is none.
  bool allows_origin(std::string_view origin) const noexcept;

  const cors_settings& settings() const noexcept { return settings_; }

 private:
  explicit cors_policy(cors_settings settings);
  bool allows_method(std::string_view name, std::string_view route_methods) const noexcept;
  bool allows_headers(std::string_view names) const noexcept;
  void answer_preflight(fields_view request, std::string_view origin,
                        std::string_view route_methods, cors_answer& out) const noexcept;

  cors_settings settings_;
  bool any_origin_ = false;
  bool any_header_ = false;
  std::string methods_;  // joined, as they are sent
  std::string headers_;
  std::string exposed_;
  std::string max_age_;
};

}  // namespace parley::http
