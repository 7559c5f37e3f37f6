// SUBSCRIBE and its like, PUBLISH, PUBSUB.
#include <array>
#include <parley/codecs/resp/server/detail/engine_names.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>
#include <parley/codecs/resp/server/engine.hpp>

namespace parley::resp {
namespace {

// Confirmations are pushes, one for each name; none is a reply.
void confirm(engine_call& c, std::string_view verb, const std::string_view* name) {
  c.reply.push(3);
  c.reply.blob(verb);
  name != nullptr ? c.reply.blob(*name) : c.reply.null();
  c.reply.integer(static_cast<std::int64_t>(c.from.subscriptions()));
}

bool may_use(engine_call& c, std::span<const std::string_view> names, bool are_patterns) {
  for (const std::string_view name : names) {
    if (c.from.user->may_use_channel(name, are_patterns)) continue;
    c.reply.error(
        "NOPERM this user has no permissions to access one of the channels used as arguments");
    return false;
  }
  return true;
}

void begin(engine_call& c, subject_kind kind, std::string_view verb) {
  const auto names = c.arguments.subspan(1);
  if (!may_use(c, names, kind == subject_kind::pattern)) return;
  for (const std::string_view& name : names) {
    c.home.subscriptions().add(c.from, kind, name);
    confirm(c, verb, &name);
  }
  c.from.machine.set_subscribed(true);
}

void end_all(engine_call& c, subject_kind kind, std::string_view verb) {
  peer_extras& extras = c.from.extras();
  const subject_map& own = kind == subject_kind::channel ? extras.channels : extras.patterns;
  if (own.empty()) return confirm(c, verb, nullptr);
  while (!own.empty()) {
    // A copy: the name dies with its last listener.
    const std::string name(own.begin()->first);
    c.home.subscriptions().remove(c.from, kind, name);
    const std::string_view view = name;
    confirm(c, verb, &view);
  }
}

void end(engine_call& c, subject_kind kind, std::string_view verb) {
  if (c.arguments.size() == 1) {
    end_all(c, kind, verb);
  } else {
    for (const std::string_view& name : c.arguments.subspan(1)) {
      c.home.subscriptions().remove(c.from, kind, name);
      confirm(c, verb, &name);
    }
  }
  c.from.machine.set_subscribed(c.from.subscriptions() > 0);
}

void subscribe(engine_call& c) { begin(c, subject_kind::channel, "subscribe"); }
void psubscribe(engine_call& c) { begin(c, subject_kind::pattern, "psubscribe"); }
void unsubscribe(engine_call& c) { end(c, subject_kind::channel, "unsubscribe"); }
void punsubscribe(engine_call& c) { end(c, subject_kind::pattern, "punsubscribe"); }

void publish(engine_call& c) {
  if (!may_use(c, c.arguments.subspan(1, 1), false)) return;
  const std::size_t receivers =
      c.home.subscriptions().publish(c.arguments[1], c.arguments[2], c.now);
  c.reply.integer(static_cast<std::int64_t>(receivers));
}

void channels(engine_call& c) {
  if (c.arguments.size() > 3) {
    return c.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                         for_error(c.arguments[1]) + "'. Try PUBSUB HELP.");
  }
  const std::string_view* const pattern = c.arguments.size() == 3 ? &c.arguments[2] : nullptr;
  const auto names = c.home.subscriptions().matching(pattern);
  c.reply.array(names.size());
  for (const std::string_view name : names) c.reply.blob(name);
}

void numsub(engine_call& c) {
  const auto names = c.arguments.subspan(2);
  // A flat list in both versions of the protocol: so does Redis.
  c.reply.array(names.size() * 2);
  for (const std::string_view name : names) {
    c.reply.blob(name);
    c.reply.integer(static_cast<std::int64_t>(c.home.subscriptions().listeners(name)));
  }
}

void numpat(engine_call& c) {
  c.reply.integer(static_cast<std::int64_t>(c.home.subscriptions().patterns()));
}

constexpr command_flag subscribing = command_flag::pubsub | command_flag::in_resp2_subscription;
constexpr command_flag asking = command_flag::pubsub;

constexpr auto subcommands = std::to_array<engine_command>({
    {{"pubsub|channels", -2, asking, 0, 0, 0, nullptr}, channels},
    {{"pubsub|numsub", -2, asking, 0, 0, 0, nullptr}, numsub},
    {{"pubsub|numpat", 2, asking, 0, 0, 0, nullptr}, numpat},
    {{"pubsub|help", 2, command_flag::none, 0, 0, 0, nullptr}, reply_help},
});

constexpr auto commands = std::to_array<engine_command>({
    {{"subscribe", -2, subscribing, 0, 0, 0, nullptr}, subscribe},
    {{"psubscribe", -2, subscribing, 0, 0, 0, nullptr}, psubscribe},
    {{"unsubscribe", -1, subscribing, 0, 0, 0, nullptr}, unsubscribe},
    {{"punsubscribe", -1, subscribing, 0, 0, 0, nullptr}, punsubscribe},
    {{"publish", 3, asking | command_flag::fast, 0, 0, 0, nullptr}, publish},
    {{"pubsub", -2, command_flag::none, 0, 0, 0, nullptr}, nullptr, subcommands},
});

}  // namespace

std::span<const engine_command> pubsub_commands() noexcept { return commands; }

}  // namespace parley::resp
