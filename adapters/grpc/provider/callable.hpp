// A client's callable, by name.
#pragma once

#include <parley/adapters/grpc/provider/core.hpp>
#include <parley/core/api/callable.hpp>
#include <string>

namespace parley::detail {

class grpc_callable final : public callable_core {
 public:
  grpc_callable(grpc_core& core, std::string_view name) : core_(core), name_(name) {
    core_.retain();
  }
  std::string_view name() const override { return name_; }
  operation<value> call(const value& request, call_options options) override;

 private:
  ~grpc_callable() override { core_.release(); }
  void dispose() noexcept override { delete this; }

  grpc_core& core_;
  std::string name_;
};

// What create_callable() of a server gives: it is served, and cannot be called from here.
class grpc_served_callable final : public callable_core {
 public:
  grpc_served_callable(grpc_core& core, std::string_view name) : core_(core), name_(name) {
    core_.retain();
  }
  std::string_view name() const override { return name_; }
  operation<value> call(const value& request, call_options options) override;

 private:
  ~grpc_served_callable() override { core_.release(); }
  void dispose() noexcept override { delete this; }

  grpc_core& core_;
  std::string name_;
};

}  // namespace parley::detail
