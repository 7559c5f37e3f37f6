// CLIENT and its subcommands.
#include <array>
#include <parley/codecs/resp/server/detail/client_filter.hpp>
#include <parley/codecs/resp/server/detail/engine_names.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>
#include <parley/codecs/resp/server/engine.hpp>

namespace parley::resp {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

void id(engine_call& c) { c.reply.integer(static_cast<std::int64_t>(c.from.id)); }

void getname(engine_call& c) {
  c.from.name().empty() ? c.reply.null() : c.reply.blob(c.from.name());
}

void setname(engine_call& c) {
  if (!is_valid_name(c.arguments[2])) return void(refuse_name(c, "Client names"));
  c.from.extras().name = c.arguments[2];
  c.reply.ok();
}

// Of Redis 7.2; clients of today send it, and some take an error for a broken server.
void setinfo(engine_call& c) {
  const std::string_view what = c.arguments[2];
  const bool is_name = is_word(what, "lib-name");
  if (!is_name && !is_word(what, "lib-ver")) {
    return c.reply.error("ERR Unrecognized option '" + for_error(what) + "'");
  }
  if (!is_valid_name(c.arguments[3])) {
    return void(refuse_name(c, is_name ? "lib-name" : "lib-ver"));
  }
  peer_extras& extras = c.from.extras();
  (is_name ? extras.lib_name : extras.lib_version) = c.arguments[3];
  c.reply.ok();
}

std::string flags_of(const peer& p) {
  std::string flags;
  if (p.subscriptions() > 0) flags += 'P';
  if (p.waiting != nullptr) flags += 'b';
  if (p.no_evict) flags += 'e';
  return flags.empty() ? "N" : flags;
}

std::string line_of(const engine_call& c, const peer& p) {
  const peer_extras* const extras = p.find_extras();
  const auto text = [](auto number) { return std::to_string(number); };
  const auto age = [&](time_point since) {
    return text(duration_cast<seconds>(c.now - since).count());
  };
  std::string line = "id=" + text(p.id) + " addr=";
  line += shown_address(p, c.home.config().address);
  line += " laddr=" + c.home.config().address + " fd=-1 name=" + std::string(p.name());
  line += " age=" + age(p.since) + " idle=" + age(p.machine.heard()) + " flags=" + flags_of(p);
  line += " db=" + text(p.database);
  line += " sub=" + text(extras != nullptr ? extras->channels.size() : 0);
  line += " psub=" + text(extras != nullptr ? extras->patterns.size() : 0);
  line += " ssub=0 multi=-1 qbuf=" + text(p.machine.unread()) + " qbuf-free=0 argv-mem=0";
  line += " multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=" + text(p.machine.buffered());
  line += " tot-mem=" + text(p.machine.held_memory()) + " events=r cmd=";
  line += p.last_command != nullptr ? p.last_command->name : std::string_view("NULL");
  line += " user=" + p.user->name + " redir=-1 resp=";
  line += p.machine.protocol() == version::resp3 ? "3" : "2";
  if (extras != nullptr && !extras->lib_name.empty()) line += " lib-name=" + extras->lib_name;
  if (extras != nullptr && !extras->lib_version.empty()) line += " lib-ver=" + extras->lib_version;
  return line + "\n";
}

void info(engine_call& c) { c.reply.verbatim(line_of(c, c.from)); }

void list(engine_call& c) {
  client_filter filter(c.home.config().address);
  if (const auto fault = filter.read_list_options(c.arguments.subspan(2)); !fault.empty()) {
    return c.reply.error(fault);
  }
  std::string lines;
  for (const peer* p = c.home.first_client(); p != nullptr; p = p->next) {
    if (filter.matches(*p)) lines += line_of(c, *p);
  }
  c.reply.verbatim(lines);
}

// Ends a client: the one who asks only behind its reply.
void end(engine_call& c, peer& p) {
  if (&p == &c.from) return p.machine.close();
  p.machine.break_off();
  p.stirred();
}

void kill(engine_call& c) {
  client_filter filter(c.home.config().address);
  const bool old_form = c.arguments.size() == 3;
  const auto words = c.arguments.subspan(2);
  const auto fault = old_form ? filter.read_address(words[0])
                              : filter.read_kill_options(words, c.home.users(), c.from);
  if (!fault.empty()) return c.reply.error(fault);
  std::int64_t killed = 0;
  bool itself = false;
  for (peer* p = c.home.first_client(); p != nullptr; p = p->next) {
    if (!p->machine.is_open() || !filter.matches(*p)) continue;
    ++killed;
    if (p == &c.from) {
      itself = true;
    } else {
      end(c, *p);
    }
  }
  if (!old_form) {
    c.reply.integer(killed);
  } else if (killed > 0) {
    c.reply.ok();
  } else {
    c.reply.error("ERR No such client");
  }
  if (itself) end(c, c.from);
}

void no_evict(engine_call& c) {
  const bool on = is_word(c.arguments[2], "on");
  if (!on && !is_word(c.arguments[2], "off")) return c.reply.error("ERR syntax error");
  c.from.no_evict = on;
  c.reply.ok();
}

void reply(engine_call& c) {
  const std::string_view mode = c.arguments[2];
  if (is_word(mode, "on")) {
    c.from.reply = reply_mode::on;
    c.reply.ok();
  } else if (is_word(mode, "off")) {
    c.from.reply = reply_mode::off;
  } else if (is_word(mode, "skip")) {
    if (c.from.reply != reply_mode::off) c.from.reply = reply_mode::skip_next;
  } else {
    c.reply.error("ERR syntax error");
  }
}

void unblock(engine_call& c) {
  const auto number = to_integer(c.arguments[2]);
  if (!number) return c.reply.error("ERR value is not an integer or out of range");
  bool with_error = false;
  if (c.arguments.size() > 4) return c.reply.error("ERR syntax error");
  if (c.arguments.size() == 4) {
    with_error = is_word(c.arguments[3], "error");
    if (!with_error && !is_word(c.arguments[3], "timeout")) {
      return c.reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
  }
  peer* p = c.home.first_client();
  while (p != nullptr && p->id != static_cast<std::uint64_t>(*number)) p = p->next;
  if (p == nullptr || p->waiting == nullptr) return c.reply.integer(0);
  reply_writer other = p->machine.reply();
  with_error ? other.error("UNBLOCKED client unblocked via CLIENT UNBLOCK") : other.null_array();
  c.home.end_waiting(*p->waiting);
  c.reply.integer(1);
}

constexpr command_flag plain = command_flag::none;
constexpr auto subcommands = std::to_array<engine_command>({
    {{"client|id", 2, plain, 0, 0, 0, nullptr}, id},
    {{"client|getname", 2, plain, 0, 0, 0, nullptr}, getname},
    {{"client|setname", 3, plain, 0, 0, 0, nullptr}, setname},
    {{"client|setinfo", 4, plain, 0, 0, 0, nullptr}, setinfo},
    {{"client|info", 2, plain, 0, 0, 0, nullptr}, info},
    {{"client|list", -2, command_flag::admin, 0, 0, 0, nullptr}, list},
    {{"client|kill", -3, command_flag::admin, 0, 0, 0, nullptr}, kill},
    {{"client|no-evict", 3, command_flag::admin, 0, 0, 0, nullptr}, no_evict},
    {{"client|reply", 3, plain, 0, 0, 0, nullptr}, reply},
    {{"client|unblock", -3, command_flag::admin, 0, 0, 0, nullptr}, unblock},
    {{"client|help", 2, plain, 0, 0, 0, nullptr}, reply_help},
});

constexpr auto commands = std::to_array<engine_command>({
    {{"client", -2, plain, 0, 0, 0, nullptr}, nullptr, subcommands},
});

}  // namespace

std::span<const engine_command> client_commands() noexcept { return commands; }

}  // namespace parley::resp
