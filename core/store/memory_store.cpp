#include <parley/core/store/memory_store.hpp>
#include <utility>

namespace parley {

std::size_t memory_store::cost(const index::record_node& r) noexcept {
  return r.home->key.size() + r.key.size() + r.payload.bytes.size() + record_overhead;
}

result<void> memory_store::put(byte_view space, byte_view key, buffer_list value) {
  const std::size_t size = total_size(value);
  if (auto ok = check_record(bounds_, space, key, size); !ok) return ok;
  index::record_node* old = records_.find(as_text(space), as_text(key));
  const std::size_t rest = bytes_ - (old == nullptr ? 0 : cost(*old));
  const std::size_t added = space.size() + key.size() + size + record_overhead;
  if (rest > bounds_.max_bytes || added > bounds_.max_bytes - rest) {
    return fail(store_errc::full, "max_bytes is " + std::to_string(bounds_.max_bytes));
  }

  incoming_.bytes.clear();
  incoming_.bytes.reserve(size);
  for (const const_buffer& piece : value) {
    incoming_.bytes.append(static_cast<const char*>(piece.data), piece.size);
  }
  if (old != nullptr) {
    old->payload = std::move(incoming_);
  } else {
    records_.add(as_text(space), as_text(key), std::move(incoming_));
  }
  incoming_.reset();
  bytes_ = rest + added;
  ++staged_;
  return {};
}

result<void> memory_store::erase(byte_view space, byte_view key) {
  index::record_node* found = records_.find(as_text(space), as_text(key));
  if (found == nullptr) return {};
  bytes_ -= cost(*found);
  records_.erase(*found);
  ++staged_;
  return {};
}

result<void> memory_store::erase_space(byte_view space) {
  index::space_node* found = records_.find_space(as_text(space));
  if (found == nullptr) return {};
  for (const auto* each = found->records.first; each != nullptr; each = each->after) {
    bytes_ -= cost(*each);
  }
  records_.erase_space(*found);
  ++staged_;
  return {};
}

result<void> memory_store::sync() {
  durable_ = staged_;
  return {};
}

bool memory_store::show(const index::space_node& home, record_visitor& to) {
  for (const auto* each = home.records.first; each != nullptr; each = each->after) {
    const stored_record shown{as_bytes(home.key), as_bytes(each->key),
                              as_bytes(each->payload.bytes)};
    if (!to.visit(shown)) return false;
  }
  return true;
}

result<void> memory_store::load(byte_view space, record_visitor& to) {
  const index::space_node* home = records_.find_space(as_text(space));
  if (home != nullptr) show(*home, to);
  return {};
}

result<void> memory_store::load_all(record_visitor& to) {
  for (const auto* each = records_.first_space(); each != nullptr; each = each->after) {
    if (!show(*each, to)) break;
  }
  return {};
}

}  // namespace parley
