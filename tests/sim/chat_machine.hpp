// The smallest protocol that has requests, replies and a deadline: lines of text,
// and the patience to wait for one. For tests of the world, not of machines.
#pragma once

#include <optional>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/machine/machine.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace parley::test {

class chat_machine {
 public:
  struct line {
    std::string_view text;
  };
  using event = std::variant<need_data, paused, line, failed, closed>;

  // With `patience`, silence for so long after something was sent is a failure.
  explicit chat_machine(duration patience = {}) : patience_(patience) {}

  void start(time_point) { started_ = true; }
  bool is_started() const { return started_; }

  result<void> send(std::string_view text, time_point now) {
    if (!started_ || over_ || finishing_) return fail(errc::misuse);
    output_.append(text);
    output_.append("\n");
    if (patience_ > duration{} && !deadline_) deadline_ = now + patience_;
    return {};
  }
  // Ends our side after what was sent; the peer's lines still come.
  void finish() { finishing_ = true; }
  // Stops and resumes the delivery of lines.
  void pause(bool on) { paused_ = on; }

  std::span<std::byte> prepare(std::size_t hint) { return input_.prepare(hint); }
  void commit(std::size_t n, time_point) {
    input_.commit(n);
    if (n > 0) deadline_.reset();
  }
  void commit_eof(time_point) { eof_ = true; }
  void commit_error(const error& why, time_point) { end(why); }

  event next_event() {
    input_.discard_consumed();
    if (failure_) {
      failed f{std::move(*failure_)};
      failure_.reset();
      return f;
    }
    if (over_) return closed{};
    if (paused_) return paused{};
    const std::string_view text = as_text(input_.data());
    if (const auto at = text.find('\n'); at != text.npos) {
      input_.consume(at + 1);
      return line{text.substr(0, at)};
    }
    if (!eof_) return need_data{};
    if (!text.empty()) {
      end(errc::truncated);
      return next_event();
    }
    over_ = true;
    deadline_.reset();
    return closed{};
  }

  buffer_list output() { return output_.output(); }
  void consume_output(std::size_t n) { output_.consume(n); }
  std::size_t unsent() const { return output_.size(); }
  void release() {
    input_.release();
    output_.release();
  }
  bool ends_output() const { return finishing_; }
  std::optional<time_point> next_deadline() const { return deadline_; }
  void handle_timeout(time_point now) {
    if (deadline_ && *deadline_ <= now) end(errc::timed_out);
  }
  bool wants_read() const { return !over_ && !paused_; }
  bool is_done() const { return over_ && !failure_; }

 private:
  void end(error why) {
    if (over_) return;
    over_ = true;
    deadline_.reset();
    failure_.emplace(std::move(why));
  }

  duration patience_;
  receive_buffer input_;
  send_buffer output_;
  std::optional<error> failure_;
  std::optional<time_point> deadline_;
  bool started_ = false;
  bool eof_ = false;
  bool over_ = false;
  bool paused_ = false;
  bool finishing_ = false;
};

static_assert(machine<chat_machine>);

}  // namespace parley::test
