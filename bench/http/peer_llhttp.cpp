// llhttp of Debian, strict, with callbacks that keep views as ours does.
#include <llhttp.h>

#include <array>

#include "harness.hpp"

namespace parley::bench {
namespace {

class llhttp_parser {
 public:
  // In pieces llhttp tells of fragments, which ours does not. To join them is not its work:
  // there it runs without the callbacks of spans, which is its best.
  explicit llhttp_parser(const workload& w) : due_(w.expected) {
    llhttp_settings_init(&settings_);
    settings_.on_message_complete = [](llhttp_t* p) { return self(p).complete(); };
    if (w.pieces == 1) {
      keep_spans();
    } else {
      due_.target = due_.headers = due_.text = due_.body = 0;
    }
    llhttp_init(&parser_, w.is_response ? HTTP_RESPONSE : HTTP_REQUEST, &settings_);
    parser_.data = this;
  }
  llhttp_parser(const llhttp_parser&) = delete;
  llhttp_parser& operator=(const llhttp_parser&) = delete;

  const seen& due() const noexcept { return due_; }

  void take(std::string_view so_far, std::size_t fresh, seen& sum) {
    sum_ = &sum;
    llhttp_execute(&parser_, so_far.data() + so_far.size() - fresh, fresh);
  }

 private:
  struct field {
    std::string_view name;
    std::string_view value;
  };

  static llhttp_parser& self(llhttp_t* p) { return *static_cast<llhttp_parser*>(p->data); }

  void keep_spans() {
    settings_.on_url = settings_.on_status = [](llhttp_t* p, const char* at, std::size_t size) {
      self(p).target_ = {at, size};
      return 0;
    };
    settings_.on_header_field = [](llhttp_t* p, const char* at, std::size_t size) {
      self(p).fields_[self(p).count_].name = {at, size};
      return 0;
    };
    settings_.on_header_value = [](llhttp_t* p, const char* at, std::size_t size) {
      self(p).fields_[self(p).count_++].value = {at, size};
      return 0;
    };
    settings_.on_body = [](llhttp_t* p, const char*, std::size_t size) {
      self(p).sum_->body += size;
      return 0;
    };
  }

  int complete() {
    const bool is_response = parser_.type == HTTP_RESPONSE;
    const auto verb = static_cast<llhttp_method_t>(parser_.method);
    sum_->messages += 1;
    sum_->code += is_response         ? parser_.status_code
                  : verb == HTTP_GET  ? 1
                  : verb == HTTP_POST ? 2
                                      : 0;
    sum_->target += target_.size();
    sum_->headers += count_;
    for (std::size_t i = 0; i < count_; ++i) {
      sum_->text += fields_[i].name.size() + fields_[i].value.size();
    }
    count_ = 0;
    return 0;
  }

  seen due_;
  seen* sum_ = nullptr;
  llhttp_settings_t settings_;
  llhttp_t parser_;
  std::string_view target_;
  std::size_t count_ = 0;
  std::array<field, 100> fields_;
};

[[maybe_unused]] const bool registered = add_parsers<llhttp_parser>("llhttp");

}  // namespace
}  // namespace parley::bench
