// OBJECT. Our objects have other encodings than those of Redis: what ENCODING answers is
// what Redis would have chosen for the same content, because programs and tests look at
// it.
#include <algorithm>
#include <parley/codecs/resp/server/detail/command_support.hpp>
#include <parley/codecs/resp/server/detail/key_commands.hpp>

namespace parley::resp::detail {
namespace {

// The limits of a Redis without configuration.
constexpr std::size_t embedded_string = 44;
constexpr std::size_t listpack_entries = 128;
constexpr std::size_t listpack_bytes = 64;
constexpr std::size_t intset_entries = 512;

std::string_view string_encoding(std::string_view text) noexcept {
  if (parse_exact_integer(text)) return "int";
  return text.size() <= embedded_string ? "embstr" : "raw";
}

std::string_view hash_encoding(const hash_object& hash) noexcept {
  const bool small =
      hash.size() <= listpack_entries &&
      std::all_of(hash.begin(), hash.end(), [](const hash_field& field) {
        return field.name.size() <= listpack_bytes && field.value.size() <= listpack_bytes;
      });
  return small ? "listpack" : "hashtable";
}

std::string_view set_encoding(const set_object& set) noexcept {
  const bool integers = set.size() <= intset_entries &&
                        std::all_of(set.begin(), set.end(), [](const std::string& member) {
                          return parse_exact_integer(member).has_value();
                        });
  return integers ? "intset" : "hashtable";
}

std::string_view sorted_encoding(const sorted_set& sorted) noexcept {
  bool small = sorted.size() <= listpack_entries;
  for (const auto* one = sorted.front(); small && one != nullptr; one = one->next()) {
    small = one->member().size() <= listpack_bytes;
  }
  return small ? "listpack" : "skiplist";
}

std::string_view encoding(object& value) noexcept {
  if (const auto* const hash = value.as<hash_object>()) return hash_encoding(*hash);
  if (const auto* const set = value.as<set_object>()) return set_encoding(*set);
  if (const auto* const sorted = value.as<sorted_set>()) return sorted_encoding(*sorted);
  if (value.type() == object_type::list) return "quicklist";
  return string_encoding(value.text());
}

void reply_encoding(command_context& c, object& value) { c.reply.blob(encoding(value)); }
void reply_references(command_context& c, object&) { c.reply.integer(1); }
// When keys are used is not noted down: nothing is ever evicted.
void reply_idle_time(command_context& c, object&) { c.reply.integer(0); }
void reply_frequency(command_context& c, object&) {
  c.reply.error(
      "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
      "that when switching between policies at runtime LRU and LFU data will take some time to "
      "adjust.");
}

constexpr auto help = std::to_array<std::string_view>({
    "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "ENCODING <key>",
    "    Return the kind of internal representation used in order to store the value",
    "    associated with a <key>.",
    "FREQ <key>",
    "    Return the access frequency index of the <key>. The returned integer is",
    "    proportional to the logarithm of the recent access frequency of the key.",
    "IDLETIME <key>",
    "    Return the idle time of the <key>, that is the approximated number of",
    "    seconds elapsed since the last access to the key.",
    "REFCOUNT <key>",
    "    Return the number of references of the value associated with the specified",
    "    <key>.",
    "HELP",
    "    Prints this help.",
});

struct subcommand {
  std::string_view name;
  std::string_view full_name;
  void (*run)(command_context&, object&);
};
constexpr auto subcommands = std::to_array<subcommand>({
    {"encoding", "object|encoding", reply_encoding},
    {"freq", "object|freq", reply_frequency},
    {"idletime", "object|idletime", reply_idle_time},
    {"refcount", "object|refcount", reply_references},
});

void reply_help(command_context& c) {
  if (c.arguments.size() != 2) return wrong_arguments(c, "object|help");
  c.reply.array(help.size());
  for (const std::string_view line : help) c.reply.simple(line);
}

}  // namespace

void object_command(command_context& c) {
  const std::string_view word = c.arguments[1];
  if (is_word(word, "help")) return reply_help(c);
  for (const subcommand& one : subcommands) {
    if (!is_word(word, one.name)) continue;
    if (c.arguments.size() != 3) return wrong_arguments(c, one.full_name);
    entry* const found = c.keys.find(c.arguments[2], c.now);
    if (found == nullptr) return c.reply.null();
    return one.run(c, found->value());
  }
  reply_error(c, "ERR unknown subcommand '", word, "'. Try OBJECT HELP.");
}

}  // namespace parley::resp::detail
