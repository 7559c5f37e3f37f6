// Everything: the tables, filled with what was built; a provider from them, on the loop poll(2).
// Its server's port is one that nobody listens on, so that the error comes from the bottom of the
// house.
#include <cstdio>
#include <parley/adapters/all/built_in.hpp>
#include <parley/adapters/blocking/loop.hpp>

int main() {
  parley::transports lower;
  parley::protocols upper;
  parley::add_built_in(upper, lower);
  parley::blocking::loop home;
  const auto where = parley::uri::parse("redis://127.0.0.1:1?timeout=1");
  auto made = upper.make(home, *where);
  if (!made) {
    std::puts(made.error().to_string().c_str());
    return 1;
  }
  const auto up = home.wait((*made)->initialize());
  if (!up) std::puts(up.error().to_string().c_str());
  made->reset();
  home.run();
  return !up && up.error() != parley::errc::unavailable ? 0 : 1;
}
