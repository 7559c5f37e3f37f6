#include <array>
#include <charconv>
#include <limits>
#include <parley/codecs/resp/server/detail/command_support.hpp>
#include <parley/codecs/resp/server/detail/glob.hpp>
#include <string>

namespace parley::resp {

// ---- words

bool read_integer(command_context& c, std::string_view word, std::int64_t& number,
                  std::string_view error) {
  const auto read = parse_exact_integer(word);
  if (!read) {
    c.reply.error(error);
    return false;
  }
  number = *read;
  return true;
}

bool read_count(command_context& c, std::string_view word, std::int64_t& number,
                std::string_view error) {
  if (!read_integer(c, word, number, error)) return false;
  if (number < 0) c.reply.error(error);
  return number >= 0;
}

bool read_random_count(command_context& c, std::string_view word, std::int64_t& number) {
  if (!read_integer(c, word, number)) return false;
  if (number != std::numeric_limits<std::int64_t>::min()) return true;
  c.reply.error(
      "ERR value is out of range, value must between -9223372036854775807 and "
      "9223372036854775807");
  return false;
}

bool read_score(command_context& c, std::string_view word, double& number) {
  const auto read = parse_score(word);
  if (!read) {
    c.reply.error(text::no_float);
    return false;
  }
  number = *read;
  return true;
}

void wrong_arguments(command_context& c, std::string_view name) {
  reply_error(c, "ERR wrong number of arguments for '", name, "' command");
}

void wrong_expiry(command_context& c, std::string_view name) {
  reply_error(c, "ERR invalid expire time in '", name, "' command");
}

void reply_error(command_context& c, std::string_view before, std::string_view quoted,
                 std::string_view after) {
  constexpr std::size_t quoted_at_most = 128;
  std::string line(before);
  line.append(quoted.substr(0, quoted_at_most)).append(after);
  // An error is one line.
  for (char& one : line) {
    if (one == '\r' || one == '\n') one = ' ';
  }
  c.reply.error(line);
}

// ---- keys

bool find_string(command_context& c, std::string_view key, entry*& found) {
  found = c.keys.find(key, c.now);
  if (found == nullptr || found->value().type() == object_type::string) return true;
  c.reply.error(text::wrong_type);
  return false;
}

void reply_text(command_context& c, entry& found) {
  const std::string_view text = found.value().text();
  if (text.size() < object::sharing_size) return c.reply.blob(text);
  c.reply.blob(*c.keys.share(found));
}

milliseconds_at wall_offset(const command_context& c) noexcept {
  using std::chrono::nanoseconds;
  const auto difference = std::chrono::duration_cast<nanoseconds>(c.wall.time_since_epoch()) -
                          std::chrono::duration_cast<nanoseconds>(c.now.time_since_epoch());
  return std::chrono::round<std::chrono::milliseconds>(difference).count();
}

// ---- ranges and replies

range clip(std::int64_t first, std::int64_t last, std::size_t size) noexcept {
  const auto length = static_cast<std::int64_t>(size);
  if (first < 0) first += length;
  if (last < 0) last += length;
  if (first < 0) first = 0;
  if (last >= length) last = length - 1;
  if (first > last) return {};
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1)};
}

void reply_score(reply_writer& reply, double score) {
  double_text room;
  const std::string_view digits = print_score(score, room);
  if (reply.protocol() == version::resp2) return reply.blob(digits);
  std::array<char, std::tuple_size_v<double_text> + 3> line;
  line[0] = ',';
  const std::size_t size = digits.copy(line.data() + 1, digits.size());
  line[size + 1] = '\r';
  line[size + 2] = '\n';
  reply.raw({line.data(), size + 3});
}

bool scan_options::matches(std::string_view key) const noexcept {
  // A lone star fits everything here, even what is empty.
  return !match || *match == "*" || glob_match(*match, key);
}

bool read_cursor(command_context& c, std::size_t at, scan_options& options) {
  std::string_view word = c.arguments[at];
  // Read by strtoul() in Redis: a sign is allowed.
  if (word.starts_with('+')) word.remove_prefix(1);
  const char* const end = word.data() + word.size();
  const auto [stop, status] = std::from_chars(word.data(), end, options.cursor);
  if (!c.arguments[at].empty() && (stop != end || status != std::errc{})) {
    c.reply.error("ERR invalid cursor");
    return false;
  }
  return true;
}

bool read_scan_options(command_context& c, std::size_t from, bool with_type,
                       scan_options& options) {
  const auto& words = c.arguments;
  for (std::size_t i = from; i < words.size(); i += 2) {
    const bool more = i + 1 < words.size();
    if (more && is_word(words[i], "count")) {
      std::int64_t count = 0;
      if (!read_integer(c, words[i + 1], count)) return false;
      if (count < 1) {
        c.reply.error(text::syntax);
        return false;
      }
      options.count = static_cast<std::size_t>(count);
    } else if (more && is_word(words[i], "match")) {
      options.match = words[i + 1];
    } else if (more && with_type && is_word(words[i], "type")) {
      options.type = words[i + 1];
    } else {
      c.reply.error(text::syntax);
      return false;
    }
  }
  return true;
}

void reply_scan_head(command_context& c, std::size_t cursor, std::size_t elements) {
  std::array<char, 20> room;
  const char* const end = std::to_chars(room.data(), room.data() + room.size(), cursor).ptr;
  c.reply.array(2);
  c.reply.blob({room.data(), static_cast<std::size_t>(end - room.data())});
  c.reply.array(elements);
}

bool random_draw::plan(command_context& c, std::int64_t wanted, std::size_t size) {
  repeats = wanted < 0;
  count = static_cast<std::size_t>(repeats ? -wanted : wanted);
  if (!repeats) {
    count = count < size ? count : size;
  } else if (count > c.keys.shared().limits.max_random_elements) {
    c.reply.error(text::out_of_range);
    return false;
  }
  return true;
}

}  // namespace parley::resp
