#include <algorithm>
#include <parley/adapters/files/web/detail/transfer.hpp>
#include <parley/core/buffer/shared_bytes.hpp>
#include <span>
#include <utility>

namespace parley::files::detail {

void transfer::begin(const rest_reply& head, std::vector<body_part> parts) {
  parts_ = std::move(parts);
  std::uint64_t length = 0;
  for (const body_part& part : parts_) length += part.text.size() + part.size;
  if (auto ok = to_.begin(head, length); !ok) return to_.reply(ok.error());
  if (to_.request().verb() == http::method::head) return (void)to_.finish();
  go_on();
}

// One piece, and the next once the client has room for it: others have their turn in between.
void transfer::go_on() {
  // Whoever went away is told nothing.
  if (!write_piece()) return to_.abandon();
  if (at_ == parts_.size()) return (void)to_.finish();
  to_.ready().then([self = shared_from_this()](result<void> r) {
    if (r) self->go_on();
  });
}

// Small stretches go together. False: what was promised is not there.
bool transfer::write_piece() {
  for (std::size_t room = piece_size; room > 0 && at_ < parts_.size();) {
    body_part& part = parts_[at_];
    if (!part.text.empty()) {
      if (!to_.write(as_bytes(part.text))) return false;
      part.text.clear();
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(part.size, room));
    if (size > 0) {
      std::span<std::byte> storage;
      shared_bytes piece = shared_bytes::allocate(size, storage);
      // The file may have become shorter: then its size no longer tells where the answer ends.
      if (from_.read(part.offset, storage) < size) return false;
      if (!is_unchanged() || !to_.write(std::move(piece))) return false;
    }
    part.offset += size;
    part.size -= size;
    room -= size;
    if (part.size == 0) ++at_;
  }
  return true;
}

bool transfer::is_unchanged() const noexcept {
  const file_facts now = from_.look();
  if (may_grow_ && now.size > facts_.size) return true;
  return now.size == facts_.size && now.modified == facts_.modified;
}

}  // namespace parley::files::detail
