// Problem details: errors of an HTTP API as JSON (RFC 9457).
//
//   http::problem p(404, "there is no user 7");
//   respond(p.status(), http::problem::content_type, p.to_json());
#pragma once

#include <cstdint>
#include <parley/core/error.hpp>
#include <string>
#include <string_view>

namespace parley::http {

class problem {
 public:
  static constexpr std::string_view content_type = "application/problem+json";

  // The title is the reason phrase of the status, the type "about:blank" (section 4.2.1).
  explicit problem(std::uint16_t status, std::string detail = {});

  // What to tell a client about an error. If it is the client's fault (4xx): its text and message,
  // and the member "code", "rest.bad_escape". Of what is the server's (5xx) nothing but the status,
  // so that no name of a host, file or table leaks: that belongs into the log. Hints are for those
  // who run the server, and are never shown.
  static problem from(const error& why);

  std::uint16_t status() const noexcept { return status_; }
  // URI references; what is empty is left out.
  problem& set_type(std::string uri) &;
  problem& set_title(std::string text) &;
  problem& set_detail(std::string text) &;
  problem& set_instance(std::string uri) &;
  // Members of your own (section 3.2), in their order. A name that is one of the five standard ones
  // is ignored. `add_json` takes JSON as it is, unchecked.
  problem& add(std::string_view name, std::string_view text) &;
  problem& add(std::string_view name, std::int64_t number) &;
  problem& add_json(std::string_view name, std::string_view json) &;

  // {"type":...,"title":...,"status":...,"detail":...,"instance":...,...}. What is no UTF-8 is
  // replaced by U+FFFD.
  std::string to_json() const;

 private:
  std::uint16_t status_;
  std::string type_;
  std::string title_;
  std::string detail_;
  std::string instance_;
  std::string members_;  // JSON, each with a comma before it
};

// Appends a JSON string with its quotes (RFC 8259 section 7); what is no UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace parley::http
