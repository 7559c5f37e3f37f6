#include "reference/llhttp.hpp"

#include <llhttp.h>

#include <algorithm>

namespace parley::test {
namespace {

class reader {
 public:
  explicit reader(const http_stream& stream) : stream_(stream) {
    llhttp_settings_init(&settings_);
    settings_.on_message_begin = [](llhttp_t* p) { return self(p).begin_message(); };
    settings_.on_method = [](llhttp_t* p, const char* at, std::size_t size) {
      return append(self(p).now_.method, at, size);
    };
    settings_.on_url = [](llhttp_t* p, const char* at, std::size_t size) {
      return append(self(p).now_.target, at, size);
    };
    settings_.on_header_field = [](llhttp_t* p, const char* at, std::size_t size) {
      return append(self(p).name_, at, size);
    };
    settings_.on_header_value = [](llhttp_t* p, const char* at, std::size_t size) {
      return append(self(p).value_, at, size);
    };
    settings_.on_header_value_complete = [](llhttp_t* p) { return self(p).end_field(); };
    settings_.on_headers_complete = [](llhttp_t* p) { return self(p).end_head(); };
    settings_.on_body = [](llhttp_t* p, const char* at, std::size_t size) {
      return append(self(p).all_.messages.back().body, at, size);
    };
    settings_.on_message_complete = [](llhttp_t* p) { return self(p).end_message(); };
    const bool asks = stream.sender == http::role::request;
    llhttp_init(&parser_, asks ? HTTP_REQUEST : HTTP_RESPONSE, &settings_);
    parser_.data = this;
  }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  http_reading read(std::string_view bytes, std::size_t chunk) {
    llhttp_errno_t status = HPE_OK;
    while (!bytes.empty() && status == HPE_OK) {
      const std::size_t size = std::min(chunk, bytes.size());
      status = llhttp_execute(&parser_, bytes.data(), size);
      bytes.remove_prefix(size);
    }
    all_.tunnel = status == HPE_PAUSED_UPGRADE || status == HPE_PAUSED_H2_UPGRADE;
    all_.failed = status != HPE_OK && !all_.tunnel;
    if (all_.failed) {
      const char* const reason = llhttp_get_error_reason(&parser_);
      all_.error = reason != nullptr ? reason : llhttp_errno_name(status);
    } else if (!all_.tunnel) {
      // An error here means only that something is missing.
      static_cast<void>(llhttp_finish(&parser_));
    }
    return std::move(all_);
  }

 private:
  static reader& self(llhttp_t* p) { return *static_cast<reader*>(p->data); }
  static int append(std::string& to, const char* at, std::size_t size) {
    to.append(at, size);
    return 0;
  }

  int begin_message() {
    now_ = {};
    name_.clear();
    value_.clear();
    in_trailers_ = false;
    return 0;
  }
  int end_field() {
    while (!value_.empty() && (value_.back() == ' ' || value_.back() == '\t')) value_.pop_back();
    auto& fields = in_trailers_ ? all_.messages.back().trailers : now_.headers;
    fields.emplace_back(std::move(name_), std::move(value_));
    name_.clear();
    value_.clear();
    return 0;
  }
  // 1: there is no body whatever the head says. 2: nor is there HTTP behind it.
  int end_head() {
    in_trailers_ = true;
    const bool answers = stream_.sender == http::role::response;
    if (answers) now_.status = parser_.status_code;
    all_.messages.push_back(std::move(now_));
    if (!answers) return 0;
    const int status = parser_.status_code;
    const http::method verb =
        asked_ < stream_.asked.size() ? stream_.asked[asked_] : http::method::get;
    if (status >= 200) ++asked_;
    if (verb == http::method::connect && status >= 200 && status < 300) return 2;
    return verb == http::method::head && status >= 200 ? 1 : 0;
  }
  int end_message() {
    all_.messages.back().complete = true;
    return 0;
  }

  const http_stream& stream_;
  llhttp_settings_t settings_{};
  llhttp_t parser_{};
  http_reading all_;
  http_message now_;  // whose head is being read
  std::string name_;
  std::string value_;
  std::size_t asked_ = 0;
  bool in_trailers_ = false;
};

}  // namespace

http_reading llhttp_read(const http_stream& stream, std::string_view bytes, std::size_t chunk) {
  return reader(stream).read(bytes, chunk);
}

}  // namespace parley::test
