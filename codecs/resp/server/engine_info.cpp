// INFO and TIME.
#include <algorithm>
#include <array>
#include <parley/codecs/resp/server/detail/engine_names.hpp>
#include <parley/codecs/resp/server/detail/parameters.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>
#include <parley/codecs/resp/server/engine.hpp>
#include <parley/core/version.hpp>

namespace parley::resp {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::seconds;

// Lines "name:value" under a heading.
class page {
 public:
  explicit page(engine_call& c) noexcept : call(c) {}

  void heading(std::string_view title) {
    if (!text.empty()) text += "\r\n";
    text += "# ";
    text += title;
    text += "\r\n";
  }
  void line(std::string_view name, std::string_view value) {
    text += name;
    text += ':';
    text += value;
    text += "\r\n";
  }
  void line(std::string_view name, std::uint64_t value) { line(name, std::to_string(value)); }

  engine_call& call;
  std::string text;
};

void server_section(page& p) {
  engine& home = p.call.home;
  const auto up = duration_cast<seconds>(p.call.now - home.started()).count();
  const auto wall = duration_cast<microseconds>(p.call.wall.time_since_epoch()).count();
  p.line("redis_version", imitated_version);
  p.line("parley_version", parley::version);
  p.line("redis_mode", "standalone");
  p.line("arch_bits", std::uint64_t{sizeof(void*) * 8});
  p.line("run_id", home.config().run_id);
  p.line("tcp_port", find_parameter("port")->value(home));
  p.line("server_time_usec", static_cast<std::uint64_t>(wall));
  p.line("uptime_in_seconds", static_cast<std::uint64_t>(up));
  p.line("uptime_in_days", static_cast<std::uint64_t>(up / 86400));
}

void clients_section(page& p) {
  engine& home = p.call.home;
  p.line("connected_clients", home.clients());
  p.line("cluster_connections", std::uint64_t{0});
  p.line("maxclients", home.config().max_clients);
  p.line("blocked_clients", home.waiting().size());
  p.line("tracking_clients", std::uint64_t{0});
}

void memory_section(page& p) {
  const keyspace_shared& shared = p.call.home.shared();
  p.line("used_memory", shared.used_bytes);
  p.line("maxmemory", shared.limits.max_bytes);
  p.line("maxmemory_policy", "noeviction");
}

void persistence_section(page& p) {
  p.line("loading", std::uint64_t{0});
  p.line("rdb_changes_since_last_save", std::uint64_t{0});
  p.line("rdb_bgsave_in_progress", std::uint64_t{0});
  p.line("rdb_last_bgsave_status", "ok");
  p.line("aof_enabled", std::uint64_t{0});
}

void stats_section(page& p) {
  engine& home = p.call.home;
  const engine_stats& stats = home.stats();
  p.line("total_connections_received", stats.connections);
  p.line("total_commands_processed", stats.commands);
  p.line("rejected_connections", stats.rejected_connections);
  p.line("expired_keys", stats.expired_keys);
  p.line("evicted_keys", std::uint64_t{0});
  p.line("pubsub_channels", home.subscriptions().channels());
  p.line("pubsub_patterns", home.subscriptions().patterns());
  p.line("total_error_replies", stats.errors);
}

void replication_section(page& p) {
  p.line("role", "master");
  p.line("connected_slaves", std::uint64_t{0});
  p.line("master_replid", p.call.home.config().run_id);
  p.line("master_repl_offset", std::uint64_t{0});
}

void cluster_section(page& p) { p.line("cluster_enabled", std::uint64_t{0}); }

void keyspace_section(page& p) {
  std::size_t number = 0;
  for (const keyspace& data : p.call.home.databases()) {
    if (data.size() > 0) {
      p.line("db" + std::to_string(number), "keys=" + std::to_string(data.size()) + ",expires=" +
                                                std::to_string(data.expiring()) + ",avg_ttl=0");
    }
    ++number;
  }
}

struct section {
  std::string_view name;
  std::string_view title;
  void (*write)(page&);
};
constexpr auto sections = std::to_array<section>({
    {"server", "Server", server_section},
    {"clients", "Clients", clients_section},
    {"memory", "Memory", memory_section},
    {"persistence", "Persistence", persistence_section},
    {"stats", "Stats", stats_section},
    {"replication", "Replication", replication_section},
    {"cluster", "Cluster", cluster_section},
    {"keyspace", "Keyspace", keyspace_section},
});

bool is_asked(std::span<const std::string_view> words, std::string_view name) {
  if (words.empty()) return true;
  return std::ranges::any_of(words, [&](std::string_view word) {
    return is_word(word, name) || is_word(word, "all") || is_word(word, "default") ||
           is_word(word, "everything");
  });
}

void info(engine_call& c) {
  page p(c);
  for (const section& s : sections) {
    if (!is_asked(c.arguments.subspan(1), s.name)) continue;
    p.heading(s.title);
    s.write(p);
  }
  c.reply.verbatim(p.text);
}

void time(engine_call& c) {
  const auto now = duration_cast<microseconds>(c.wall.time_since_epoch()).count();
  c.reply.array(2);
  c.reply.blob(std::to_string(now / 1'000'000));
  c.reply.blob(std::to_string(now % 1'000'000));
}

constexpr auto commands = std::to_array<engine_command>({
    {{"info", -1, command_flag::none, 0, 0, 0, nullptr}, info},
    {{"time", 1, command_flag::fast, 0, 0, 0, nullptr}, time},
});

}  // namespace

std::span<const engine_command> info_commands() noexcept { return commands; }

}  // namespace parley::resp
