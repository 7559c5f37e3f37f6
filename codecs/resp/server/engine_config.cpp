// CONFIG and its subcommands.
#include <algorithm>
#include <array>
#include <parley/codecs/resp/server/detail/engine_names.hpp>
#include <parley/codecs/resp/server/detail/glob.hpp>
#include <parley/codecs/resp/server/detail/parameters.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>
#include <parley/codecs/resp/server/engine.hpp>

namespace parley::resp {
namespace {

void get(engine_call& c) {
  std::vector<const parameter*> shown;
  for (const parameter& p : parameters()) {
    const bool asked = std::ranges::any_of(c.arguments.subspan(2), [&](std::string_view pattern) {
      return glob_match(small_letters(pattern), p.name);
    });
    if (asked) shown.push_back(&p);
  }
  c.reply.map(shown.size());
  for (const parameter* p : shown) {
    c.reply.blob(p->name);
    c.reply.blob(p->value(c.home));
  }
}

void refuse(engine_call& c, std::string_view name, std::string_view why) {
  c.reply.error("ERR CONFIG SET failed (possibly related to argument '" + for_error(name) +
                "') - " + std::string(why));
}

// All names are known, and none is there twice. False: the error is written.
bool check_names(engine_call& c, std::span<const std::string_view> words) {
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (find_parameter(words[i]) == nullptr) {
      c.reply.error("ERR Unknown option or number of arguments for CONFIG SET - '" +
                    for_error(words[i]) + "'");
      return false;
    }
    for (std::size_t j = 0; j < i; j += 2) {
      if (find_parameter(words[j]) != find_parameter(words[i])) continue;
      refuse(c, words[i], "duplicate parameter");
      return false;
    }
  }
  return true;
}

void set(engine_call& c) {
  const auto words = c.arguments.subspan(2);
  if (words.size() % 2 != 0) return c.reply.error("ERR syntax error");
  if (!check_names(c, words)) return;
  // All or nothing: what was changed before a fault is changed back.
  std::vector<std::string> before;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const parameter& p = *find_parameter(words[i]);
    before.push_back(p.value(c.home));
    const std::string fault = p.set(c.home, words[i + 1]);
    if (fault.empty()) continue;
    for (std::size_t j = 0; j < i; j += 2) {
      (void)find_parameter(words[j])->set(c.home, before[j / 2]);
    }
    return refuse(c, words[i], fault);
  }
  c.reply.ok();
}

void resetstat(engine_call& c) {
  c.home.counters() = {};
  c.reply.ok();
}

constexpr command_flag flags = command_flag::admin;
constexpr auto subcommands = std::to_array<engine_command>({
    {{"config|get", -3, flags, 0, 0, 0, nullptr}, get},
    {{"config|set", -4, flags, 0, 0, 0, nullptr}, set},
    {{"config|resetstat", 2, flags, 0, 0, 0, nullptr}, resetstat},
    {{"config|help", 2, command_flag::none, 0, 0, 0, nullptr}, reply_help},
});

constexpr auto commands = std::to_array<engine_command>({
    {{"config", -2, command_flag::none, 0, 0, 0, nullptr}, nullptr, subcommands},
});

}  // namespace

std::span<const engine_command> config_commands() noexcept { return commands; }

}  // namespace parley::resp
