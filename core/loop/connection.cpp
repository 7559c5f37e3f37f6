#include <cassert>
#include <parley/core/loop/connection.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley {

void connection::wake() {
  if (woken_ || closing_ || turning_) return;
  woken_ = true;
  loop_.enqueue(*this);
}

void connection::close() {
  if (closing_) return;
  closing_ = true;
  loop_.set_timer(*this, std::nullopt);
  begin_close();
}

void connection::on_connected() {
  if (closing_) return;
  connected_ = true;
  const time_point now = loop_.now();
  driver_->start(now);
  turn(now);
}

std::span<std::byte> connection::on_readable(std::size_t hint) {
  if (closing_ || ended_) return {};
  return driver_->prepare(hint);
}

void connection::on_read(std::size_t n) {
  if (closing_) return;
  const time_point now = loop_.now();
  active_ = true;
  driver_->commit(n, now);
  turn(now);
}

void connection::on_eof() {
  if (closing_ || ended_) return;
  ended_ = true;
  const time_point now = loop_.now();
  driver_->commit_eof(now);
  turn(now);
}

void connection::on_broken(const error& why) {
  if (closing_ || broken_) return;
  ended_ = broken_ = true;
  const time_point now = loop_.now();
  driver_->commit_error(why, now);
  turn(now);
}

void connection::on_writable(std::size_t written) {
  writing_ = false;
  if (closing_) return;
  driver_->consume_output(written);
  turn(loop_.now());
}

void connection::on_released() {
  assert(closing_);
  if (woken_) {
    // Still in the loop's queue: the last call waits until it has come out.
    released_ = true;
    return;
  }
  driver_->released();
  dispose();
}

void connection::run() {
  woken_ = false;
  if (released_) {
    driver_->released();
    return dispose();
  }
  if (!closing_ && connected_) turn(loop_.now());
}

void connection::fired(time_point now) {
  if (closing_) return;
  // Nothing came for a whole interval: an idle connection holds no buffers.
  if (!active_) driver_->release();
  active_ = false;
  driver_->handle_timeout(now);
  turn(now);
}

// The order of the contract, for every machine on every loop.
void connection::turn(time_point now) {
  turning_ = true;
  ++loop_.draining_;
  driver_->drain(now);
  --loop_.draining_;
  if (!closing_) flush();
  turning_ = false;
  if (closing_) return;
  if (broken_ || (driver_->is_done() && !writing_)) return close();
  const bool read = connected_ && !ended_ && driver_->wants_read();
  if (read != reading_) want_read(reading_ = read);
  loop_.set_timer(*this, driver_->next_deadline());
}

void connection::flush() {
  while (!writing_ && connected_ && !broken_) {
    const buffer_list list = driver_->output();
    if (list.empty()) {
      if (driver_->ends_output() && !shut_) {
        shut_ = true;
        shut_write();
      }
      return;
    }
    const write_outcome out = write(list);
    if (out.written > 0) driver_->consume_output(out.written);
    writing_ = out.pending;
    if (!out.pending && out.written == 0) return;  // broke: the loop will say so
  }
}

}  // namespace parley
