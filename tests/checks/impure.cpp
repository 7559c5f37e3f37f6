// What core must not be: the purity check has to find every fault of this file.
#include <chrono>
#include <cstdlib>
#include <expected>
#include <iostream>
#include <thread>

namespace {
int counter = 0;
}

long impure(std::expected<long, int> r) {
  std::thread([] { ++counter; }).join();
  std::cout << std::getenv("HOME");
  return r.value() + counter + std::chrono::steady_clock::now().time_since_epoch().count();
}
