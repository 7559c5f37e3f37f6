// What a client says about its connection: PING, ECHO, HELLO, AUTH, SELECT, RESET, QUIT.
#include <array>
#include <parley/codecs/resp/server/detail/engine_names.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>
#include <parley/codecs/resp/server/engine.hpp>

namespace parley::resp {
namespace {

constexpr command_flag any_time =
    command_flag::no_auth | command_flag::in_resp2_subscription | command_flag::fast;

void ping(engine_call& c) {
  if (c.arguments.size() > 2) {
    return c.reply.error("ERR wrong number of arguments for 'ping' command");
  }
  const bool has_text = c.arguments.size() == 2;
  // A subscribed RESP2 client takes only what looks like a message.
  if (c.from.subscriptions() > 0 && c.reply.protocol() == version::resp2) {
    c.reply.array(2);
    c.reply.blob("pong");
    return c.reply.blob(has_text ? c.arguments[1] : std::string_view());
  }
  has_text ? c.reply.blob(c.arguments[1]) : c.reply.simple("PONG");
}

void echo(engine_call& c) { c.reply.blob(c.arguments[1]); }

constexpr std::string_view wrong_password =
    "WRONGPASS invalid username-password pair or user is disabled.";

bool log_in(engine_call& c, std::string_view name, std::string_view password) {
  const server_user* const user = c.home.users().authenticate(name, password);
  if (user == nullptr) {
    c.reply.error(wrong_password);
    return false;
  }
  c.home.authenticate(c.from, *user);
  // Proven by a password, also where none would be needed.
  c.from.authenticated = true;
  c.from.machine.set_authenticated(true);
  return true;
}

void auth(engine_call& c) {
  if (c.arguments.size() > 3) return c.reply.error("ERR syntax error");
  if (c.arguments.size() == 2) {
    if (!c.home.users().standard().needs_password) {
      return c.reply.error(
          "ERR AUTH <password> called without any password configured for the default user. Are "
          "you sure your configuration is correct?");
    }
    if (log_in(c, "default", c.arguments[1])) c.reply.ok();
    return;
  }
  if (log_in(c, c.arguments[1], c.arguments[2])) c.reply.ok();
}

// What HELLO asks for, read before anything is changed.
struct hello_request {
  std::optional<version> protocol{};
  std::optional<std::pair<std::string_view, std::string_view>> login{};
  std::optional<std::string_view> name{};
};

// False: the error is written.
bool read_protocol(engine_call& c, hello_request& asked) {
  const auto number = to_integer(c.arguments[1]);
  if (!number) {
    c.reply.error("ERR Protocol version is not an integer or out of range");
    return false;
  }
  if (*number != 2 && *number != 3) {
    c.reply.error("NOPROTO unsupported protocol version");
    return false;
  }
  asked.protocol = *number == 2 ? version::resp2 : version::resp3;
  return true;
}

bool read_hello(engine_call& c, hello_request& asked) {
  const auto& words = c.arguments;
  if (words.size() < 2) return true;
  if (!read_protocol(c, asked)) return false;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::size_t more = words.size() - i - 1;
    if (is_word(words[i], "auth") && more >= 2) {
      asked.login = {words[i + 1], words[i + 2]};
      i += 2;
    } else if (is_word(words[i], "setname") && more >= 1) {
      asked.name = words[++i];
      if (!is_valid_name(*asked.name)) return refuse_name(c, "Client names");
    } else {
      c.reply.error("ERR Syntax error in HELLO option '" + for_error(words[i]) + "'");
      return false;
    }
  }
  return true;
}

void describe_server(engine_call& c) {
  // The protocol may have changed in this very command.
  reply_writer reply = c.from.machine.reply();
  reply.map(7);
  reply.blob("server");
  reply.blob("redis");
  reply.blob("version");
  reply.blob(imitated_version);
  reply.blob("proto");
  reply.integer(static_cast<std::int64_t>(reply.protocol()));
  reply.blob("id");
  reply.integer(static_cast<std::int64_t>(c.from.id));
  reply.blob("mode");
  reply.blob("standalone");
  reply.blob("role");
  reply.blob("master");
  reply.blob("modules");
  reply.array(0);
}

void hello(engine_call& c) {
  hello_request asked;
  if (!read_hello(c, asked)) return;
  if (asked.login && !log_in(c, asked.login->first, asked.login->second)) return;
  if (!c.from.authenticated) {
    return c.reply.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  }
  if (asked.name) c.from.extras().name = *asked.name;
  if (asked.protocol) c.from.machine.set_protocol(*asked.protocol);
  describe_server(c);
}

void select(engine_call& c) {
  const auto number = to_integer(c.arguments[1]);
  if (!number) return c.reply.error("ERR value is not an integer or out of range");
  if (*number > INT32_MAX || *number < INT32_MIN) {
    return c.reply.error(
        "ERR value is out of range, value must between -2147483648 and 2147483647");
  }
  if (*number < 0 || static_cast<std::uint64_t>(*number) >= c.home.databases().size()) {
    return c.reply.error("ERR DB index is out of range");
  }
  c.home.select(c.from, static_cast<std::uint32_t>(*number));
  c.reply.ok();
}

void reset(engine_call& c) {
  c.home.reset(c.from);
  c.from.machine.reply().simple("RESET");
}

void quit(engine_call& c) {
  c.reply.ok();
  c.from.machine.close();
}

constexpr auto commands = std::to_array<engine_command>({
    {{"ping", -1, command_flag::fast | command_flag::in_resp2_subscription, 0, 0, 0, nullptr},
     ping},
    {{"echo", 2, command_flag::fast, 0, 0, 0, nullptr}, echo},
    {{"hello", -1, command_flag::no_auth | command_flag::fast, 0, 0, 0, nullptr}, hello},
    {{"auth", -2, command_flag::no_auth | command_flag::fast, 0, 0, 0, nullptr}, auth},
    {{"select", 2, command_flag::fast, 0, 0, 0, nullptr}, select},
    {{"reset", 1, any_time, 0, 0, 0, nullptr}, reset},
    {{"quit", -1, any_time, 0, 0, 0, nullptr}, quit},
});

}  // namespace

bool is_valid_name(std::string_view name) noexcept {
  for (const char c : name) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

bool refuse_name(engine_call& c, std::string_view what) {
  c.reply.error("ERR " + std::string(what) +
                " cannot contain spaces, newlines or special characters.");
  return false;
}

std::span<const engine_command> connection_commands() noexcept { return commands; }

}  // namespace parley::resp
