#include <parley/codecs/resp/detail/numbers.hpp>
#include <parley/codecs/resp/tree.hpp>

namespace parley::resp {
namespace {

constexpr node nothing{};

// Nodes of the value that `nodes` begins with: up to the next node that is not
// deeper. A reply has counted them; the decoder's own nodes are walked.
std::size_t extent_of(std::span<const node> nodes) noexcept {
  const node& head = nodes.front();
  if (head.extent != 0) return head.extent;
  std::size_t n = 1;
  if (is_aggregate(head.type)) {
    while (n < nodes.size() && nodes[n].depth > head.depth) ++n;
  } else {
    while (n < nodes.size() && nodes[n - 1].has_more()) ++n;
  }
  return n;
}

}  // namespace

// ---- element

const node& element::head() const noexcept { return nodes_.empty() ? nothing : nodes_.front(); }

std::span<const node> element::children() const noexcept {
  return is_aggregate() ? nodes_.subspan(1) : std::span<const node>();
}

element::iterator element::begin() const noexcept { return iterator(children()); }
element::iterator element::end() const noexcept { return iterator(); }

// The head of a streamed aggregate says nothing: its elements are counted.
std::size_t element::size() const noexcept {
  if (!is_aggregate()) return 0;
  if (!head().is_streamed()) return head().count();
  return static_cast<std::size_t>(std::distance(begin(), end()));
}

element element::at(std::size_t index) const noexcept {
  for (const element e : *this) {
    if (index-- == 0) return e;
  }
  return {};
}

element element::find(std::string_view key) const noexcept {
  for (auto it = begin(); it != end(); ++it) {
    // Works for maps and for flat arrays, since both yield key, value, key, value.
    const element name = *it;
    // A flat array of odd length is no map: its last key has no value.
    if (++it == end()) break;
    if (is_string(name.type()) && name.text() == key) return *it;
  }
  return {};
}

element::iterator::iterator(std::span<const node> rest) noexcept : rest_(rest) { settle(); }

element::iterator& element::iterator::operator++() noexcept {
  rest_ = rest_.subspan(extent_);
  settle();
  return *this;
}

// Skips what is no element.
void element::iterator::settle() noexcept {
  while (!rest_.empty()) {
    extent_ = extent_of(rest_);
    const kind type = rest_.front().type;
    if (type != kind::attribute && type != kind::stream_end) return;
    rest_ = rest_.subspan(extent_);
  }
}

// ---- conversions

std::unexpected<parley::error> element::mismatch(std::string_view wanted) const {
  // The server's refusal is what the caller must see, not that it has the wrong
  // type.
  if (is_error()) return std::unexpected(classify(text()));
  std::string message("expected ");
  message.append(wanted).append(", got ").append(to_string(type()));
  return fail(parley::errc::bad_value, std::move(message));
}

result<> element::convert(std::int64_t& to) const {
  if (type() == kind::integer || type() == kind::boolean) {
    to = integer();
    return {};
  }
  // Redis stores numbers as strings, and RESP2 has no other form for most of them.
  const bool may_be = is_string(type()) || type() == kind::big_number;
  const auto value = may_be ? parse_integer(text()) : std::nullopt;
  if (!value) return mismatch("an integer");
  to = *value;
  return {};
}

result<> element::convert(double& to) const {
  if (type() == kind::number) {
    to = number();
    return {};
  }
  if (type() == kind::integer) {
    to = static_cast<double>(integer());
    return {};
  }
  const auto value = is_string(type()) ? parse_double(text()) : std::nullopt;
  if (!value) return mismatch("a number");
  to = *value;
  return {};
}

// RESP2 has no booleans: servers answer 1 and 0.
result<> element::convert(bool& to) const {
  const bool fits =
      type() == kind::boolean || (type() == kind::integer && (integer() == 0 || integer() == 1));
  if (!fits) return mismatch("a boolean");
  to = boolean();
  return {};
}

result<> element::convert(std::string_view& to) const {
  if (!is_string(type()) && type() != kind::big_number) return mismatch("a string");
  to = text();
  return {};
}

result<> element::convert(std::string& to) const {
  std::string_view view;
  if (auto ok = convert(view); !ok) return ok;
  to = view;
  return {};
}

// Only errors are refused, so that as<element>() has the same rule as the others.
result<> element::convert(element& to) const {
  if (is_error()) return mismatch("a value");
  to = *this;
  return {};
}

// ---- reply

reply::reply(const reply& other) : nodes_(other.nodes_), bytes_(other.bytes_) {
  // The copied nodes still look at the other reply's bytes.
  rebase(other.bytes_.data());
}

reply& reply::operator=(const reply& other) {
  if (this != &other) *this = reply(other);
  return *this;
}

// The nodes view the bytes at `old`; they have moved.
void reply::rebase(const char* old) noexcept {
  for (node& n : nodes_) {
    if (n.data != nullptr) n.data = bytes_.data() + (n.data - old);
  }
}

// ---- reply_builder

bool reply_builder::add(const node& n) {
  const bool last = n.is_last();
  if (!is_dropped(n)) keep(n);
  if (last) finish();
  return last;
}

// Attributes go with everything inside them.
bool reply_builder::is_dropped(const node& n) noexcept {
  // Everything deeper than the attribute's own node is its content.
  if (in_attribute_ && n.depth > attribute_depth_) return true;
  in_attribute_ = n.type == kind::attribute;
  attribute_depth_ = n.depth;
  return in_attribute_ || n.type == kind::stream_end;
}

void reply_builder::keep(const node& n) {
  // The parts of one string follow each other without another node in between.
  if (std::exchange(joining_, n.has_more())) {
    append(n.text());
    nodes_.back().size += n.size;
    return;
  }
  count_in_parent(n.depth);
  node copy = n;
  // Here the string is whole and the length known: what flags said is no longer so.
  copy.flags = 0;
  copy.bits = n.has_more() || is_aggregate(n.type) ? 0 : n.bits;
  copy.extent = 1;
  // The format of a verbatim string lies before its text, and stays there.
  if (n.type == kind::verbatim) append({n.data - 4, 4});
  // An offset, because the bytes move while they grow.
  offsets_.push_back(bytes_.size());
  append(n.text());
  nodes_.push_back(copy);
  if (is_aggregate(n.type)) open_.push_back(nodes_.size() - 1);
}

void reply_builder::append(std::string_view text) {
  bytes_.insert(bytes_.end(), text.begin(), text.end());
}

// A value at `depth` ends the aggregates that are as deep, and is one more
// element of the one that is left.
void reply_builder::count_in_parent(std::size_t depth) noexcept {
  while (open_.size() > depth) close();
  if (!open_.empty()) ++nodes_[open_.back()].bits;
}

void reply_builder::close() noexcept {
  node& head = nodes_[open_.back()];
  head.extent = static_cast<std::uint32_t>(nodes_.size() - open_.back());
  open_.pop_back();
}

// Only now do the bytes stay where they are.
void reply_builder::finish() noexcept {
  // The last value of a reply ends all that is open around it.
  while (!open_.empty()) close();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (is_string(nodes_[i].type) || is_error(nodes_[i].type) ||
        nodes_[i].type == kind::big_number) {
      nodes_[i].data = bytes_.data() + offsets_[i];
    }
  }
}

reply reply_builder::take() noexcept {
  reply whole;
  // Moved, not copied: the pointers of the nodes stay right, as moving a vector
  // does not move what it holds.
  whole.nodes_ = std::exchange(nodes_, {});
  whole.bytes_ = std::exchange(bytes_, {});
  clear();
  return whole;
}

void reply_builder::clear() noexcept {
  nodes_.clear();
  bytes_.clear();
  offsets_.clear();
  open_.clear();
  in_attribute_ = joining_ = false;
}

}  // namespace parley::resp
