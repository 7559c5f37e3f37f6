#include "workloads.hpp"

namespace parley::bench {
namespace {

std::string repeat(std::string_view bytes, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all.append(bytes);
  return all;
}

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

// ["1526919030474-12", ["field0", "value0-12", ...]]
std::string stream_entry(std::size_t i) {
  std::string entry = "*2\r\n" + bulk("1526919030474-" + std::to_string(i)) + "*8\r\n";
  for (std::size_t field = 0; field < 4; ++field) {
    entry += bulk("field" + std::to_string(field));
    entry += bulk("value" + std::to_string(field) + "-" + std::to_string(i));
  }
  return entry;
}

std::string map_of_ten() {
  std::string map = "%10\r\n";
  for (int i = 0; i < 10; ++i) {
    map += bulk("key" + std::to_string(i));
    map += i % 2 == 0 ? ":" + std::to_string(i * 1000) + "\r\n" : bulk("some value");
  }
  return map;
}

}  // namespace

workload decode_ok() { return {"decode_ok", repeat("+OK\r\n", 1024), 1024}; }
workload decode_int() { return {"decode_int", repeat(":1234567\r\n", 512), 512}; }
workload decode_bulk_16() { return {"decode_bulk_16", repeat(bulk("0123456789abcdef"), 512), 512}; }
workload decode_bulk_1k() {
  return {"decode_bulk_1k", repeat(bulk(std::string(1024, 'x')), 64), 64};
}
workload decode_bulk_1m() { return {"decode_bulk_1m", bulk(std::string(1 << 20, 'x')), 1}; }

workload decode_xreadgroup() {
  std::string reply = "*1\r\n*2\r\n" + bulk("mystream") + "*100\r\n";
  for (std::size_t i = 0; i < 100; ++i) reply += stream_entry(i);
  return {"decode_xreadgroup", reply, 1};
}

workload decode_map() { return {"decode_map", repeat(map_of_ten(), 64), 64}; }
workload decode_push() {
  const std::string message =
      ">3\r\n" + bulk("message") + bulk("channel:1") + bulk(std::string(64, 'm'));
  return {"decode_push", repeat(message, 128), 128};
}

}  // namespace parley::bench
