// A download: what has come and was not asked for yet, and the call that brings the rest.
#pragma once

#include <parley/codecs/http/provider/client_call.hpp>
#include <parley/codecs/http/rest_download.hpp>
#include <parley/core/async/operation.hpp>
#include <string>

namespace parley::detail {

class rest_download_call;

// Behind the handle. Counted: by the handle, and by the call while there is one.
class rest_download_state final : private canceller {
 public:
  rest_download_state(rest_client_core& core, rest_download_call& call);

  rest_download handle() { return rest_download(*this); }
  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }
  // The user wants no more.
  void drop() noexcept;
  operation<std::string> next();

  // --- for the call
  // True if it should be held.
  bool add(byte_view data);
  // Nothing comes behind what has: the end, or an error.
  void end(result<void> outcome);

  http_reply reply;  // without its body
  std::optional<std::uint64_t> length;

 private:
  ~rest_download_state();
  void cancel(operation_base& op) override;
  result<std::string> take();

  rest_client_core& core_;
  rest_download_call* call_;  // null once it has ended
  completer<std::string> reader_;
  std::string waiting_;
  std::optional<result<void>> end_;
  std::uint32_t references_ = 0;
};

class rest_download_call final : public rest_call {
 public:
  rest_download_call(rest_client_core& core, rest_order order, std::uint64_t max_body);
  operation<rest_download> op() const { return made_.op(); }
  // The reader has made room.
  void resume() noexcept;
  // Nobody is told any more.
  void drop();

 private:
  void taken(const http::response_head& head) override;
  void piece(byte_view data) override;
  bool is_stream() const noexcept override { return true; }
  void ended(result<http_reply>&& outcome) override;
  error too_large() const;

  completer<rest_download> made_;
  rest_download_state* state_ = nullptr;  // from the head on
  std::uint64_t max_body_;
  std::uint64_t received_ = 0;
  bool held_ = false;
};

}  // namespace parley::detail
