// COMMAND and its subcommands: what this server can do.
#include <algorithm>
#include <array>
#include <parley/codecs/resp/server/detail/engine_names.hpp>
#include <parley/codecs/resp/server/detail/glob.hpp>
#include <parley/codecs/resp/server/detail/key_positions.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>
#include <parley/codecs/resp/server/engine.hpp>

namespace parley::resp {
namespace {

struct flag_name {
  command_flag flag;
  std::string_view name;
};
constexpr auto flag_names = std::to_array<flag_name>({
    {command_flag::write, "write"},
    {command_flag::readonly, "readonly"},
    {command_flag::admin, "admin"},
    {command_flag::pubsub, "pubsub"},
    {command_flag::no_auth, "no_auth"},
    {command_flag::blocking, "blocking"},
    {command_flag::fast, "fast"},
});
constexpr auto category_names = std::to_array<flag_name>({
    {command_flag::write, "@write"},
    {command_flag::readonly, "@read"},
    {command_flag::admin, "@admin"},
    {command_flag::pubsub, "@pubsub"},
    {command_flag::blocking, "@blocking"},
});

template <std::size_t N>
std::size_t count_flags(command_flag flags, const std::array<flag_name, N>& names) {
  return static_cast<std::size_t>(
      std::ranges::count_if(names, [&](const flag_name& n) { return has(flags, n.flag); }));
}

void describe(reply_writer& reply, const data_command& about,
              std::span<const engine_command> subcommands) {
  reply.array(10);
  reply.blob(about.name);
  reply.integer(about.arity);
  reply.set(count_flags(about.flags, flag_names));
  for (const flag_name& n : flag_names) {
    if (has(about.flags, n.flag)) reply.simple(n.name);
  }
  reply.integer(about.first_key);
  reply.integer(about.last_key);
  reply.integer(about.key_step);
  reply.set(count_flags(about.flags, category_names) + 1);
  for (const flag_name& n : category_names) {
    if (has(about.flags, n.flag)) reply.simple(n.name);
  }
  reply.simple(has(about.flags, command_flag::fast) ? "@fast" : "@slow");
  // No tips, and no key specifications besides the positions above.
  reply.set(0);
  reply.set(0);
  reply.array(subcommands.size());
  for (const engine_command& sub : subcommands) describe(reply, sub.about, {});
}

void describe(reply_writer& reply, const indexed_command& one) {
  describe(reply, *one.about,
           one.own != nullptr ? one.own->subcommands : std::span<const engine_command>());
}

void all(engine_call& c) {
  const auto& commands = c.home.commands().all();
  c.reply.array(commands.size());
  for (const indexed_command& one : commands) describe(c.reply, one);
}

void count(engine_call& c) {
  c.reply.integer(static_cast<std::int64_t>(c.home.commands().all().size()));
}

void info(engine_call& c) {
  const auto names = c.arguments.subspan(2);
  if (names.empty()) return all(c);
  c.reply.array(names.size());
  for (const std::string_view name : names) {
    const indexed_command* const found = c.home.commands().find(name);
    found != nullptr ? describe(c.reply, *found) : c.reply.null();
  }
}

void document(reply_writer& reply, const indexed_command& one) {
  reply.blob(one.about->name);
  reply.map(3);
  reply.blob("summary");
  reply.blob("See https://redis.io/commands/" + std::string(one.about->name));
  reply.blob("since");
  reply.blob("1.0.0");
  reply.blob("group");
  reply.blob(one.group);
}

void docs(engine_call& c) {
  std::vector<const indexed_command*> found;
  const auto names = c.arguments.subspan(2);
  for (const std::string_view name : names) {
    // What is unknown is left out.
    if (const auto* one = c.home.commands().find(name)) found.push_back(one);
  }
  if (names.empty()) {
    for (const indexed_command& one : c.home.commands().all()) found.push_back(&one);
  }
  c.reply.map(found.size());
  for (const indexed_command* one : found) document(c.reply, *one);
}

void list(engine_call& c) {
  const auto words = c.arguments.subspan(2);
  std::string pattern = "*";
  if (!words.empty()) {
    const bool filters = words.size() == 3 && is_word(words[0], "filterby");
    if (!filters) return c.reply.error("ERR syntax error");
    // There are no modules, and no user-defined categories.
    if (!is_word(words[1], "pattern")) return c.reply.array(0);
    pattern = small_letters(words[2]);
  }
  std::vector<std::string_view> names;
  for (const indexed_command& one : c.home.commands().all()) {
    if (glob_match(pattern, one.about->name)) names.push_back(one.about->name);
  }
  c.reply.array(names.size());
  for (const std::string_view name : names) c.reply.blob(name);
}

void getkeys(engine_call& c) {
  const auto words = c.arguments.subspan(2);
  const indexed_command* const found = c.home.commands().find(words[0]);
  if (found == nullptr) return c.reply.error("ERR Invalid command specified");
  const data_command& about = *found->about;
  const auto size = static_cast<std::int64_t>(words.size());
  if (about.first_key == 0) return c.reply.error("ERR The command has no key arguments");
  if (about.arity > 0 ? size != about.arity : size < -about.arity) {
    return c.reply.error("ERR Invalid number of arguments specified for command");
  }
  const key_positions keys(about, words);
  c.reply.array(keys.size());
  for (const std::string_view key : keys) c.reply.blob(key);
}

constexpr command_flag none = command_flag::none;
constexpr auto subcommands = std::to_array<engine_command>({
    {{"command|count", 2, none, 0, 0, 0, nullptr}, count},
    {{"command|info", -2, none, 0, 0, 0, nullptr}, info},
    {{"command|docs", -2, none, 0, 0, 0, nullptr}, docs},
    {{"command|list", -2, none, 0, 0, 0, nullptr}, list},
    {{"command|getkeys", -4, none, 0, 0, 0, nullptr}, getkeys},
    {{"command|help", 2, none, 0, 0, 0, nullptr}, reply_help},
});

constexpr auto commands = std::to_array<engine_command>({
    {{"command", -1, none, 0, 0, 0, nullptr}, all, subcommands},
});

}  // namespace

std::span<const engine_command> command_commands() noexcept { return commands; }

void reply_help(engine_call& c) {
  const engine_command& own = *c.home.commands().find(c.arguments[0])->own;
  const std::string name(own.about.name);
  c.reply.array(own.subcommands.size() * 2 + 1);
  c.reply.simple(capital_letters(name) +
                 " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const engine_command& each : own.subcommands) {
    const std::string_view word = each.about.name.substr(name.size() + 1);
    const std::string text =
        word == "help" ? "Prints this help."
                       : "See https://redis.io/commands/" + name + "-" + std::string(word);
    c.reply.simple(capital_letters(word));
    c.reply.simple("    " + text);
  }
}

}  // namespace parley::resp
