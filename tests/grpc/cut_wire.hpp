// Between a client and a server: passes bytes on, counts them, and is cut when a test says so. What
// a server that is killed looks like to its clients.
#pragma once

#include <memory>
#include <parley/core/loop/loop.hpp>
#include <utility>
#include <vector>

#include "support/raw_peer.hpp"

namespace parley::test {

class cut_wire final : private acceptor {
 public:
  cut_wire(loop& home, std::uint16_t to) : loop_(home), to_(here(to)) {
    listener_ = *home.listen(here(0), *this);
  }

  std::uint16_t port() const { return listener_->local_address().port(); }
  // All connections, now; new ones are made.
  void cut() { pairs_.clear(); }
  // Nobody gets through any more, and no byte of those that are.
  void swallow() { swallows_ = true; }
  std::size_t count() const { return count_; }
  // Bytes of all connections.
  std::size_t to_server() const { return to_server_; }
  std::size_t to_client() const { return to_client_; }

 private:
  using pair = std::pair<std::unique_ptr<raw_peer>, std::unique_ptr<raw_peer>>;

  static address here(std::uint16_t port) { return *address::parse_ip("127.0.0.1", port); }

  driver* accept(connection& c, const address&) override {
    ++count_;
    auto in = std::make_unique<raw_peer>(c);
    auto out = std::make_unique<raw_peer>(loop_, to_);
    driver* const d = in->driven();
    pass(*in, *out, to_server_);
    pass(*out, *in, to_client_);
    pairs_.emplace_back(std::move(in), std::move(out));
    return d;
  }
  void pass(raw_peer& from, raw_peer& to, std::size_t& bytes) {
    from.on_data = [this, &to, &bytes](raw_peer& p) {
      bytes += p.received.size();
      if (!swallows_) to.send(p.received);
      p.received.clear();
      if (p.has_ended || p.is_gone()) to.close();
    };
  }

  loop& loop_;
  address to_;
  std::unique_ptr<listener> listener_;
  std::vector<pair> pairs_;
  std::size_t count_ = 0, to_server_ = 0, to_client_ = 0;
  bool swallows_ = false;
};

}  // namespace parley::test
