// The life of a value: made, copied, moved, changed, compared, dropped.
#include <parley/core/value/value.hpp>

#include <array>
#include <memory>
#include <parley/core/value/object.hpp>

namespace parley {
namespace {

// What look-ups that find nothing refer to. The union keeps it in read-only
// memory: a plain static would register a destructor to run at exit.
union null_room {
  constexpr null_room() noexcept : none() {}
  constexpr ~null_room() {}
  char literal;
  value none;
};
constexpr null_room nothing;

constexpr std::array<std::string_view, 9> kind_names{
    "null", "boolean", "integer", "unsigned integer", "real", "text", "bytes", "array", "object"};

}  // namespace

std::string_view to_string(value_kind kind) noexcept {
  return kind_names[static_cast<std::size_t>(kind)];
}

// The kind names the member of the union that is alive; construct_at() begins its
// life, because assigning to a member that is not alive is undefined.
value::value(text_tag, std::string_view text) : kind_(value_kind::text) {
  std::construct_at(&data_.text, text);
}

value::value(text_tag, std::string&& text) noexcept : kind_(value_kind::text) {
  std::construct_at(&data_.text, std::move(text));
}

// Bytes live in the same member as text and differ by the kind alone: the payload
// of a message is stored in one way, whatever it is taken for.
value value::from_bytes(byte_view bytes) {
  value made(text_tag{}, parley::as_text(bytes));
  made.kind_ = value_kind::bytes;
  return made;
}

value value::from_array(std::vector<value> items) noexcept {
  value made;
  std::construct_at(&made.data_.array, std::move(items));
  made.kind_ = value_kind::array;
  return made;
}

const value& value::null() noexcept { return nothing.none; }

value value::object() {
  value made;
  // Behind a pointer, so that a value stays as small as its text. The kind is set
  // last: if memory ends here, the destructor must find nothing to free.
  made.data_.object = new detail::object_rep;
  made.kind_ = value_kind::object;
  return made;
}

value value::object(std::size_t room) {
  value made = object();
  made.data_.object->members.reserve(room);
  return made;
}

value value::from_members(std::vector<member> members) {
  value made = object();
  made.data_.object->assign(std::move(members));
  return made;
}

// The constructors below stand for one with an initializer_list (value.hpp says why
// there is none). Their members are taken by value and moved from here.
template <class... M>
void value::take_members(M&... members) {
  *this = object();
  data_.object->members.reserve(sizeof...(M));
  (data_.object->set(std::move(members.name), std::move(members.val)), ...);
}

// clang-format off
value::value(m a) : value() { take_members(a); }
value::value(m a, m b) : value() { take_members(a, b); }
value::value(m a, m b, m c) : value() { take_members(a, b, c); }
value::value(m a, m b, m c, m d) : value() { take_members(a, b, c, d); }
value::value(m a, m b, m c, m d, m e) : value() { take_members(a, b, c, d, e); }
value::value(m a, m b, m c, m d, m e, m f) : value() { take_members(a, b, c, d, e, f); }
value::value(m a, m b, m c, m d, m e, m f, m g) : value() { take_members(a, b, c, d, e, f, g); }
value::value(m a, m b, m c, m d, m e, m f, m g, m h) : value() {
  take_members(a, b, c, d, e, f, g, h);
}
value::value(m a, m b, m c, m d, m e, m f, m g, m h, m i) : value() {
  take_members(a, b, c, d, e, f, g, h, i);
}
value::value(m a, m b, m c, m d, m e, m f, m g, m h, m i, m j) : value() {
  take_members(a, b, c, d, e, f, g, h, i, j);
}
value::value(m a, m b, m c, m d, m e, m f, m g, m h, m i, m j, m k) : value() {
  take_members(a, b, c, d, e, f, g, h, i, j, k);
}
value::value(m a, m b, m c, m d, m e, m f, m g, m h, m i, m j, m k, m l) : value() {
  take_members(a, b, c, d, e, f, g, h, i, j, k, l);
}
value::value(m a, m b, m c, m d, m e, m f, m g, m h, m i, m j, m k, m l, m n) : value() {
  take_members(a, b, c, d, e, f, g, h, i, j, k, l, n);
}
value::value(m a, m b, m c, m d, m e, m f, m g, m h, m i, m j, m k, m l, m n, m o) : value() {
  take_members(a, b, c, d, e, f, g, h, i, j, k, l, n, o);
}
value::value(m a, m b, m c, m d, m e, m f, m g, m h, m i, m j, m k, m l, m n, m o, m p) : value() {
  take_members(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p);
}
value::value(m a, m b, m c, m d, m e, m f, m g, m h, m i, m j, m k, m l, m n, m o, m p, m q)
    : value() {
  take_members(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q);
}
// clang-format on

// Delegation to value() first: when an allocation fails halfway, the destructor
// runs and frees what was made.
value::value(const value& other) : value() { copy_from(other); }

value& value::operator=(const value& other) {
  // By way of a copy: `other` may be a part of this value.
  if (this != &other) *this = value(other);
  return *this;
}

value& value::operator=(value&& other) noexcept {
  if (this == &other) return *this;
  if (kind_ < value_kind::text) {
    move_from(other);
    return *this;
  }
  value taken(std::move(other));  // `other` may be a part of what is dropped next
  destroy();
  move_from(taken);
  return *this;
}

// Expects that this value owns nothing: whatever it held is overwritten, not freed.
// Leaves `other` null.
void value::move_from(value& other) noexcept {
  kind_ = other.kind_;
  switch (kind_) {
    case value_kind::text:
    case value_kind::bytes:
      std::construct_at(&data_.text, std::move(other.data_.text));
      break;
    case value_kind::array:
      std::construct_at(&data_.array, std::move(other.data_.array));
      break;
    case value_kind::object:
      data_.object = std::exchange(other.data_.object, nullptr);
      break;
    default:
      // All numbers and booleans lie in the same eight bytes, and nothing is to be
      // released.
      data_.integer = other.data_.integer;
      return;
  }
  // Moved from, a string or vector has nothing to free.
  other.kind_ = value_kind::null;
}

// Frees what this value holds itself; its children are leaves by now.
void value::release() noexcept {
  switch (std::exchange(kind_, value_kind::null)) {
    case value_kind::text:
    case value_kind::bytes:
      std::destroy_at(&data_.text);
      break;
    case value_kind::array:
      std::destroy_at(&data_.array);
      break;
    case value_kind::object:
      delete data_.object;
      break;
    default:
      break;
  }
}

// For containers that are not empty only; has_children() has been asked.
value& value::child(std::size_t index) noexcept {
  return is_array() ? data_.array[index] : data_.object->members[index].val;
}

void value::pop_child() noexcept {
  if (is_array()) {
    data_.array.pop_back();
  } else {
    data_.object->members.pop_back();
  }
}

void value::destroy() noexcept { destroy_shallow(8); }

// Down to so many levels by recursion, which is faster.
void value::destroy_shallow(int levels) noexcept {
  if (!has_children()) return release();
  if (levels == 0) return destroy_deep();
  for (std::size_t i = size(); i > 0; --i) {
    if (value& each = child(i - 1); each.kind_ >= value_kind::text) {
      each.destroy_shallow(levels - 1);
    }
  }
  release();
}

// Drops a tree without recursion and without an allocation, by rotation: when the
// last child is a container, it becomes the root, and the old root takes the
// place of its first child, whose content moves to where the new root was. Each
// container is moved up once and is never a last child again before it is empty,
// so that the time is linear.
void value::destroy_deep() noexcept {
  value root;
  root.move_from(*this);
  while (root.has_children()) {
    value& last = root.child(root.size() - 1);
    if (!last.has_children()) {
      root.pop_child();
      continue;
    }
    value up;
    up.move_from(last);
    if (root.size() > 1) {
      last.move_from(up.child(0));
      up.child(0).move_from(root);
    }
    root.release();
    root.move_from(up);
  }
  root.release();
}

// Copies with a list of what is left to do in place of recursion.
void value::copy_from(const value& source) {
  struct step {
    const value* from;
    value* to;
  };
  // On the heap: how deep a tree is was decided by a peer, how large a stack is was
  // not.
  std::vector<step> left{{&source, this}};
  while (!left.empty()) {
    const auto [from, to] = left.back();
    left.pop_back();
    switch (from->kind_) {
      case value_kind::text:
      case value_kind::bytes:
        std::construct_at(&to->data_.text, from->data_.text);
        to->kind_ = from->kind_;
        break;
      case value_kind::array: {
        const std::vector<value>& items = from->data_.array;
        // At its full size from the beginning, because the list keeps addresses of
        // elements.
        *to = from_array(std::vector<value>(items.size()));
        for (std::size_t i = 0; i < items.size(); ++i) {
          left.push_back({&items[i], &to->data_.array[i]});
        }
        break;
      }
      case value_kind::object: {
        *to = object();
        const detail::object_rep& rep = *from->data_.object;
        std::vector<member>& members = to->data_.object->members;
        members.reserve(rep.members.size());  // the addresses of members must stay
        for (const member& each : rep.members) {
          left.push_back({&each.val, &members.emplace_back(each.name, value()).val});
        }
        // Positions do not change by copying, so that nothing is sorted again.
        to->data_.object->order = rep.order;
        break;
      }
      default:
        to->data_.integer = from->data_.integer;
        to->kind_ = from->kind_;
        break;
    }
  }
}

// Like copy_from() without recursion. Objects are equal whatever the order of their
// members: JSON gives that order no meaning (RFC 8259 section 1).
bool value::equal(const value& first, const value& second) {
  std::vector<std::pair<const value*, const value*>> left{{&first, &second}};
  while (!left.empty()) {
    const auto [a, b] = left.back();
    left.pop_back();
    if (a->kind_ != b->kind_ || a->size() != b->size()) return false;
    switch (a->kind_) {
      case value_kind::null:
        break;
      case value_kind::boolean:
        if (a->data_.boolean != b->data_.boolean) return false;
        break;
      case value_kind::integer:
      case value_kind::unsigned_integer:
        // The kinds are equal, so that equal bits mean equal numbers of either
        // sign.
        if (a->data_.integer != b->data_.integer) return false;
        break;
      case value_kind::real:
        // As IEEE 754 has it: a NaN differs from itself, and the zeros are equal.
        if (!(a->data_.real == b->data_.real)) return false;
        break;
      case value_kind::text:
      case value_kind::bytes:
        if (a->data_.text != b->data_.text) return false;
        break;
      case value_kind::array:
        for (std::size_t i = 0; i < a->size(); ++i) {
          left.emplace_back(&a->data_.array[i], &b->data_.array[i]);
        }
        break;
      case value_kind::object:
        for (const member& each : a->data_.object->members) {
          // Names do not repeat and the sizes are equal: to find all of one in the
          // other is enough.
          const value* other = b->find(each.name.view());
          if (!other) return false;
          left.emplace_back(&each.val, other);
        }
        break;
    }
  }
  return true;
}

std::span<const value> value::items() const noexcept {
  if (!is_array()) return {};
  return data_.array;
}

std::span<value> value::items() noexcept {
  if (!is_array()) return {};
  return data_.array;
}

std::span<const member> value::members() const noexcept {
  if (!is_object()) return {};
  return data_.object->members;
}

std::size_t value::size() const noexcept {
  if (is_array()) return data_.array.size();
  return is_object() ? data_.object->members.size() : 0;
}

const value* value::find(std::string_view name) const noexcept {
  if (!is_object()) return nullptr;
  const std::size_t at = data_.object->position(name);
  return at == detail::object_rep::npos ? nullptr : &data_.object->members[at].val;
}

value* value::find(std::string_view name) noexcept {
  return const_cast<value*>(std::as_const(*this).find(name));
}

// Never a null pointer and never an insertion: v["a"]["b"] reads untrusted messages
// of any shape.
const value& value::operator[](std::string_view name) const noexcept {
  const value* found = find(name);
  return found ? *found : nothing.none;
}

const value& value::at(std::size_t index) const noexcept {
  if (is_array() && index < data_.array.size()) return data_.array[index];
  return nothing.none;
}

value& detail::field_access::place(value& of, std::string_view name) {
  return of.data_.object->place(name);
}
value& detail::field_access::place(value& of, std::string&& name) {
  return of.data_.object->place(std::move(name));
}

// What is no object becomes an empty one, so that trees can be built from null; the
// old content is lost, as with an assignment.
value& value::set(key name, value content) & {
  if (!is_object()) *this = object();
  data_.object->set(std::move(name), std::move(content));
  return *this;
}

// Returned by value: a reference to a temporary would dangle behind the full
// expression.
value value::set(key name, value content) && {
  set(std::move(name), std::move(content));
  return std::move(*this);
}

bool value::erase(std::string_view name) { return is_object() && data_.object->erase(name); }

value& value::push(value element) & {
  if (!is_array()) *this = from_array({});
  data_.array.push_back(std::move(element));
  return *this;
}

value value::push(value element) && {
  push(std::move(element));
  return std::move(*this);
}

}  // namespace parley
