#include <algorithm>
#include <array>
#include <limits>
#include <parley/codecs/resp/server/detail/parameters.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>

namespace parley::resp {
namespace {

constexpr std::string_view not_integer = "argument couldn't be parsed into an integer";

std::string number(auto n) { return std::to_string(n); }

std::string out_of_range(std::int64_t low, std::int64_t high) {
  return "argument must be between " + number(low) + " and " + number(high) + " inclusive";
}

// "1mb": a number with b, k, kb, m, mb, g or gb behind it; kb is 1024, k is 1000.
std::optional<std::uint64_t> read_memory(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto base = to_integer(text.substr(0, digits));
  if (!base) return std::nullopt;
  struct unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  static constexpr auto units = std::to_array<unit>({{"", 1},
                                                     {"b", 1},
                                                     {"k", 1000},
                                                     {"kb", 1024},
                                                     {"m", 1000 * 1000},
                                                     {"mb", 1024 * 1024},
                                                     {"g", 1000 * 1000 * 1000},
                                                     {"gb", 1024 * 1024 * 1024}});
  const auto rest = text.substr(digits);
  const auto at = std::ranges::find_if(units, [&](const unit& u) { return is_word(rest, u.name); });
  if (at == units.end()) return std::nullopt;
  return checked_mul(static_cast<std::uint64_t>(*base), at->bytes);
}

std::string show_timeout(engine& home) {
  return number(
      std::chrono::duration_cast<std::chrono::seconds>(home.limits().idle_timeout).count());
}
std::string change_timeout(engine& home, std::string_view text) {
  const auto seconds = to_integer(text);
  if (!seconds) return std::string(not_integer);
  if (*seconds < 0 || *seconds > INT32_MAX) return out_of_range(0, INT32_MAX);
  home.config().limits.idle_timeout = std::chrono::seconds(*seconds);
  return {};
}

std::string show_max_clients(engine& home) { return number(home.config().max_clients); }
std::string change_max_clients(engine& home, std::string_view text) {
  const auto count = to_integer(text);
  if (!count) return std::string(not_integer);
  const std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  if (*count < 1 || *count > most) return out_of_range(1, most);
  home.config().max_clients = static_cast<std::uint32_t>(*count);
  return {};
}

std::string show_max_memory(engine& home) { return number(home.shared().limits.max_bytes); }
std::string change_max_memory(engine& home, std::string_view text) {
  const auto bytes = read_memory(text);
  if (!bytes) return "argument must be a memory value";
  home.set_max_memory(*bytes);
  return {};
}

std::string show_max_bulk(engine& home) { return number(home.limits().request.max_bulk); }
std::string change_max_bulk(engine& home, std::string_view text) {
  constexpr std::uint64_t least = 1024 * 1024;
  const auto bytes = read_memory(text);
  if (!bytes) return "argument must be a memory value";
  // Above the budget of a request it could never be used.
  const std::uint64_t most = home.limits().request.request_budget;
  if (*bytes < least || *bytes > most) {
    return out_of_range(static_cast<std::int64_t>(least), static_cast<std::int64_t>(most));
  }
  home.config().limits.request.max_bulk = *bytes;
  return {};
}

std::string show_password(engine& home) {
  return std::string(home.users().standard().password.reveal());
}
std::string change_password(engine& home, std::string_view text) {
  home.users().set_password(text);
  return {};
}

std::string show_output_limits(engine& home) {
  const server_limits& l = home.limits();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(l.soft_output_time);
  return "normal " + number(l.max_output) + " 0 0 slave 0 0 0 pubsub " +
         number(l.max_subscribed_output) + " " + number(l.soft_subscribed_output) + " " +
         number(seconds.count());
}

std::string show_databases(engine& home) { return number(home.databases().size()); }
std::string show_port(engine& home) {
  const std::string& address = home.config().address;
  const std::size_t colon = address.rfind(':');
  const bool is_port = colon != std::string::npos && to_integer(address.substr(colon + 1));
  return is_port ? address.substr(colon + 1) : "0";
}
std::string show_bind(engine& home) {
  const std::string& address = home.config().address;
  return address.substr(0, address.rfind(':'));
}

constexpr auto all = std::to_array<parameter>({
    {"appendfsync", nullptr, nullptr, "everysec"},
    {"appendonly", nullptr, nullptr, "no"},
    {"bind", show_bind, nullptr, {}},
    {"client-output-buffer-limit", show_output_limits, nullptr, {}},
    {"cluster-enabled", nullptr, nullptr, "no"},
    {"databases", show_databases, nullptr, {}},
    {"dbfilename", nullptr, nullptr, "dump.rdb"},
    {"dir", nullptr, nullptr, ""},
    {"hz", nullptr, nullptr, "10"},
    {"io-threads", nullptr, nullptr, "1"},
    {"list-compress-depth", nullptr, nullptr, "0"},
    {"loglevel", nullptr, nullptr, "notice"},
    {"maxclients", show_max_clients, change_max_clients, {}},
    {"maxmemory", show_max_memory, change_max_memory, {}},
    {"maxmemory-policy", nullptr, nullptr, "noeviction"},
    {"notify-keyspace-events", nullptr, nullptr, ""},
    {"port", show_port, nullptr, {}},
    {"proto-max-bulk-len", show_max_bulk, change_max_bulk, {}},
    {"protected-mode", nullptr, nullptr, "no"},
    {"requirepass", show_password, change_password, {}},
    {"save", nullptr, nullptr, ""},
    {"timeout", show_timeout, change_timeout, {}},
});

}  // namespace

std::string parameter::value(engine& home) const {
  return show != nullptr ? show(home) : std::string(fixed);
}

std::string parameter::set(engine& home, std::string_view text) const {
  if (change != nullptr) return change(home, text);
  // Set to what it is already, as many test set-ups do.
  return text == value(home) ? std::string() : "can't set immutable config";
}

std::span<const parameter> parameters() noexcept { return all; }

const parameter* find_parameter(std::string_view name) noexcept {
  const auto at =
      std::ranges::find_if(all, [&](const parameter& p) { return is_word(name, p.name); });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace parley::resp
