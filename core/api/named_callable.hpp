// What a callable is where the peer answers by a name, the same for every provider whose core is
// reference counted. For providers.
#pragma once

#include <parley/core/api/callable.hpp>
#include <parley/core/error.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace parley::detail {

// Core has retain() and release(), and may outlive its provider. Calling it is calling
// `call(core, name, request, options)`.
template <class Core, class Call>
class named_callable final : public callable_core {
 public:
  named_callable(Core& core, std::string_view name, Call how)
      : core_(core), name_(name), call_(std::move(how)) {
    core_.retain();
  }
  std::string_view name() const override { return name_; }
  operation<value> call(const value& request, call_options options) override {
    return call_(core_, name_, request, options);
  }

 private:
  ~named_callable() override { core_.release(); }
  void dispose() noexcept override { delete this; }

  Core& core_;
  const std::string name_;
  [[no_unique_address]] Call call_;
};

template <class Core, class Call>
callable make_named_callable(Core& core, std::string_view name, Call how) {
  return callable(new named_callable<Core, Call>(core, name, std::move(how)));
}

// The error of a callee as it came from the peer, by its name and text; `failed` is the protocol's
// own for what the callee says.
template <class Errc>
error error_of_callee(Errc failed, std::string_view name, std::string_view text) {
  if (name == describe(errc::not_supported).name) {
    return {errc::not_supported, std::string(text)};
  }
  std::string both(name);
  if (!text.empty()) both.append(": ").append(text);
  return {failed, std::move(both)};
}

}  // namespace parley::detail
