// EXPIRE, TTL and their relatives. Times of the wall are turned into steady ones as they
// come in, and back as they go out.
#include <parley/codecs/resp/server/detail/command_support.hpp>
#include <parley/codecs/resp/server/detail/key_commands.hpp>

namespace parley::resp::detail {
namespace {

struct conditions {
  bool if_none = false;     // NX
  bool if_any = false;      // XX
  bool if_later = false;    // GT
  bool if_earlier = false;  // LT
};

bool read_conditions(command_context& c, conditions& to) {
  for (const std::string_view word : c.arguments.subspan(3)) {
    if (is_word(word, "nx")) {
      to.if_none = true;
    } else if (is_word(word, "xx")) {
      to.if_any = true;
    } else if (is_word(word, "gt")) {
      to.if_later = true;
    } else if (is_word(word, "lt")) {
      to.if_earlier = true;
    } else {
      reply_error(c, "ERR Unsupported option ", word, "");
      return false;
    }
  }
  if (to.if_none && (to.if_any || to.if_later || to.if_earlier)) {
    c.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (to.if_later && to.if_earlier) {
    c.reply.error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

// A key without expiry counts as one that lives for ever.
bool allow(const conditions& given, std::optional<milliseconds_at> current,
           milliseconds_at when) noexcept {
  if (given.if_none && current) return false;
  if (given.if_any && !current) return false;
  if (given.if_later && (!current || when <= *current)) return false;
  return !(given.if_earlier && current && when >= *current);
}

// How the time is given.
struct form {
  std::string_view name;
  bool seconds;
  bool absolute;
};

void set_expiry(command_context& c, const form& given) {
  conditions only;
  milliseconds_at when = 0;
  if (!read_conditions(c, only) || !read_integer(c, c.arguments[2], when)) return;
  // Negative times are allowed and mean the past; those beyond 64 bits are not.
  bool fits = !given.seconds || !__builtin_mul_overflow(when, 1000, &when);
  if (!given.absolute) fits = fits && !__builtin_add_overflow(when, wall_now(c), &when);
  if (!fits) return wrong_expiry(c, given.name);
  entry* const found = c.keys.find(c.arguments[1], c.now);
  if (found == nullptr) return c.reply.integer(0);
  auto current = c.keys.expiry(*found);
  if (current) *current += wall_offset(c);
  if (!allow(only, current, when)) return c.reply.integer(0);
  if (when <= wall_now(c)) {
    c.keys.erase(*found);
  } else {
    c.keys.set_expiry(*found, when - wall_offset(c));
  }
  c.reply.integer(1);
}

constexpr std::int64_t no_key = -2;
constexpr std::int64_t no_expiry = -1;

// Rounded to the nearest second.
std::int64_t in_unit(milliseconds_at time, bool seconds) noexcept {
  if (!seconds) return time;
  return time / 1000 + (time % 1000 >= 500 ? 1 : 0);
}

void reply_expiry(command_context& c, bool seconds, bool absolute) {
  const entry* const found = c.keys.find(c.arguments[1], c.now);
  if (found == nullptr) return c.reply.integer(no_key);
  const auto expiry = c.keys.expiry(*found);
  if (!expiry) return c.reply.integer(no_expiry);
  const milliseconds_at time =
      absolute ? *expiry + wall_offset(c) : *expiry - in_milliseconds(c.now);
  c.reply.integer(in_unit(time, seconds));
}

}  // namespace

void expire(command_context& c) { set_expiry(c, {"expire", true, false}); }
void expireat(command_context& c) { set_expiry(c, {"expireat", true, true}); }
void pexpire(command_context& c) { set_expiry(c, {"pexpire", false, false}); }
void pexpireat(command_context& c) { set_expiry(c, {"pexpireat", false, true}); }

void ttl(command_context& c) { reply_expiry(c, true, false); }
void pttl(command_context& c) { reply_expiry(c, false, false); }
void expiretime(command_context& c) { reply_expiry(c, true, true); }
void pexpiretime(command_context& c) { reply_expiry(c, false, true); }

void persist(command_context& c) {
  entry* const found = c.keys.find(c.arguments[1], c.now);
  c.reply.integer(found != nullptr && c.keys.clear_expiry(*found) ? 1 : 0);
}

}  // namespace parley::resp::detail
