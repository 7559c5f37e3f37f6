// SINTER, SUNION, SDIFF, and what stores their results.
#include <algorithm>
#include <limits>
#include <parley/codecs/resp/server/detail/command_support.hpp>
#include <parley/codecs/resp/server/detail/set_algebra.hpp>
#include <vector>

namespace parley::resp::detail {
namespace {

// In the order of the keys; null where there is none. Nothing after WRONGTYPE was
// answered.
using operands = std::vector<const set_object*>;
// Views of members, which live in the operands.
using members = std::vector<std::string_view>;

std::optional<operands> read_sets(command_context& c, std::span<const std::string_view> keys) {
  operands sets;
  // Expired keys go first: they would move the entries of the others. The objects
  // themselves stay where they are.
  for (const std::string_view key : keys) {
    held<set_object> found;
    if (!find(c, key, found)) return std::nullopt;
    sets.push_back(found.value);
  }
  return sets;
}

members intersect(operands sets, std::size_t most = std::numeric_limits<std::size_t>::max()) {
  members common;
  if (std::find(sets.begin(), sets.end(), nullptr) != sets.end()) return common;
  // The smallest one has all candidates.
  std::sort(sets.begin(), sets.end(),
            [](const auto* a, const auto* b) { return a->size() < b->size(); });
  for (const std::string& member : *sets[0]) {
    const bool everywhere = std::all_of(sets.begin() + 1, sets.end(), [&](const auto* other) {
      return other == sets[0] || other->contains(member);
    });
    if (!everywhere) continue;
    common.push_back(member);
    if (common.size() == most) break;
  }
  return common;
}

std::string_view itself(const std::string_view& member) noexcept { return member; }

members unite(const operands& sets, const hash_seed& seed) {
  dense_table<std::string_view, &itself> seen(seed);
  for (const set_object* const set : sets) {
    if (set == nullptr) continue;
    for (const std::string& member : *set) {
      seen.find_or_insert(member, [&]() -> std::string_view { return member; });
    }
  }
  return {seen.begin(), seen.end()};
}

members subtract(const operands& sets) {
  members left;
  if (sets[0] == nullptr) return left;
  for (const std::string& member : *sets[0]) {
    const bool elsewhere = std::any_of(sets.begin() + 1, sets.end(), [&](const auto* other) {
      return other != nullptr && (other == sets[0] || other->contains(member));
    });
    if (!elsewhere) left.push_back(member);
  }
  return left;
}

enum class operation : std::uint8_t { intersection, union_of, difference };

std::optional<members> compute(command_context& c, operation what, std::size_t first) {
  const auto sets = read_sets(c, c.arguments.subspan(first));
  if (!sets) return std::nullopt;
  if (what == operation::intersection) return intersect(*sets);
  if (what == operation::union_of) return unite(*sets, c.keys.shared().seed);
  return subtract(*sets);
}

void reply_result(command_context& c, operation what) {
  const auto result = compute(c, what, 1);
  if (!result) return;
  c.reply.set(result->size());
  for (const std::string_view member : *result) c.reply.blob(member);
}

void store_result(command_context& c, operation what) {
  const auto result = compute(c, what, 2);
  if (!result) return;
  const std::string_view key = c.arguments[1];
  if (result->empty()) {
    c.keys.erase(key, c.now);
  } else {
    // Complete before it is put: the destination may be one of the operands.
    auto made = std::make_unique<set_object>(c.keys.shared());
    for (const std::string_view member : *result) made->insert(member);
    c.keys.put(key, object(std::move(made)));
  }
  c.reply.integer(static_cast<std::int64_t>(result->size()));
}

}  // namespace

void sinter(command_context& c) { reply_result(c, operation::intersection); }
void sunion(command_context& c) { reply_result(c, operation::union_of); }
void sdiff(command_context& c) { reply_result(c, operation::difference); }
void sinterstore(command_context& c) { store_result(c, operation::intersection); }
void sunionstore(command_context& c) { store_result(c, operation::union_of); }
void sdiffstore(command_context& c) { store_result(c, operation::difference); }

void sintercard(command_context& c) {
  std::int64_t keys = 0;
  constexpr std::string_view no_keys = "ERR numkeys should be greater than 0";
  if (!read_count(c, c.arguments[1], keys, no_keys)) return;
  if (keys == 0) return c.reply.error(no_keys);
  if (keys > static_cast<std::int64_t>(c.arguments.size()) - 2) {
    return c.reply.error("ERR Number of keys can't be greater than number of args");
  }
  const auto count = static_cast<std::size_t>(keys);
  std::int64_t limit = 0;
  for (std::size_t i = 2 + count; i < c.arguments.size(); i += 2) {
    if (!is_word(c.arguments[i], "limit") || i + 1 == c.arguments.size()) {
      return c.reply.error(text::syntax);
    }
    if (!read_count(c, c.arguments[i + 1], limit, "ERR LIMIT can't be negative")) return;
  }
  const auto sets = read_sets(c, c.arguments.subspan(2, count));
  if (!sets) return;
  const std::size_t most =
      limit == 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(limit);
  c.reply.integer(static_cast<std::int64_t>(intersect(*sets, most).size()));
}

}  // namespace parley::resp::detail
