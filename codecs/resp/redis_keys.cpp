// Keys and values of redis_provider. What takes several commands is a task; each
// step ends by itself when the provider does.
#include <array>
#include <parley/codecs/json/payload.hpp>
#include <parley/codecs/resp/detail/redis_core.hpp>
#include <parley/codecs/resp/detail/redis_value.hpp>
#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/core/async/task.hpp>
#include <unordered_set>

namespace parley {
namespace {

using detail::redis_core;
using detail::redis_core_ref;

template <class T>
result<T> converted(resp::element reply) {
  return reply.as<T>();
}

// A command of words that are ready, with the provider's timeout.
template <class T, class Convert, class... W>
// Views are enough: the command is encoded before this returns.
operation<T> send(redis_core& core, Convert convert, std::string_view verb, const W&... words) {
  const std::array<std::string_view, sizeof...(W) + 1> all{verb, words...};
  return core.command<T>(verb, all, core.config().command_timeout, convert);
}

std::string digits(std::int64_t number) { return std::to_string(number); }

result<bool> is_one(resp::element reply) {
  auto n = reply.as<std::int64_t>();
  if (!n) return std::unexpected(std::move(n.error()));
  return *n == 1;
}

// SET answers OK, or null if its condition did not hold.
result<bool> was_set(resp::element reply) { return !reply.is_null(); }

// One command with its options, not SET and PEXPIRE: a break between two would leave a
// key that never goes.
operation<bool> set_text(redis_core& core, std::string_view key, std::string_view text,
                         set_options options) {
  const duration timeout = core.config().command_timeout;
  // Mostly what was left of a life that is over: never a key that stays for ever.
  if (options.ttl.count() < 0) {
    return detail::ended<bool>(core, fail(errc::invalid_argument, "ttl is negative"));
  }
  const bool plain = options.ttl.count() == 0 && !options.keep_ttl &&
                     options.condition == set_options::when::always;
  if (plain) {
    const std::array<std::string_view, 3> words{"SET", key, text};
    return core.command<bool>("SET", words, timeout, was_set);
  }
  std::array<std::string_view, 7> words{"SET", key, text};
  std::size_t n = 3;
  const std::string life = digits(options.ttl.count());
  // The server refuses PX together with KEEPTTL: a new life wins.
  if (options.ttl.count() > 0) {
    words[n++] = "PX";
    words[n++] = life;
  } else if (options.keep_ttl) {
    words[n++] = "KEEPTTL";
  }
  if (options.condition == set_options::when::absent) words[n++] = "NX";
  if (options.condition == set_options::when::present) words[n++] = "XX";
  return core.command<bool>("SET", std::span(words).first(n), timeout, was_set);
}

}  // namespace

operation<value> redis_provider::get(std::string_view key) {
  const bool decode = config().decode_responses;
  const auto convert = [decode](resp::element reply) -> result<value> {
    return detail::to_value(reply, decode);
  };
  return send<value>(*core_, convert, "GET", key);
}

operation<bool> redis_provider::set(std::string_view key, const value& content,
                                    set_options options) {
  // Text and bytes need no writer, and most values are one of them.
  if (content.is_text()) return set_text(*core_, key, content.text(), options);
  if (content.is_bytes()) return set_text(*core_, key, as_text(content.bytes()), options);
  // A value that cannot be written is the caller's fault, and does not reach the
  // server.
  auto payload = json::payload::of(content);
  if (!payload) {
    return detail::ended<bool>(*core_, std::unexpected(std::move(payload.error())));
  }
  return set_text(*core_, key, payload->text(), options);
}

operation<std::int64_t> redis_provider::del(std::string_view key) {
  return send<std::int64_t>(*core_, converted<std::int64_t>, "DEL", key);
}

operation<bool> redis_provider::exists(std::string_view key) {
  return send<bool>(*core_, is_one, "EXISTS", key);
}

operation<bool> redis_provider::expire(std::string_view key, std::chrono::milliseconds life) {
  return send<bool>(*core_, is_one, "PEXPIRE", key, digits(life.count()));
}

operation<std::optional<std::chrono::milliseconds>> redis_provider::ttl(std::string_view key) {
  using answer = std::optional<std::chrono::milliseconds>;
  const auto convert = [](resp::element reply) -> result<answer> {
    auto left = reply.as<std::int64_t>();
    if (!left) return std::unexpected(std::move(left.error()));
    // -1: no end is set; -2: no such key. Neither has a time that is left.
    if (*left < 0) return answer();
    return answer(std::chrono::milliseconds(*left));
  };
  return send<answer>(*core_, convert, "PTTL", key);
}

operation<std::string> redis_provider::type(std::string_view key) {
  return send<std::string>(*core_, converted<std::string>, "TYPE", key);
}

operation<duration> redis_provider::health_check() {
  loop& clock = home();
  const auto convert = [&clock, began = clock.now()](resp::element) -> result<duration> {
    return clock.now() - began;
  };
  return send<duration>(*core_, convert, "PING");
}

// --- several steps -------------------------------------------------------------------

namespace {

// What reads a type, and how its reply becomes a value.
using reader = value (*)(resp::element, bool);

// Arguments of a task are owned copies: its frame outlives the call that began it.
task<result<value>> read_as(redis_core_ref core, reader read, std::vector<std::string> arguments) {
  const std::vector<std::string_view> words(arguments.begin(), arguments.end());
  const bool decode = core->config().decode_responses;
  const auto convert = [read, decode](resp::element e) -> result<value> { return read(e, decode); };
  // The metric is named after what the user called, not after each command inside.
  auto op = core->command<value>("get_any", words, core->config().command_timeout, convert);
  auto got = co_await std::move(op);
  co_return got;
}

// Two commands, so that the key may change in between; the second then answers
// WRONGTYPE, which the caller sees.
task<result<value>> read_any(redis_core_ref core, std::string key) {
  auto asked = send<std::string>(*core, converted<std::string>, "TYPE", key);
  auto type = co_await std::move(asked);
  if (!type) co_return std::unexpected(std::move(type.error()));
  reader read = detail::to_value;
  std::vector<std::string> words;
  if (*type == "none") co_return value();
  if (*type == "string") {
    words = {"GET", key};
  } else if (*type == "list") {
    words = {"LRANGE", key, "0", "-1"};
  } else if (*type == "set") {
    words = {"SMEMBERS", key};
  } else if (*type == "hash") {
    words = {"HGETALL", key};
    read = detail::to_object;
  } else if (*type == "zset") {
    words = {"ZRANGE", key, "0", "-1", "WITHSCORES"};
    read = detail::to_scored;
  } else if (*type == "stream") {
    words = {"XRANGE", key, "-", "+"};
  } else {
    co_return fail(errc::not_supported, "a value of type " + *type);
  }
  auto next = read_as(core, read, std::move(words));
  auto got = co_await std::move(next);
  co_return got;
}

task<result<std::int64_t>> read_length(redis_core_ref core, std::string key) {
  auto asked = send<std::string>(*core, converted<std::string>, "TYPE", key);
  auto type = co_await std::move(asked);
  if (!type) co_return std::unexpected(std::move(type.error()));
  std::string_view verb;
  // A missing key is empty, as the server's own commands for lengths have it.
  if (*type == "none") co_return 0;
  if (*type == "string") verb = "STRLEN";
  if (*type == "list") verb = "LLEN";
  if (*type == "set") verb = "SCARD";
  if (*type == "hash") verb = "HLEN";
  if (*type == "zset") verb = "ZCARD";
  if (*type == "stream") verb = "XLEN";
  if (verb.empty()) co_return fail(errc::not_supported, "the length of a " + *type);
  auto op = send<std::int64_t>(*core, converted<std::int64_t>, verb, key);
  auto got = co_await std::move(op);
  co_return got;
}

struct scan_page {
  std::string cursor;
  std::vector<std::string> keys;
};

result<scan_page> to_page(resp::element reply) {
  scan_page page;
  // Text, not a number: the server's cursor has 64 bits without sign.
  page.cursor = reply.at(0).text();
  auto keys = reply.at(1).as<std::vector<std::string>>();
  if (!keys) return std::unexpected(std::move(keys.error()));
  page.keys = *std::move(keys);
  return page;
}

// SCAN may return a key more than once, and pages may be empty: only the cursor
// "0" ends it.
task<result<std::vector<std::string>>> scan(redis_core_ref core, std::string pattern,
                                            std::size_t most) {
  std::unordered_set<std::string> seen;
  std::string cursor = "0";
  do {
    // Not KEYS, which blocks the server for everybody until it has seen all keys.
    auto op = send<scan_page>(*core, to_page, "SCAN", cursor, "MATCH", pattern, "COUNT", "1000");
    auto page = co_await std::move(op);
    if (!page) co_return std::unexpected(std::move(page.error()));
    cursor = std::move(page->cursor);
    for (auto& key : page->keys) seen.insert(std::move(key));
    // An error and not the first `most`: a part would look like all of them.
    if (seen.size() > most) {
      co_return fail(errc::too_large, "more than " + std::to_string(most) + " keys");
    }
  } while (cursor != "0");
  std::vector<std::string> all(seen.begin(), seen.end());
  co_return all;
}

}  // namespace

namespace {

// What a callback throws goes to the provider's observer, as for single commands.
template <class T>
operation<T> with_faults(redis_core& core, operation<T> op) {
  op.state()->set_fault_sink(&core);
  return op;
}

}  // namespace

operation<value> redis_provider::get_any(std::string_view key) {
  return with_faults(*core_, spawn(home(), read_any(redis_core_ref(*core_), std::string(key))));
}

operation<std::int64_t> redis_provider::length(std::string_view key) {
  return with_faults(*core_, spawn(home(), read_length(redis_core_ref(*core_), std::string(key))));
}

operation<std::vector<std::string>> redis_provider::keys(std::string_view pattern,
                                                         std::size_t most) {
  return with_faults(*core_,
                     spawn(home(), scan(redis_core_ref(*core_), std::string(pattern), most)));
}

}  // namespace parley
