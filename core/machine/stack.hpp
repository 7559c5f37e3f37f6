// stack<U>: a machine U over zero to two layers. It is a machine itself and its
// event type is U's, so that a provider's code is the same with and without TLS.
//
//      U            next_event() asks U first; only when U needs data does it
//      layer[0]     pull plain bytes out of the layer below, straight into U's
//      layer[1]     prepared span. Nothing is pushed up from commit(): that
//      socket       would kill views that the caller still holds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <parley/core/machine/layer.hpp>
#include <parley/core/machine/machine.hpp>
#include <utility>

namespace parley {

template <machine U>
class stack {
 public:
  using event = typename U::event;
  static constexpr std::size_t max_layers = 2;

  // `upper` is next to U; with two layers, `lower` is next to the socket.
  explicit stack(U machine, layer_ptr upper = nullptr, layer_ptr lower = nullptr)
      : top_(std::move(machine)), layers_{std::move(upper), std::move(lower)} {
    while (count_ < max_layers && layers_[count_]) ++count_;
  }

  // Goes on with the layers of another stack, whose machine has ended in an upgrade: they stay as
  // they are, and what they hold is pulled by `machine`, which was started already. The other one
  // has no layers any more.
  template <class V>
  stack(U machine, stack<V>&& other) noexcept
      : top_(std::move(machine)),
        layers_(std::move(other.layers_)),
        now_(other.now_),
        count_(std::exchange(other.count_, std::uint8_t{0})),
        started_(other.started_),
        begun_(other.begun_),
        ended_(other.ended_),
        fed_end_(other.fed_end_) {}

  // The protocol's own commands are given to it directly.
  U& top() noexcept { return top_; }
  const U& top() const noexcept { return top_; }

  void start(time_point now) {
    now_ = now;
    if (count_ == 0) return begin_top();
    bottom().start(now);
  }

  std::span<std::byte> prepare(std::size_t hint) {
    return count_ == 0 ? top_.prepare(hint) : bottom().prepare(hint);
  }
  void commit(std::size_t n, time_point now) {
    now_ = now;
    count_ == 0 ? top_.commit(n, now) : bottom().commit(n, now);
  }
  void commit_eof(time_point now) {
    now_ = now;
    count_ == 0 ? top_.commit_eof(now) : bottom().commit_eof(now);
  }
  void commit_error(const error& why, time_point now) {
    now_ = now;
    count_ == 0 ? top_.commit_error(why, now) : bottom().commit_error(why, now);
  }

  event next_event() {
    for (;;) {
      event e = top_.next_event();
      if (e.index() != 0 || count_ == 0 || !pull()) return e;
    }
  }

  buffer_list output() {
    if (count_ == 0) return top_.output();
    push_down();
    return bottom().output();
  }
  void consume_output(std::size_t n) {
    count_ == 0 ? top_.consume_output(n) : bottom().consume_output(n);
  }

  void release() {
    top_.release();
    for (std::size_t i = 0; i < count_; ++i) layers_[i]->release();
  }
  bool ends_output() const { return count_ == 0 ? top_.ends_output() : bottom().ends_output(); }

  std::optional<time_point> next_deadline() const {
    auto first = top_.next_deadline();
    for (std::size_t i = 0; i < count_; ++i) first = earliest(first, layers_[i]->next_deadline());
    return first;
  }
  void handle_timeout(time_point now) {
    now_ = now;
    for (std::size_t i = count_; i-- > 0;) layers_[i]->handle_timeout(now);
    top_.handle_timeout(now);
  }

  // Bottom to top: a layer that is not open reads for its handshake; above it
  // the machine decides, so that its back-pressure reaches the socket.
  bool wants_read() const {
    for (std::size_t i = count_; i-- > 0;) {
      if (!layers_[i]->wants_read()) return false;
      if (!layers_[i]->open()) return true;
    }
    return top_.wants_read();
  }
  // A layer that has said farewell may still have to read: only with U all is over.
  bool is_done() const { return top_.is_done() && (count_ == 0 || bottom().is_done()); }

 private:
  template <machine>
  friend class stack;

  layer& bottom() noexcept { return *layers_[count_ - 1]; }
  const layer& bottom() const noexcept { return *layers_[count_ - 1]; }

  void begin_top() {
    started_ = true;
    top_.start(now_);
  }

  // Moves what is there one step up; true if the machine may have an event.
  bool pull() {
    if (ended_) return false;
    auto into = started_ ? top_.prepare(layer_chunk) : std::span<std::byte>();
    if (started_ && into.empty()) return false;
    const read_result got = read(0, into);
    if (!started_ && layers_[0]->open()) {
      begin_top();
      return true;
    }
    return deliver(got);
  }

  bool deliver(read_result got) {
    // Each prepare is paired with a commit: an open span would pin the buffer.
    if (started_) top_.commit(got.what == read_result::status::ok ? got.n : 0, now_);
    switch (got.what) {
      case read_result::status::ok:
        return true;
      case read_result::status::need_data:
        return false;
      case read_result::status::eof:
        ended_ = true;
        top_.commit_eof(now_);
        return true;
      case read_result::status::failed:
        break;
    }
    ended_ = true;
    top_.commit_error(failed_layer().why(), now_);
    return true;
  }

  // Plain bytes of layer `i`; a layer that starves asks the one below it.
  read_result read(std::size_t i, std::span<std::byte> into) {
    for (;;) {
      const read_result got = layers_[i]->read(into, now_);
      if (got.what != read_result::status::need_data || i + 1 == count_) return got;
      if (!feed(i)) return got;
    }
  }

  // Fills layer `i` from the layer below it. True if something changed.
  bool feed(std::size_t i) {
    layer& below = *layers_[i + 1];
    auto into = begun_ ? layers_[i]->prepare(layer_chunk) : std::span<std::byte>();
    if (begun_ && into.empty()) return false;
    const read_result got = read(i + 1, into);
    if (!begun_ && below.open()) {
      begun_ = true;
      layers_[i]->start(now_);
      return true;
    }
    if (begun_) layers_[i]->commit(got.what == read_result::status::ok ? got.n : 0, now_);
    switch (got.what) {
      case read_result::status::ok:
        return true;
      case read_result::status::need_data:
        return false;
      case read_result::status::eof:
        layers_[i]->commit_eof(now_);
        return std::exchange(fed_end_, true) == false;
      case read_result::status::failed:
        layers_[i]->commit_error(below.why(), now_);
        return std::exchange(fed_end_, true) == false;
    }
    return false;
  }

  // The layer whose failure is told: each layer keeps the cause from below in
  // its own error, so that it is always the upper one.
  const layer& failed_layer() const { return *layers_[0]; }

  // From the top: each layer takes what its own output limit allows.
  void push_down() {
    // A machine may end before its layers are open: nobody else would close them.
    if (started_ || top_.is_done()) move_down(top_, *layers_[0]);
    if (count_ == 2 && (begun_ || layers_[0]->is_done())) move_down(*layers_[0], *layers_[1]);
  }

  // Gives the output of `upper` to `lower`, and closes `lower` once nothing can
  // follow. Does not wait for the peer's farewell.
  template <class Upper>
  void move_down(Upper& upper, layer& lower) {
    for (;;) {
      const buffer_list list = upper.output();
      if (list.empty()) break;
      const std::size_t taken = lower.write(list, now_);
      if (taken == 0) return;
      upper.consume_output(taken);
    }
    if (upper.is_done() || upper.ends_output()) lower.close(now_);
  }

  static constexpr std::size_t layer_chunk = 16 * 1024;  // one TLS record

  U top_;
  std::array<layer_ptr, max_layers> layers_;
  time_point now_{};
  std::uint8_t count_ = 0;
  bool started_ = false;  // U was started
  bool begun_ = false;    // the upper of two layers was started
  bool ended_ = false;    // U was told the end
  bool fed_end_ = false;  // the upper layer was told the end
};

}  // namespace parley
