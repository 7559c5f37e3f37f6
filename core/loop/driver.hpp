// What a connection of a loop sees of a machine: bytes, deadlines and the end.
// No protocol's word gets through here, so that loops need none.
#pragma once

#include <cstddef>
#include <optional>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/machine/machine.hpp>
#include <parley/core/time.hpp>
#include <span>

namespace parley {

// Implemented by machine_driver for every machine; a loop never calls it
// directly: core/loop/connection.hpp does, in the order of the contract.
class driver {
 public:
  virtual void start(time_point now) = 0;
  virtual std::span<std::byte> prepare(std::size_t hint) = 0;
  virtual void commit(std::size_t n, time_point now) = 0;
  virtual void commit_eof(time_point now) = 0;
  virtual void commit_error(const error& why, time_point now) = 0;
  virtual void handle_timeout(time_point now) = 0;
  // Takes every event that there is, and gives each to its owner. True if the
  // machine ended with `paused`: writing may let it go on.
  virtual bool drain(time_point now) = 0;
  virtual buffer_list output() = 0;
  virtual void consume_output(std::size_t n) = 0;
  virtual void release() = 0;
  virtual bool ends_output() const = 0;
  virtual std::optional<time_point> next_deadline() const = 0;
  virtual bool wants_read() const = 0;
  virtual bool is_done() const = 0;
  // The loop's last call: the connection is gone, nothing refers to the machine
  // or its output any more. Never called from inside close().
  virtual void released() = 0;

 protected:
  driver() = default;
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;
  ~driver() = default;
};

// A driver over machine M. `Owner` derives from it and has
//   void on_event(typename M::event&, time_point now);
//   void released() override;
// on_event runs inside the drain: it may give commands to the machine and ask
// for the connection to be closed. User code belongs into the ready queue, unless
// it is given views; then the owner must bear being abandoned by it.
template <machine M, class Owner>
class machine_driver : public driver {
 public:
  M& driven() noexcept { return machine_; }
  const M& driven() const noexcept { return machine_; }

  void start(time_point now) override { machine_.start(now); }
  std::span<std::byte> prepare(std::size_t hint) override { return machine_.prepare(hint); }
  void commit(std::size_t n, time_point now) override { machine_.commit(n, now); }
  void commit_eof(time_point now) override { machine_.commit_eof(now); }
  void commit_error(const error& why, time_point now) override { machine_.commit_error(why, now); }
  void handle_timeout(time_point now) override { machine_.handle_timeout(now); }
  bool drain(time_point now) override {
    for (;;) {
      auto event = machine_.next_event();
      // `closed` comes for ever: it ends the drain as well.
      const bool over = is_drained(event) || std::holds_alternative<closed>(event);
      const bool is_paused = std::holds_alternative<paused>(event);
      static_cast<Owner&>(*this).on_event(event, now);
      if (over) return is_paused;
    }
  }
  buffer_list output() override { return machine_.output(); }
  void consume_output(std::size_t n) override { machine_.consume_output(n); }
  void release() override { machine_.release(); }
  bool ends_output() const override { return machine_.ends_output(); }
  std::optional<time_point> next_deadline() const override { return machine_.next_deadline(); }
  bool wants_read() const override { return machine_.wants_read(); }
  bool is_done() const override { return machine_.is_done(); }

 protected:
  template <class... Args>
  explicit machine_driver(Args&&... args) : machine_(std::forward<Args>(args)...) {}
  ~machine_driver() = default;

  M machine_;
};

}  // namespace parley
