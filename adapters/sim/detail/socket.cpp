#include <algorithm>
#include <cstring>
#include <parley/adapters/sim/detail/socket.hpp>
#include <parley/adapters/sim/detail/wire.hpp>
#include <parley/adapters/sim/world.hpp>
#include <utility>

namespace parley::sim::detail {

// --- listening ------------------------------------------------------------------

listening::listening(host& h, const address& at, acceptor& a, bool shared)
    : host_(h), at_(at), acceptor_(a), shared_(shared) {
  h.attach();
  h.listeners_.push_back(this);
}

listening::~listening() {
  std::erase(host_.listeners_, this);
  host_.detach();
}

// The wildcard of IPv6 takes both families, as Linux does by default.
bool listening::matches(const address& to) const {
  if (at_ == to) return true;
  if (at_.is_local() || to.is_local() || at_.port() != to.port()) return false;
  const bool wildcard = std::ranges::all_of(at_.ip(), [](auto b) { return b == 0; });
  return wildcard && (at_.family() == address_family::ipv6 || at_.family() == to.family());
}

// --- socket -----------------------------------------------------------------------

socket::socket(host& h, driver& d, std::shared_ptr<wire> w)
    : connection(h, d), host_(h), wire_(std::move(w)), side_(0) {
  h.sockets_.push_back(this);
}

socket::socket(host& h, const address& listener, std::shared_ptr<wire> w)
    : connection(h), host_(h), wire_(std::move(w)), side_(1), accept_at_(listener) {
  h.sockets_.push_back(this);
  mark();
}

socket::~socket() { std::erase(host_.sockets_, this); }

void socket::mark() {
  if (std::exchange(marked_, true)) return;
  host_.report(*this);
}

void socket::connected() {
  connected_due_ = true;
  mark();
}

void socket::arrived(byte_view bytes) {
  if (read_ == inbox_.size()) {
    inbox_.clear();
    read_ = 0;
  }
  inbox_.insert(inbox_.end(), bytes.begin(), bytes.end());
  mark();
}

void socket::arrived_end() {
  end_arrived_ = true;
  mark();
}

void socket::broken(error why) {
  if (broken_) return;
  broken_.emplace(std::move(why));
  mark();
}

void socket::lost(crash_kind how) {
  if (wire_ && how == crash_kind::process) wire_->close(side_, true);
  if (wire_ && how == crash_kind::power) wire_->vanish(side_);
  wire_.reset();
  inbox_.clear();
  read_ = 0;
  pending_.clear();
  connected_due_ = false;
  end_arrived_ = false;
  broken_.emplace(errc::reset, "the host itself went down: " + host_.name());
  mark();
}

// After each call of the driver the connection may be closing; the calls that
// follow are then ignored by it.
void socket::report() {
  marked_ = false;
  if (release_due_) return on_released();
  if (accept_at_) accept();
  if (std::exchange(connected_due_, false)) {
    connected_ = true;
    on_connected();
  }
  const bool more = read();
  // Bytes that came before a reset can still be read, but only by who reads.
  if (broken_ && !more && !broken_told_) {
    broken_told_ = true;
    return on_broken(*broken_);
  }
  finish_write();
  if (more) mark();
}

void socket::accept() {
  listening* by = broken_ ? nullptr : host_.next_listener(*accept_at_);
  accept_at_.reset();
  driver* d = by ? by->who().accept(*this, wire_->from()) : nullptr;
  if (!d) return close();
  rebind(*d);
  connected_due_ = true;
}

// True if there is more to read now.
bool socket::read() {
  if (!connected_ || !reading_ || is_closing()) return false;
  if (unread() > 0) {
    const std::span<std::byte> into = on_readable(unread());
    if (into.empty()) {
      on_read(0);
      return false;
    }
    const std::size_t n = portion(std::min(unread(), into.size()));
    std::memcpy(into.data(), inbox_.data() + read_, n);
    read_ += n;
    wire_->acknowledge(side_, n);
    on_read(n);
  }
  if (!reading_ || is_closing()) return false;
  if (unread() > 0) return true;
  if (end_arrived_ && !end_told_) {
    end_told_ = true;
    on_eof();
  }
  return false;
}

// How much of what could be read is read at once.
std::size_t socket::portion(std::size_t most) {
  const split how = wire_->options().splitting;
  if (how == split::every_byte) return 1;
  prng& draw = host_.world_.network_;
  if (how == split::never || draw.one_in(2)) return most;
  return 1 + draw.below(most);
}

// --- writing ----------------------------------------------------------------------

std::size_t socket::accepted_now(std::size_t total) {
  const std::size_t most = std::min(total, wire_->room(side_));
  if (wire_->options().splitting != split::random) return most;
  prng& draw = host_.world_.network_;
  return draw.one_in(4) ? draw.below(most + 1) : most;
}

connection::write_outcome socket::write(buffer_list list) {
  if (!wire_ || broken_) return {};
  const std::size_t total = total_size(list);
  const std::size_t n = accepted_now(total);
  if (n > 0) wire_->send_bytes(side_, list, n);
  if (n == total) return {n, false};
  write_pending_ = true;
  went_ = 0;
  completes_ = host_.world_.network_.one_in(2);
  if (completes_) keep_pending(list, n);
  if (wire_->room(side_) > 0) mark();
  return {n, true};
}

// The list dies soon; the bytes that it shows stay.
void socket::keep_pending(buffer_list list, std::size_t skip) {
  pending_.clear();
  for (const const_buffer& piece : list) {
    const std::size_t cut = std::min(skip, piece.size);
    skip -= cut;
    if (cut == piece.size) continue;
    pending_.push_back({static_cast<const std::byte*>(piece.data) + cut, piece.size - cut});
  }
}

void socket::finish_write() {
  if (!write_pending_ || !wire_ || is_closing() || wire_->room(side_) == 0) return;
  if (completes_) {
    const std::size_t total = total_size(pending_);
    const std::size_t n = std::min(total, wire_->room(side_));
    wire_->send_bytes(side_, pending_, n);
    went_ += n;
    if (n < total) {
      const std::vector<const_buffer> rest = std::exchange(pending_, {});
      return keep_pending(rest, n);
    }
    pending_.clear();
  }
  write_pending_ = false;
  on_writable(went_);
}

void socket::want_read(bool on) {
  reading_ = on;
  if (on && (unread() > 0 || end_arrived_)) mark();
}

void socket::shut_write() {
  if (wire_) wire_->send_fin(side_);
}

void socket::begin_close() {
  if (wire_) wire_->close(side_, unread() > 0);
  wire_.reset();
  pending_.clear();
  write_pending_ = false;
  release_due_ = true;
  mark();
}

}  // namespace parley::sim::detail
