// One end of a simulated connection: what a socket of the operating system and
// the adapter's code around it are on a real loop.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <parley/adapters/sim/host.hpp>
#include <parley/core/loop/connection.hpp>
#include <parley/core/net/address.hpp>
#include <vector>

namespace parley::sim::detail {

class wire;

// A listener of a host. Inert once the host has crashed.
class listening final : public listener {
 public:
  listening(host& h, const address& at, acceptor& a, bool shared);
  ~listening() override;
  address local_address() const override { return at_; }

  bool matches(const address& to) const;
  // Others may listen there as well.
  bool is_shared() const noexcept { return shared_; }
  acceptor& who() noexcept { return acceptor_; }

 private:
  host& host_;
  address at_;
  acceptor& acceptor_;
  bool shared_;
};

class socket final : public connection {
 public:
  // One that connects; without a wire it has failed already (then call broken()).
  socket(host& h, driver& d, std::shared_ptr<wire> w);
  // One that arrived at a listener, whose acceptor gives it a driver.
  socket(host& h, const address& listener, std::shared_ptr<wire> w);
  ~socket() override;

  // The network reports. Nothing of it reaches the driver before report().
  void connected();
  void arrived(byte_view bytes);
  void arrived_end();
  // There may be room to write.
  void acknowledged() { mark(); }
  void broken(error why);
  // The same, and what arrived before it is gone: the host itself has died.
  void lost(crash_kind how);

  // The host's turn: tells the driver what happened, at most one read.
  void report();

 private:
  write_outcome write(buffer_list list) override;
  void want_read(bool on) override;
  void shut_write() override;
  void begin_close() override;
  void dispose() override { delete this; }

  void mark();
  void accept();
  bool read();
  std::size_t portion(std::size_t most);
  void finish_write();
  std::size_t accepted_now(std::size_t total);
  void keep_pending(buffer_list list, std::size_t skip);
  std::size_t unread() const noexcept { return inbox_.size() - read_; }

  host& host_;
  std::shared_ptr<wire> wire_;
  const int side_;
  std::vector<std::byte> inbox_;  // arrived; the first read_ bytes were read
  std::size_t read_ = 0;
  std::optional<error> broken_;
  std::optional<address> accept_at_;  // the listener's acceptor is to be asked
  std::vector<const_buffer> pending_;
  std::size_t went_ = 0;  // of the pending write
  // A pending write either ends when the loop itself has written all of it (a
  // completion loop), or at once when there is room (a readiness loop).
  bool completes_ = false;
  bool write_pending_ = false;
  bool marked_ = false;
  bool connected_ = false;
  bool connected_due_ = false;
  bool reading_ = false;
  bool end_arrived_ = false;
  bool end_told_ = false;
  bool broken_told_ = false;
  bool release_due_ = false;
};

}  // namespace parley::sim::detail
