#include <algorithm>
#include <iterator>
#include <parley/codecs/resp/server/object.hpp>

namespace parley::resp {

std::string_view type_name(object_type type) noexcept {
  switch (type) {
    case object_type::string:
      return "string";
    case object_type::hash:
      return "hash";
    case object_type::list:
      return "list";
    case object_type::set:
      return "set";
    case object_type::sorted_set:
      return "zset";
  }
  return "none";
}

// ---- hashes

bool hash_object::set(std::string_view name, std::string_view value) {
  const auto [field, made] = fields_.find_or_insert(
      name, [&] { return hash_field{std::string(name), std::string(value)}; });
  if (made) {
    memory_.add(field->bytes());
    return true;
  }
  const std::size_t before = field->bytes();
  field->value.assign(value);
  memory_.replace(before, field->bytes());
  return false;
}

bool hash_object::erase(std::string_view name) {
  const std::size_t position = fields_.position_of(name);
  if (position == fields_.none) return false;
  memory_.remove(fields_.take(position).bytes());
  return true;
}

// ---- lists

void list_object::push_front(std::string_view item) {
  memory_.add(bytes(items_.emplace_front(item)));
}

void list_object::push_back(std::string_view item) {
  memory_.add(bytes(items_.emplace_back(item)));
}

std::string list_object::pop_front() {
  memory_.remove(bytes(items_.front()));
  std::string item = std::move(items_.front());
  items_.pop_front();
  return item;
}

std::string list_object::pop_back() {
  memory_.remove(bytes(items_.back()));
  std::string item = std::move(items_.back());
  items_.pop_back();
  return item;
}

void list_object::assign(std::size_t position, std::string_view item) {
  const std::size_t before = bytes(items_[position]);
  items_[position].assign(item);
  memory_.replace(before, bytes(items_[position]));
}

void list_object::insert(std::size_t position, std::string_view item) {
  const auto at = items_.begin() + static_cast<std::ptrdiff_t>(position);
  memory_.add(bytes(*items_.emplace(at, item)));
}

void list_object::erase(std::size_t position) {
  memory_.remove(bytes(items_[position]));
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(position));
}

void list_object::trim(std::size_t front, std::size_t back) {
  while (front-- != 0) (void)pop_front();
  while (back-- != 0) (void)pop_back();
}

std::size_t list_object::remove(std::string_view item, std::size_t most, bool backwards) {
  // One pass that closes the gaps at the end, whatever the number of matches.
  const auto sweep = [&](auto first, auto last) {
    std::size_t count = 0;
    const auto kept = std::remove_if(first, last, [&](const std::string& one) {
      if (count == most || one != item) return false;
      memory_.remove(bytes(one));
      ++count;
      return true;
    });
    return std::pair(count, kept);
  };
  if (!backwards) {
    const auto [count, kept] = sweep(items_.begin(), items_.end());
    items_.erase(kept, items_.end());
    return count;
  }
  const auto [count, kept] = sweep(items_.rbegin(), items_.rend());
  items_.erase(items_.begin(), kept.base());
  return count;
}

// ---- sets

bool set_object::insert(std::string_view member) {
  const auto [item, made] = members_.find_or_insert(member, [&] { return std::string(member); });
  if (made) memory_.add(bytes(*item));
  return made;
}

bool set_object::erase(std::string_view member) {
  const std::size_t position = members_.position_of(member);
  if (position == members_.none) return false;
  (void)take(position);
  return true;
}

std::string set_object::take(std::size_t position) {
  std::string member = members_.take(position);
  memory_.remove(bytes(member));
  return member;
}

// ---- objects

object::object(std::unique_ptr<hash_object> hash) noexcept : value_(std::move(hash)) {}
object::object(std::unique_ptr<list_object> list) noexcept : value_(std::move(list)) {}
object::object(std::unique_ptr<set_object> set) noexcept : value_(std::move(set)) {}
object::object(std::unique_ptr<sorted_set> sorted) noexcept : value_(std::move(sorted)) {}
object::object(object&&) noexcept = default;
object& object::operator=(object&&) noexcept = default;
object::~object() = default;

object object::copy(keyspace_shared& shared) const {
  object made;
  if (const auto* const text = std::get_if<std::string>(&value_)) {
    made.assign(*text);
  } else if (const auto* const bytes = std::get_if<shared_bytes>(&value_)) {
    made.value_ = *bytes;
  } else if (const auto* const hash = std::get_if<std::unique_ptr<hash_object>>(&value_)) {
    auto other = std::make_unique<hash_object>(shared);
    for (const hash_field& field : **hash) other->set(field.name, field.value);
    made.value_ = std::move(other);
  } else if (const auto* const list = std::get_if<std::unique_ptr<list_object>>(&value_)) {
    auto other = std::make_unique<list_object>(shared);
    for (const std::string& item : **list) other->push_back(item);
    made.value_ = std::move(other);
  } else if (const auto* const set = std::get_if<std::unique_ptr<set_object>>(&value_)) {
    auto other = std::make_unique<set_object>(shared);
    for (const std::string& member : **set) other->insert(member);
    made.value_ = std::move(other);
  } else if (const auto* const sorted = std::get_if<std::unique_ptr<sorted_set>>(&value_)) {
    auto other = std::make_unique<sorted_set>(shared);
    for (const auto* one = (*sorted)->front(); one != nullptr; one = one->next()) {
      other->set(one->member(), one->score());
    }
    made.value_ = std::move(other);
  }
  return made;
}

object_type object::type() const noexcept {
  // Both forms of a string come first.
  const std::size_t index = value_.index();
  return static_cast<object_type>(index == 0 ? 0 : index - 1);
}

std::string_view object::text() const noexcept {
  if (const auto* const text = std::get_if<std::string>(&value_)) return *text;
  if (const auto* const bytes = std::get_if<shared_bytes>(&value_)) return bytes->text();
  return {};
}

void object::assign(std::string_view text) {
  if (text.size() >= sharing_size) {
    value_ = shared_bytes::copy(as_bytes(text));
  } else if (auto* const held = std::get_if<std::string>(&value_);
             held != nullptr && held->capacity() < sharing_size) {
    held->assign(text);
  } else {
    value_ = std::string(text);
  }
}

std::string& object::edit() {
  if (auto* const held = std::get_if<std::string>(&value_)) return *held;
  return value_.emplace<std::string>(std::string(text()));
}

const shared_bytes* object::share() {
  if (const auto* const held = std::get_if<std::string>(&value_)) {
    if (held->size() < sharing_size) return nullptr;
    value_ = shared_bytes::copy(as_bytes(*held));
  }
  return std::get_if<shared_bytes>(&value_);
}

std::size_t object::bytes() const noexcept {
  if (const auto* const text = std::get_if<std::string>(&value_)) return heap_bytes(*text);
  if (const auto* const shared = std::get_if<shared_bytes>(&value_)) return shared->size() + 16;
  return 0;
}

}  // namespace parley::resp
