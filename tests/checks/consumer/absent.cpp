// Built against a parley without Redis: S160, S161. An error value that says what to build, and the
// program goes on.
#include <cstdio>
#include <parley/adapters/all/built_in.hpp>
#include <parley/adapters/blocking/loop.hpp>
#include <parley/core/version.hpp>
#if PARLEY_HAS_REDIS
#error "this is meant for a build without redis"
#endif

int main() {
  parley::transports lower;
  parley::protocols upper;
  parley::add_built_in(upper, lower);
  parley::blocking::loop home;
  const auto made = upper.make(home, *parley::uri::parse("redis://localhost"));
  if (made) return 1;
  const parley::error& why = made.error();
  std::puts(why.to_string().c_str());
  const std::string_view hint = why.hint();
  return why == parley::errc::unavailable && hint.contains("-DPARLEY_RESP=ON -DPARLEY_JSON=ON") &&
                 hint.contains("rapidjson-dev")
             ? 0
             : 1;
}
