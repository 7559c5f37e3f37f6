// Our decoder as the benchmarks and the instruction count drive it.
#pragma once

#include <array>
#include <parley/codecs/http/decoder.hpp>
#include <string_view>

#include "workloads.hpp"

namespace parley::bench {

class our_parser {
 public:
  explicit our_parser(const workload& w)
      : due_(w.expected),
        is_response_(w.is_response),
        decoder_(w.is_response ? http::role::response : http::role::request, bounds_) {}

  const seen& due() const noexcept { return due_; }

  // Takes all parts of the message and looks at each field, as a user would.
  void take(std::string_view so_far, std::size_t, seen& sum) {
    byte_view in = as_bytes(so_far.substr(taken_));
    for (;;) {
      const http::part p = decoder_.next(in, fields_);
      in = in.subspan(p.consumed);
      switch (p.what) {
        case http::part_kind::head:
          is_response_ ? look_at_response(p, sum) : look_at_request(p, sum);
          break;
        case http::part_kind::body:
          sum.body += p.data.size();
          break;
        case http::part_kind::end:
          sum.messages += 1;
          taken_ = 0;
          return;
        default:
          taken_ = so_far.size() - in.size();
          return;
      }
    }
  }

 private:
  void look_at_request(const http::part& p, seen& sum) {
    decoder_.show(p, fields_, request_);
    const http::request_head& head = request_;
    sum.code += head.verb == http::method::get ? 1 : head.verb == http::method::post ? 2 : 0;
    sum.target += head.target.size();
    look_at(head.headers, sum);
  }
  void look_at_response(const http::part& p, seen& sum) {
    decoder_.show(p, fields_, response_);
    const http::response_head& head = response_;
    sum.code += head.status;
    sum.target += head.reason.size();
    look_at(head.headers, sum);
  }
  static void look_at(const http::header_list& headers, seen& sum) {
    sum.headers += headers.size();
    for (const http::header h : headers) sum.text += h.name.size() + h.value.size();
  }

  seen due_;
  bool is_response_;
  std::size_t taken_ = 0;
  http::limits bounds_;
  std::array<http::field_place, 100> fields_;
  http::decoder decoder_;
  // Kept, as a server keeps them.
  http::request_head request_;
  http::response_head response_;
};

}  // namespace parley::bench
