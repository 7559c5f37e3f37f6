// One head of HTTP/1.1 out of text, with everything that its views show.
#pragma once

#include <array>
#include <optional>
#include <parley/codecs/http/decoder.hpp>
#include <string>
#include <utility>

namespace parley::test {

class http_head {
 public:
  explicit http_head(std::string text, http::role sender = http::role::request)
      : text_(std::move(text)), decoder_(sender, bounds_) {
    part_ = decoder_.next(as_bytes(text_), fields_);
    if (part_.what != http::part_kind::head) return;
    if (sender == http::role::request) {
      request_ = decoder_.request(part_, fields_);
    } else {
      response_ = decoder_.response(part_, fields_);
    }
  }
  http_head(const http_head&) = delete;
  http_head& operator=(const http_head&) = delete;

  // False: the text is no such head, or not all of one.
  bool is_good() const { return part_.what == http::part_kind::head; }
  const http::request_head& request() const { return request_; }
  const http::response_head& response() const { return response_; }

 private:
  std::string text_;
  http::limits bounds_;
  std::array<http::field_place, 100> fields_;
  http::decoder decoder_;
  http::part part_;
  http::request_head request_;
  http::response_head response_;
};

}  // namespace parley::test
