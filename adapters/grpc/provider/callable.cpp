#include <parley/adapters/grpc/provider/callable.hpp>
#include <utility>

namespace parley::detail {

operation<value> grpc_callable::call(const value& request, call_options options) {
  grpc_call_options how;
  how.timeout = options.timeout;
  how.repeatable = options.repeatable;
  completer<value> done(core_.home());
  auto op = done.op();
  op.state()->set_fault_sink(&core_);
  core_.call_value(name_, request, how, std::move(done));
  return op;
}

operation<value> grpc_served_callable::call(const value&, call_options) {
  return ended<value>(core_, fail(errc::not_supported, "a server answers, and a client calls"));
}

}  // namespace parley::detail
