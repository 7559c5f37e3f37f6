#include <algorithm>
#include <array>
#include <parley/core/api/tables.hpp>
#include <parley/core/version.hpp>

namespace parley {
namespace {

struct scheme {
  std::string_view name;
  std::string_view protocol;
};
// All schemes of the design, built in or not: a URI of a protocol that is left out
// gets an error which names the option, instead of "unknown scheme".
constexpr auto schemes = std::to_array<scheme>({
    {"redis", "redis"},    {"rediss", "redis"},      {"redis+unix", "redis"},
    {"unix", "redis"},     {"mqtt", "mqtt"},         {"mqtts", "mqtt"},
    {"mqtt+unix", "mqtt"}, {"mqtts+unix", "mqtt"},   {"mqtt+ws", "mqtt"},
    {"mqtt+wss", "mqtt"},  {"mqtt+ws+unix", "mqtt"}, {"mqtt+wss+unix", "mqtt"},
    {"http", "rest"},      {"https", "rest"},        {"http+unix", "rest"},
    {"ws", "websocket"},   {"wss", "websocket"},     {"ws+unix", "websocket"},
    {"grpc", "grpc"},      {"grpcs", "grpc"},        {"grpc+unix", "grpc"},
});

}  // namespace

// Tells a part that was left out of this build from one that does not exist.
error unavailable_part(std::string_view name) {
  std::string text(name);
  std::string hint;
  // An entry for servers comes with the part of its clients.
  std::string_view part_name = name == "tls_server" ? "tls" : name;
  if (part_name.starts_with("websocket_server/") || part_name.starts_with("websocket/")) {
    part_name = "websocket";
  }
  if (const build_part* part = find_build_part(part_name)) {
    if (part->built) {
      // The user has it, and has not said so.
      text += ": built in, but not in the table that was given";
      hint = "fill the table by add_built_in() and set `with` to it; in a build without it: ";
    } else {
      text += ": built without it";
    }
    // Some parts need two options: "PARLEY_RESP and PARLEY_JSON".
    std::string options(part->option);
    for (std::size_t at = 0; (at = options.find(" and ", at)) != std::string::npos;) {
      options.replace(at, 5, "=ON -D");
    }
    hint.append("configure with -D").append(options).append("=ON");
    if (std::string_view(part->package) != "none") hint.append("; package ").append(part->package);
  } else {
    text += ": this version of parley does not have it";
    hint = "parley --version lists what there is";
  }
  return error(errc::unavailable, std::move(text)).with_hint(std::move(hint));
}

void transports::add(std::string scheme, maker make) {
  // The later maker wins, so that a test or a user can replace a built-in one.
  std::erase_if(entries_, [&](const entry& e) { return e.scheme == scheme; });
  entries_.push_back({std::move(scheme), std::move(make)});
}

bool transports::has(std::string_view scheme) const noexcept {
  return std::ranges::find(entries_, scheme, &entry::scheme) != entries_.end();
}

result<layer_ptr> transports::make(std::string_view scheme, const transport_request& request) {
  auto found = std::ranges::find(entries_, scheme, &entry::scheme);
  if (found == entries_.end()) return std::unexpected(unavailable_part(scheme));
  return found->make(request);
}

void protocols::add(std::string protocol, maker make) {
  std::erase_if(entries_, [&](const entry& e) { return e.protocol == protocol; });
  entries_.push_back({std::move(protocol), std::move(make)});
}

bool protocols::has(std::string_view protocol) const noexcept {
  return std::ranges::find(entries_, protocol, &entry::protocol) != entries_.end();
}

std::string_view protocols::of_scheme(std::string_view name) noexcept {
  const auto* found = std::ranges::find(schemes, name, &scheme::name);
  return found == schemes.end() ? std::string_view() : found->protocol;
}

result<std::unique_ptr<provider>> protocols::make(loop& home, const uri& where, observer* watch) {
  const std::string_view protocol = of_scheme(where.scheme());
  if (protocol.empty()) {
    return fail(errc::bad_configuration, "no protocol has the scheme \"" + where.scheme() + "\"");
  }
  auto found = std::ranges::find(entries_, protocol, &entry::protocol);
  if (found != entries_.end()) return found->make(home, where, watch);
  // Some rooms are built without their provider.
  const std::string part = std::string(protocol) + "_provider";
  return std::unexpected(unavailable_part(find_build_part(part) ? part : protocol));
}

}  // namespace parley
