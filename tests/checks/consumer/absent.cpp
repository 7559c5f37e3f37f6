// Built against a parley without Redis and gRPC: S160, S161. An error value that says what to
// build, and the program goes on.
#include <cstdio>
#include <parley/adapters/all/built_in.hpp>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/core/version.hpp>
#include <string_view>
#if PARLEY_HAS_REDIS || PARLEY_HAS_GRPC
#error "this is meant for a build without redis and grpc"
#endif

// The error of that URL names these options and that package.
bool is_told(const char* url, std::string_view options, std::string_view package) {
  parley::transports lower;
  parley::protocols upper;
  parley::add_built_in(upper, lower);
  parley::blocking::loop home;
  const auto made = upper.make(home, *parley::uri::parse(url));
  if (made) return false;
  const parley::error& why = made.error();
  std::puts(why.to_string().c_str());
  const std::string_view hint = why.hint();
  return why == parley::errc::unavailable && hint.contains(options) && hint.contains(package);
}

int main() {
  const bool good =
      is_told("redis://localhost", "-DPARLEY_RESP=ON -DPARLEY_JSON=ON", "rapidjson-dev") &&
      is_told("grpc+unix:/run/a.sock", "-DPARLEY_GRPC=ON", "libgrpc++-dev");
  return good ? 0 : 1;
}
