// callable: a named request with a reply. A client's callable calls; a server's
// was given the function that answers.
#pragma once

#include <cstdint>
#include <parley/core/async/operation.hpp>
#include <parley/core/value/value.hpp>
#include <string_view>
#include <utility>

namespace parley {

// What one call may set. Trivially copyable: the views are read before call()
// returns, so that it may stand inside a co_await expression (g++ 12).
struct call_options {
  call_options() noexcept {}
  duration timeout{};         // zero: the provider's default
  std::string_view method;    // REST: "POST" (S89)
  std::string_view base_url;  // REST: "https://api.example.com" (S89)
  // With several protocols (core/fallback): it may be carried out twice, so that it is repeated on
  // the next when the one that carried it is lost.
  bool repeatable = false;
};

// What a provider implements for each callable. Reference counted, one thread.
class callable_core {
 public:
  virtual std::string_view name() const = 0;
  virtual operation<value> call(const value& request, call_options options) = 0;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) dispose();
  }

 protected:
  virtual ~callable_core() = default;
  virtual void dispose() noexcept = 0;

 private:
  std::uint32_t references_ = 0;
};

// A handle; copies share the callable.
class callable {
 public:
  explicit callable(callable_core* core) noexcept : core_(core) { core_->retain(); }
  callable(const callable& other) noexcept : core_(other.core_) {
    if (core_) core_->retain();
  }
  callable(callable&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  callable& operator=(callable other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~callable() {
    if (core_) core_->release();
  }

  std::string_view name() const { return core_->name(); }

  // Sends the request; ends with the reply, once.
  operation<value> call(const value& request, call_options options = {}) {
    return core_->call(request, options);
  }

 private:
  callable_core* core_;
};

// Answers a request on the server's side. Synchronous callbacks are valid (S42).
using call_handler = callback<result<value>(const value&)>;

}  // namespace parley
