// A machine of lines and a layer of frames: the smallest that keep the contract,
// to try stacks with.
#pragma once

#include <algorithm>
#include <memory>
#include <parley/core/buffer/receive_buffer.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <parley/core/machine/layer.hpp>
#include <parley/core/machine/machine.hpp>
#include <string>
#include <string_view>

namespace parley::test {

// Texts that end with a line feed, both ways. Greets when it is started.
class line_machine {
 public:
  struct line {
    std::string_view text;
  };
  using event = std::variant<need_data, paused, line, failed, closed>;

  void send(std::string_view text) {
    output_.append(text);
    output_.append(std::string_view("\n"));
  }
  void close() { over_ = true; }

  void start(time_point now) {
    started_ = now;
    send("hello");
  }
  std::span<std::byte> prepare(std::size_t hint) {
    return wants_read() ? input_.prepare(hint) : std::span<std::byte>();
  }
  void commit(std::size_t n, time_point) { input_.commit(n); }
  void commit_eof(time_point) { eof_ = true; }
  void commit_error(const error& why, time_point) {
    if (!why_ && !over_) why_ = why;
  }
  event next_event() {
    input_.discard_consumed();
    if (over_) return closed{};
    if (why_) {
      over_ = true;
      return failed{*why_};
    }
    if (stopped) return paused{};
    const std::string_view text = as_text(input_.data());
    const std::size_t end = text.find('\n');
    if (end != std::string_view::npos) {
      input_.consume(end + 1);
      return line{text.substr(0, end)};
    }
    if (eof_) {
      over_ = true;
      return closed{};
    }
    return need_data{};
  }
  buffer_list output() { return output_.output(); }
  void consume_output(std::size_t n) { output_.consume(n); }
  void release() { released = input_.release(); }
  bool ends_output() const { return false; }
  std::optional<time_point> next_deadline() const { return deadline; }
  void handle_timeout(time_point now) {
    input_.discard_consumed();
    if (deadline && *deadline <= now) {
      deadline.reset();
      why_ = error(errc::timed_out, "line");
    }
  }
  bool wants_read() const { return !over_ && !stopped && input_.size() < 256; }
  bool is_done() const { return over_; }

  std::optional<time_point> started_;
  std::optional<time_point> deadline;
  bool stopped = false;   // the user does not drain
  bool released = false;  // the input buffer could be freed

 private:
  receive_buffer input_{{.initial = 16, .max = 256, .step = 64}};
  send_buffer output_;
  std::optional<error> why_;
  bool eof_ = false;
  bool over_ = false;
};
static_assert(machine<line_machine>);

// Frames of at most 20 bytes, each byte changed by a key, after a greeting of one
// byte both ways. A frame of no bytes is the farewell.
class frame_layer final : public layer {
 public:
  explicit frame_layer(char key) : key_(key) {}

  static constexpr std::size_t frame = 20;
  static constexpr std::size_t output_limit = 64;
  static constexpr char greeting = 'G';

  // What a peer with this key sends for `plain`.
  static std::string encode(std::string_view plain, char key) {
    std::string wire;
    while (!plain.empty()) {
      const std::string_view part = plain.substr(0, frame);
      wire.push_back(static_cast<char>(part.size()));
      for (const char c : part) wire.push_back(static_cast<char>(c ^ key));
      plain.remove_prefix(part.size());
    }
    return wire;
  }

  void start(time_point now) override {
    output_.append(std::string_view(&greeting, 1));
    deadline_ = now + std::chrono::seconds(5);
    started_ = true;
  }
  std::span<std::byte> prepare(std::size_t hint) override {
    return wants_read() ? input_.prepare(hint) : std::span<std::byte>();
  }
  void commit(std::size_t n, time_point) override { input_.commit(n); }
  void commit_eof(time_point) override { eof_ = true; }
  void commit_error(const error& why, time_point) override {
    if (!why_) why_ = error(errc::io, "layer").with_cause(why);
  }
  buffer_list output() override { return output_.output(); }
  void consume_output(std::size_t n) override { output_.consume(n); }
  void release() override { released = input_.release(); }
  bool ends_output() const override { return false; }
  std::optional<time_point> next_deadline() const override { return deadline_; }
  void handle_timeout(time_point now) override {
    if (!deadline_ || *deadline_ > now) return;
    deadline_.reset();
    why_ = error(errc::timed_out, "layer");
  }
  bool wants_read() const override { return !farewell_ && input_.size() < 100; }
  bool is_done() const override { return (farewell_ || why_) && output_.empty(); }

  bool open() const override { return open_; }
  read_result read(std::span<std::byte> into, time_point) override {
    input_.discard_consumed();
    if (why_) return {read_result::status::failed};
    if (!open_) return greet();
    const std::string_view wire = as_text(input_.data());
    if (wire.empty() || wire.size() <= static_cast<unsigned char>(wire[0])) return starve();
    const auto size = static_cast<unsigned char>(wire[0]);
    if (size > frame) return fail(errc::too_large);
    if (size == 0) return {read_result::status::eof};
    const std::size_t n = std::min<std::size_t>(into.size(), size - used_);
    for (std::size_t i = 0; i < n; ++i) {
      into[i] = static_cast<std::byte>(wire[1 + used_ + i] ^ key_);
    }
    used_ += n;
    if (used_ == size) {
      input_.consume(size + std::size_t{1});
      used_ = 0;
    }
    return {read_result::status::ok, n};
  }
  std::size_t write(buffer_list plain, time_point) override {
    if (!open_ || farewell_) return 0;
    std::size_t taken = 0;
    for (const const_buffer& b : plain) {
      std::string_view text(static_cast<const char*>(b.data), b.size);
      while (!text.empty()) {
        if (output_.size() >= output_limit) return taken;
        const std::string_view part = text.substr(0, frame);
        output_.append(std::string_view(encode(part, key_)));
        text.remove_prefix(part.size());
        taken += part.size();
      }
    }
    return taken;
  }
  void close(time_point) override {
    if (farewell_) return;
    farewell_ = true;
    deadline_.reset();
    if (open_) output_.append(std::string_view("\0", 1));
  }
  const error& why() const override { return *why_; }

  bool released = false;

 private:
  read_result greet() {
    if (!started_ || input_.empty()) return starve();
    if (as_text(input_.data())[0] != greeting) return fail(errc::refused);
    input_.consume(1);
    open_ = true;
    deadline_.reset();
    return {};
  }
  read_result starve() { return eof_ ? fail(errc::truncated) : read_result{}; }
  read_result fail(errc code) {
    why_ = error(code, "layer");
    return {read_result::status::failed};
  }

  receive_buffer input_{{.initial = 16, .max = 128, .step = 64}};
  send_buffer output_;
  std::optional<error> why_;
  std::optional<time_point> deadline_;
  std::size_t used_ = 0;  // bytes of the first frame that were read
  char key_;
  bool started_ = false;
  bool open_ = false;
  bool eof_ = false;
  bool farewell_ = false;
};

}  // namespace parley::test
