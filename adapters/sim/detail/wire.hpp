// One connection as the network sees it: two ends, and packets between them. It
// outlives its ends, because a FIN travels when its sender is gone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <parley/adapters/sim/options.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/net/address.hpp>
#include <parley/core/time.hpp>
#include <string_view>
#include <vector>

namespace parley::sim {

class host;
class world;

namespace detail {

class listening;
class socket;

// What two hosts have between them; direction 0 goes from the host that was
// added first.
struct link {
  struct breaker {
    std::uint64_t left;
    fault what;
  };
  link_options options{};
  bool customized = false;  // not changed by set_default_link
  std::array<bool, 2> cut{};
  std::array<time_point, 2> busy_until{};
  std::array<std::optional<breaker>, 2> breakers{};
};

struct packet {
  enum class kind : std::uint8_t { syn, syn_ack, refused, data, ack, fin, rst };
  kind what;
  time_point due{};
  std::vector<std::byte> bytes{};
  std::size_t count = 0;  // of an ack: bytes that were read
};

// Side 0 connected, side 1 was listening.
class wire : public std::enable_shared_from_this<wire> {
 public:
  wire(world& w, struct link& l, host& client, host& server, std::uint64_t id);

  std::uint64_t id() const noexcept { return id_; }
  const link_options& options() const noexcept { return link_.options; }
  host& at(int side) const noexcept { return *hosts_[index(side)]; }
  bool is_between(const host* a, const host* b) const noexcept;
  // Something that a fault can hit.
  bool is_open() const noexcept { return !dead_ && (ends_[0] || ends_[1]); }

  void set_end(int side, socket* s) noexcept { ends_[index(side)] = s; }
  void begin(const address& from, const address& to);  // SYN
  const address& from() const noexcept { return from_; }
  const address& to() const noexcept { return to_; }

  // Nobody answered the SYN for too long.
  void give_up();

  // For the ends.
  std::size_t room(int side) const noexcept;
  void send_bytes(int side, buffer_list list, std::size_t n);
  void send_fin(int side);
  void acknowledge(int side, std::size_t n);
  // The end closes or is lost. `unread`: it leaves bytes unread, so the peer gets
  // a reset, as from a kernel.
  void close(int side, bool unread);
  void vanish(int side) noexcept { ends_[index(side)] = nullptr; }

  // For faults.
  void reset();
  // Only once it is established: a connect is tried again by TCP.
  void sever() noexcept { severed_ = severed_ || answered_; }
  // The link or the host that held packets back works again.
  void resume();

 private:
  struct direction {
    std::deque<packet> fifo;
    std::size_t outstanding = 0;  // written and not acknowledged
    bool fin_sent = false;
    bool halted = false;                // a breaker is about to act
    std::optional<time_point> stalled;  // since when bytes have been sent in vain
  };

  static std::size_t index(int side) noexcept { return static_cast<std::size_t>(side); }
  std::size_t link_direction(int from) const noexcept;
  duration draw_latency();
  void send(int from, packet p);
  void stall(int from);
  void schedule(int from, time_point when);
  bool is_held(int from) const noexcept;
  void pump(int from);
  bool breaks(int from, packet& front);
  void deliver(int to, packet& p);
  void deliver_syn();
  error refusal() const;
  void deliver_to_nobody(int to, packet::kind what);
  void note(int from, std::string_view what, std::size_t n = 0);

  world& world_;
  struct link& link_;
  std::array<host*, 2> hosts_;
  std::array<socket*, 2> ends_{};
  std::array<direction, 2> directions_;
  address from_;
  address to_;
  std::uint64_t id_;
  bool accepted_ = false;  // the SYN has arrived at a listener
  bool answered_ = false;  // and its answer at the client
  bool severed_ = false;
  bool dead_ = false;
};

}  // namespace detail
}  // namespace parley::sim
