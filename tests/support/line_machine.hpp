// The smallest protocol that can be driven: lines of text, each way. For tests of
// what carries machines.
#pragma once

#include <algorithm>
#include <optional>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/machine/machine.hpp>
#include <string_view>
#include <variant>

namespace parley::test {

struct opened {};
struct line {
  std::string_view text;  // without its newline; lives as views in events do
};
struct peer_ended {};  // comes once, after all lines
struct expired {};     // the deadline that expect_until() has set

class line_machine {
 public:
  using event = std::variant<need_data, paused, opened, line, peer_ended, expired, failed, closed>;

  explicit line_machine(receive_limits limits = {}) : input_(limits) {}

  // --- commands
  void send(std::string_view text) {
    output_.append(text);
    output_.append(std::string_view("\n"));
  }
  void send(shared_bytes text) {
    output_.append(std::move(text));
    output_.append(std::string_view("\n"));
  }
  // No more lines from here; those of the peer go on.
  void finish() { finishing_ = true; }
  // Stops and goes on to read: back-pressure.
  void pause(bool on) { paused_ = on; }
  void expect_until(std::optional<time_point> at) { deadline_ = at; }

  std::size_t unsent() const { return output_.size(); }
  std::size_t held() const { return input_.capacity(); }

  // --- the concept
  void start(time_point) { started_ = true; }
  std::span<std::byte> prepare(std::size_t hint) {
    if (!wants_read()) return {};
    return input_.prepare(hint);
  }
  void commit(std::size_t n, time_point) { input_.commit(n); }
  void commit_eof(time_point) { eof_ = true; }
  void commit_error(const error& why, time_point) { failure_ = why; }

  event next_event() {
    input_.discard_consumed();
    if (started_ && !std::exchange(opened_, true)) return opened{};
    if (failure_) {
      if (!std::exchange(failed_, true)) return failed{*failure_};
      return closed{};
    }
    if (std::exchange(expired_, false)) return expired{};
    if (paused_) return paused{};
    const std::string_view text = as_text(input_.data());
    if (const auto end = text.find('\n'); end != text.npos) {
      input_.consume(end + 1);
      return line{text.substr(0, end)};
    }
    if (eof_ && !std::exchange(ended_, true)) return peer_ended{};
    return ended_ && finishing_ ? event(closed{}) : event(need_data{});
  }

  buffer_list output() { return started_ ? output_.output() : buffer_list{}; }
  void consume_output(std::size_t n) { output_.consume(n); }
  void release() {
    input_.release();
    output_.release();
  }
  bool ends_output() const { return finishing_; }
  std::optional<time_point> next_deadline() const { return deadline_; }
  void handle_timeout(time_point now) {
    if (!deadline_ || now < *deadline_) return;
    deadline_.reset();
    expired_ = true;
  }
  bool wants_read() const { return !paused_ && !eof_ && !failure_; }
  bool is_done() const { return failed_ || (ended_ && finishing_ && output_.empty()); }

 private:
  receive_buffer input_;
  send_buffer output_;
  std::optional<time_point> deadline_;
  std::optional<error> failure_;
  bool started_ = false;
  bool opened_ = false;
  bool paused_ = false;
  bool finishing_ = false;
  bool eof_ = false;
  bool ended_ = false;
  bool expired_ = false;
  bool failed_ = false;
};

static_assert(machine<line_machine>);

}  // namespace parley::test
