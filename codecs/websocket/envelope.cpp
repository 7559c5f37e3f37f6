#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <parley/codecs/websocket/envelope.hpp>
#include <parley/core/text/utf8.hpp>

namespace parley::websocket {
namespace {

constexpr std::size_t longest_name = 1024;

struct verb {
  std::string_view word;
  bool has_id;
  bool has_name;
};

// In the order of the enumeration.
constexpr auto verbs = std::to_array<verb>({{"pub", false, true},
                                            {"sub", true, true},
                                            {"unsub", true, true},
                                            {"call", true, true},
                                            {"ret", true, false},
                                            {"ok", true, false},
                                            {"err", true, true}});
static_assert(verbs.size() == static_cast<std::size_t>(envelope_kind::err) + 1);

const verb& verb_of(envelope_kind kind) noexcept { return verbs[static_cast<std::size_t>(kind)]; }

// The word up to the next space, which is taken away with it.
std::string_view take_word(std::string_view& line) noexcept {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

bool read_id(std::string_view word, std::uint64_t& id) noexcept {
  const char* const end = word.data() + word.size();
  const auto [at, status] = std::from_chars(word.data(), end, id);
  return status == std::errc{} && at == end && id > 0 && id <= max_envelope_id &&
         word.front() != '0';
}

std::byte* put(std::byte* to, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

std::string_view digits_of(std::uint64_t id, std::array<char, 20>& room) noexcept {
  const auto end = std::to_chars(room.data(), room.data() + room.size(), id).ptr;
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

}  // namespace

bool is_envelope_name(std::string_view name) noexcept {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !name.empty() && name.size() <= longest_name && std::ranges::none_of(name, is_control) &&
         text::valid_utf8(name);
}

std::optional<envelope> read_envelope(byte_view message) noexcept {
  const std::string_view all = as_text(message);
  // A line ends early, or is none: a payload is not searched.
  const std::size_t end = all.substr(0, longest_name + 64).find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = all.substr(0, end);
  const std::string_view word = take_word(line);
  const auto found = std::ranges::find(verbs, word, &verb::word);
  if (found == verbs.end()) return std::nullopt;
  envelope e{.kind = static_cast<envelope_kind>(found - verbs.begin()),
             .payload = message.subspan(end + 1)};
  if (found->has_id && !read_id(take_word(line), e.id)) return std::nullopt;
  if (found->has_name ? !is_envelope_name(line) : !line.empty()) return std::nullopt;
  e.name = line;
  return e;
}

std::size_t envelope_line_size(const envelope& e) noexcept {
  const verb& v = verb_of(e.kind);
  std::array<char, 20> room{};
  return v.word.size() + (v.has_id ? 1 + digits_of(e.id, room).size() : 0) +
         (v.has_name ? 1 + e.name.size() : 0) + 1;
}

std::byte* put_envelope_line(std::byte* to, const envelope& e) noexcept {
  const verb& v = verb_of(e.kind);
  std::array<char, 20> room{};
  to = put(to, v.word);
  if (v.has_id) to = put(put(to, " "), digits_of(e.id, room));
  if (v.has_name) to = put(put(to, " "), e.name);
  return put(to, "\n");
}

}  // namespace parley::websocket
