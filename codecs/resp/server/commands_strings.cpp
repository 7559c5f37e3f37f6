// GET, SET and what else reads and writes whole strings or parts of them.
#include <algorithm>
#include <limits>
#include <parley/codecs/resp/server/detail/command_support.hpp>

namespace parley::resp {
namespace {

// ---- the options of SET and GETEX

struct string_options {
  bool if_missing = false;  // NX
  bool if_present = false;  // XX
  bool get = false;
  bool keep_expiry = false;  // KEEPTTL
  bool persist = false;
  bool absolute = false;  // EXAT and PXAT
  bool seconds = false;
  std::optional<std::string_view> expiry;

  bool has_time() const noexcept { return expiry || keep_expiry || persist; }
};

// One option that takes no value; false if it is none or excludes another.
bool read_flag(std::string_view word, bool of_set, string_options& to) noexcept {
  if (!of_set) {
    const bool fits = is_word(word, "persist") && !to.expiry && !to.keep_expiry;
    to.persist |= fits;
    return fits;
  }
  if (is_word(word, "nx") && !to.if_present) return to.if_missing = true;
  if (is_word(word, "xx") && !to.if_missing) return to.if_present = true;
  if (is_word(word, "get")) return to.get = true;
  if (is_word(word, "keepttl") && !to.expiry) return to.keep_expiry = true;
  return false;
}

// The same option may come twice, and then the last one counts; two different ones do not
// go together.
bool read_time(std::string_view word, std::string_view value, string_options& to) noexcept {
  const bool seconds = is_word(word, "ex") || is_word(word, "exat");
  const bool absolute = is_word(word, "exat") || is_word(word, "pxat");
  if (!seconds && !absolute && !is_word(word, "px")) return false;
  if (to.keep_expiry || to.persist) return false;
  if (to.expiry && (to.seconds != seconds || to.absolute != absolute)) return false;
  to.seconds = seconds;
  to.absolute = absolute;
  to.expiry = value;
  return true;
}

bool read_options(command_context& c, std::size_t from, bool of_set, string_options& to) {
  const auto& words = c.arguments;
  for (std::size_t i = from; i < words.size(); ++i) {
    if (read_flag(words[i], of_set, to)) continue;
    if (i + 1 < words.size() && read_time(words[i], words[i + 1], to)) {
      ++i;
      continue;
    }
    c.reply.error(text::syntax);
    return false;
  }
  return true;
}

// From the words of a command to milliseconds of the wall.
bool read_expiry(command_context& c, std::string_view name, const string_options& options,
                 milliseconds_at& when) {
  if (!read_integer(c, *options.expiry, when)) return false;
  bool fits = when > 0;
  if (options.seconds) fits = fits && !__builtin_mul_overflow(when, 1000, &when);
  if (!options.absolute) fits = fits && !__builtin_add_overflow(when, wall_now(c), &when);
  if (!fits) wrong_expiry(c, name);
  return fits;
}

// ---- writing

entry& set_text(command_context& c, std::string_view key, std::string_view text,
                bool keep_expiry = false) {
  entry& found = c.keys.set(key, text, c.now);
  if (!keep_expiry) c.keys.clear_expiry(found);
  return found;
}

void set_with_options(command_context& c, const string_options& options) {
  const std::string_view key = c.arguments[1];
  milliseconds_at when = 0;
  if (options.expiry && !read_expiry(c, "set", options, when)) return;
  if (options.get) {
    entry* old = nullptr;
    if (!find_string(c, key, old)) return;
    if (old == nullptr) {
      c.reply.null();
    } else {
      reply_text(c, *old);
    }
  }
  const bool found = (options.if_missing || options.if_present) && c.keys.contains(key, c.now);
  if ((options.if_missing && found) || (options.if_present && !found)) {
    if (!options.get) c.reply.null();
    return;
  }
  entry& made = set_text(c, key, c.arguments[2], options.keep_expiry);
  if (options.expiry) c.keys.set_expiry(made, when - wall_offset(c));
  if (!options.get) c.reply.ok();
}

void set(command_context& c) {
  if (c.arguments.size() == 3) {
    set_text(c, c.arguments[1], c.arguments[2]);
    return c.reply.ok();
  }
  string_options options;
  if (read_options(c, 3, true, options)) set_with_options(c, options);
}

void setnx(command_context& c) {
  if (c.keys.contains(c.arguments[1], c.now)) return c.reply.integer(0);
  set_text(c, c.arguments[1], c.arguments[2]);
  c.reply.integer(1);
}

void set_expiring(command_context& c, std::string_view name, bool seconds) {
  string_options options;
  options.seconds = seconds;
  options.expiry = c.arguments[2];
  milliseconds_at when = 0;
  if (!read_expiry(c, name, options, when)) return;
  c.keys.set_expiry(set_text(c, c.arguments[1], c.arguments[3]), when - wall_offset(c));
  c.reply.ok();
}
void setex(command_context& c) { set_expiring(c, "setex", true); }
void psetex(command_context& c) { set_expiring(c, "psetex", false); }

void set_many(command_context& c) {
  for (std::size_t i = 1; i < c.arguments.size(); i += 2) {
    set_text(c, c.arguments[i], c.arguments[i + 1]);
  }
}

void mset(command_context& c) {
  if (c.arguments.size() % 2 == 0) return wrong_arguments(c, "mset");
  set_many(c);
  c.reply.ok();
}

void msetnx(command_context& c) {
  if (c.arguments.size() % 2 == 0) return wrong_arguments(c, "msetnx");
  for (std::size_t i = 1; i < c.arguments.size(); i += 2) {
    if (c.keys.contains(c.arguments[i], c.now)) return c.reply.integer(0);
  }
  set_many(c);
  c.reply.integer(1);
}

// True if a string of this length is allowed.
bool check_length(command_context& c, std::size_t size, std::size_t more) {
  const std::size_t most = c.keys.shared().limits.max_string_bytes;
  if (size <= most && more <= most - size) return true;
  c.reply.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  return false;
}

void append(command_context& c) {
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  const std::string_view more = c.arguments[2];
  if (found == nullptr) {
    set_text(c, c.arguments[1], more);
    return c.reply.integer(static_cast<std::int64_t>(more.size()));
  }
  const std::size_t size = found->value().text().size();
  if (!check_length(c, size, more.size())) return;
  c.keys.edit(*found, [&](std::string& text) { text.append(more); });
  c.reply.integer(static_cast<std::int64_t>(size + more.size()));
}

void setrange(command_context& c) {
  std::int64_t offset = 0;
  if (!read_integer(c, c.arguments[2], offset)) return;
  if (offset < 0) return c.reply.error("ERR offset is out of range");
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  const std::string_view part = c.arguments[3];
  const std::size_t size = found == nullptr ? 0 : found->value().text().size();
  if (part.empty()) return c.reply.integer(static_cast<std::int64_t>(size));
  const auto from = static_cast<std::size_t>(offset);
  if (!check_length(c, from, part.size())) return;
  // The offset is only a number: unlike all other growth it was not paid for in bytes.
  const std::size_t end = from + part.size();
  if (end > size && !c.keys.shared().has_room_for(end - size)) {
    return c.reply.error(text::out_of_memory);
  }
  if (found == nullptr) found = &c.keys.set(c.arguments[1], "", c.now);
  const std::size_t now = c.keys.edit(*found, [&](std::string& text) {
    if (end > text.size()) text.resize(end);
    std::copy(part.begin(), part.end(), text.begin() + offset);
    return text.size();
  });
  c.reply.integer(static_cast<std::int64_t>(now));
}

// ---- reading

void get(command_context& c) {
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  if (found == nullptr) return c.reply.null();
  reply_text(c, *found);
}

void mget(command_context& c) {
  c.reply.array(c.arguments.size() - 1);
  for (const std::string_view key : c.arguments.subspan(1)) {
    entry* const found = c.keys.find(key, c.now);
    if (found == nullptr || found->value().type() != object_type::string) {
      c.reply.null();
    } else {
      reply_text(c, *found);
    }
  }
}

void getset(command_context& c) {
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  if (found == nullptr) {
    c.reply.null();
  } else {
    reply_text(c, *found);
  }
  set_text(c, c.arguments[1], c.arguments[2]);
}

void getdel(command_context& c) {
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  if (found == nullptr) return c.reply.null();
  reply_text(c, *found);
  c.keys.erase(*found);
}

void getex(command_context& c) {
  string_options options;
  if (!read_options(c, 2, false, options)) return;
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  if (found == nullptr) return c.reply.null();
  milliseconds_at when = 0;
  if (options.expiry && !read_expiry(c, "getex", options, when)) return;
  reply_text(c, *found);
  if (options.absolute && when <= wall_now(c)) {
    c.keys.erase(*found);
  } else if (options.expiry) {
    c.keys.set_expiry(*found, when - wall_offset(c));
  } else if (options.persist) {
    c.keys.clear_expiry(*found);
  }
}

void strlen(command_context& c) {
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  const std::size_t size = found == nullptr ? 0 : found->value().text().size();
  c.reply.integer(static_cast<std::int64_t>(size));
}

void getrange(command_context& c) {
  std::int64_t first = 0;
  std::int64_t last = 0;
  if (!read_integer(c, c.arguments[2], first) || !read_integer(c, c.arguments[3], last)) return;
  entry* found = nullptr;
  if (!find_string(c, c.arguments[1], found)) return;
  if (found == nullptr) return c.reply.blob("");
  const std::string_view text = found->value().text();
  // Unlike the ranges of lists: an end before the beginning means the first byte, if the
  // range is not the wrong way round as it stands.
  if (first < 0 && last < 0 && first > last) return c.reply.blob("");
  if (last < 0) last = std::max<std::int64_t>(last + static_cast<std::int64_t>(text.size()), 0);
  const range part = clip(first, last, text.size());
  if (part.count < object::sharing_size) return c.reply.blob(text.substr(part.first, part.count));
  const shared_bytes* const whole = c.keys.share(*found);
  c.reply.blob(whole->slice(part.first, part.count));
}

using enum command_flag;
constexpr auto table = std::to_array<data_command>({
    {"append", 3, write | fast, 1, 1, 1, growing<append>},
    {"get", 2, readonly | fast, 1, 1, 1, get},
    {"getdel", 2, write | fast, 1, 1, 1, getdel},
    {"getex", -2, write | fast, 1, 1, 1, getex},
    {"getrange", 4, readonly, 1, 1, 1, getrange},
    {"getset", 3, write | fast, 1, 1, 1, growing<getset>},
    {"mget", -2, readonly | fast, 1, -1, 1, mget},
    {"mset", -3, write, 1, -1, 2, growing<mset>},
    {"msetnx", -3, write, 1, -1, 2, growing<msetnx>},
    {"psetex", 4, write, 1, 1, 1, growing<psetex>},
    {"set", -3, write, 1, 1, 1, growing<set>},
    {"setex", 4, write, 1, 1, 1, growing<setex>},
    {"setnx", 3, write | fast, 1, 1, 1, growing<setnx>},
    {"setrange", 4, write, 1, 1, 1, growing<setrange>},
    {"strlen", 2, readonly | fast, 1, 1, 1, strlen},
    {"substr", 4, readonly, 1, 1, 1, getrange},
});

}  // namespace

std::span<const data_command> string_commands() noexcept { return table; }

}  // namespace parley::resp
