#include "workloads.hpp"

#include <array>

#include "ours.hpp"

namespace parley::bench {
namespace {

struct description {
  std::string_view name;
  mqtt::version version;
  std::size_t packets;
};

constexpr std::array<description, content_count> descriptions{{
    {"publish_q0_16", mqtt::version::v3_1_1, 64},
    {"publish_q1_256", mqtt::version::v3_1_1, 32},
    {"publish_q0_64k", mqtt::version::v3_1_1, 1},
    {"publish5_props", mqtt::version::v5, 32},
    {"connect", mqtt::version::v3_1_1, 1},
    {"subscribe", mqtt::version::v3_1_1, 32},
}};

}  // namespace

std::string_view payload_of(content what) {
  static const std::string bytes(64 * 1024, 'p');
  switch (what) {
    case content::publish_q1_256:
      return std::string_view(bytes).substr(0, 256);
    case content::publish_q0_64k:
      return bytes;
    case content::publish5_props:
      return std::string_view(bytes).substr(0, 64);
    default:
      return std::string_view(bytes).substr(0, 16);
  }
}

workload make_workload(content what) {
  const description& d = descriptions[static_cast<std::size_t>(what)];
  workload w{std::string(d.name), what, d.version, d.packets, {}, 0};
  our_writer writer(what, d.version);
  for (std::size_t i = 0; i < d.packets; ++i) w.bytes += as_text(writer.write());
  w.sum = our_reader(w).read();
  return w;
}

}  // namespace parley::bench
