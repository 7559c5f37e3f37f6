// One side of TLS against a peer whose bytes the input changes, on their way or from the start.
// Whatever is done: plain bytes are a prefix of what the peer has written, none come before the
// handshake or after a failure, and a failed side stays failed and ends.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <parley/codecs/tls/connection.hpp>
#include <string>

#include "reader.hpp"
#include "support/pki.hpp"

namespace parley::fuzz {

// Made once: keys cost milliseconds.
struct tls_contexts {
  test::authority root{"fuzz root"};
  test::identity leaf =
      root.issue({.name = "both", .dns = {"fuzz.test"}, .use = test::purpose::both});
  tls::context client = make(false, tls::version::tls1_3);
  tls::context server = make(true, tls::version::tls1_3);
  tls::context old_server = make(true, tls::version::tls1_2);

  tls::context make(bool is_server, tls::version highest) const {
    tls::config c;
    c.highest = highest;
    c.clients = client_certificates::optional;
    c.bytes.authorities = {root.pem(), "root"};
    c.bytes.certificate = {leaf.chain, "leaf"};
    c.bytes.key = {leaf.key, "key"};
    auto made = is_server ? tls::context::make_server(std::move(c))
                          : tls::context::make_client(std::move(c));
    must(made.has_value());
    return *std::move(made);
  }
};
inline tls_contexts& contexts() {
  static tls_contexts one;
  return one;
}

class tls_session {
 public:
  // `is_client`: the side that is tried out.
  tls_session(reader in, bool is_client) : in_(in) {
    const std::uint8_t how = in_.byte();
    const wall_time wall = std::chrono::system_clock::now();
    auto client = std::make_unique<tls::client>(contexts().client, "fuzz.test", wall);
    auto server = std::make_unique<tls::server>(
        (how & 1) != 0 ? contexts().old_server : contexts().server, wall);
    if (is_client) {
      ours_ = std::move(client);
      peer_ = std::move(server);
    } else {
      ours_ = std::move(server);
      peer_ = std::move(client);
    }
    ours_->start(now_);
    peer_->start(now_);
    if ((how & 2) != 0) shake_hands();
  }

  void run() {
    while (!in_.empty()) step();
    ours_->commit_eof(now_);
    while (read_some()) {
    }
    ours_->close(now_);
    ours_->consume_output(total_size(ours_->output()));
    must(!has_failed_ || ours_->is_done());
  }

 private:
  void shake_hands() {
    for (int i = 0; i < 20; ++i) {
      carry(take(*peer_));
      read_some();
      feed(*peer_, take(*ours_));
      (void)peer_->read(room_, now_);
    }
    must(ours_->open() && peer_->open());
  }

  static std::string take(tls::connection& from) {
    std::string all;
    for (auto list = from.output(); !list.empty(); list = from.output()) {
      all.append(static_cast<const char*>(list[0].data), list[0].size);
      from.consume_output(list[0].size);
    }
    return all;
  }

  static void feed(tls::connection& to, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto into = to.prepare(bytes.size());
      const std::size_t n = std::min(into.size(), bytes.size());
      if (n == 0) return;
      std::memcpy(into.data(), bytes.data(), n);
      to.commit(n, {});
      bytes.remove_prefix(n);
    }
  }
  void carry(std::string_view bytes) { feed(*ours_, bytes); }

  bool read_some() {
    const std::size_t size = 1 + in_.byte() % room_.size();
    const read_result r = ours_->read(std::span(room_).first(size), now_);
    if (has_failed_) must(r.what == read_result::status::failed);
    if (r.what == read_result::status::failed) {
      has_failed_ = true;
      must(!ours_->why().to_string().empty());
    }
    if (r.what != read_result::status::ok) return false;
    must(ours_->open() && r.n <= size);
    const std::string_view got = as_text(std::span<const std::byte>(room_).first(r.n));
    must(said_.compare(heard_, got.size(), got) == 0);
    heard_ += r.n;
    return true;
  }

  void peer_says(std::size_t size) {
    const std::string text(size, static_cast<char>('a' + said_.size() % 26));
    const const_buffer piece{text.data(), text.size()};
    said_ += text.substr(0, peer_->write({&piece, 1}, now_));
  }

  void step() {
    switch (in_.byte() % 12) {
      case 0:
      case 1:
        return peer_says(1 + in_.byte() * 67U);
      case 2: {  // as it is
        carry(take(*peer_));
        return;
      }
      case 3: {  // changed
        std::string wire = take(*peer_);
        const std::size_t at = in_.byte() * 256U + in_.byte();
        if (!wire.empty()) wire[at % wire.size()] ^= static_cast<char>(in_.byte());
        return carry(wire);
      }
      case 4: {  // cut, or twice
        const std::string wire = take(*peer_);
        const std::size_t n = in_.byte() * wire.size() / 255;
        carry(std::string_view(wire).substr(0, n));
        if (in_.byte() % 2 == 1) carry(wire);
        return;
      }
      case 5:
        return carry(in_.bytes(in_.byte()));
      case 6: {  // ours
        const std::string text(1 + in_.byte() * 91U, 'o');
        const const_buffer piece{text.data(), text.size()};
        (void)ours_->write({&piece, 1}, now_);
        feed(*peer_, take(*ours_));
        return (void)peer_->read(room_, now_);
      }
      case 7:
        if (in_.byte() % 4 == 0) peer_->close(now_);
        return;
      case 8:
        (void)peer_->update_keys();
        return;
      case 9:
        ours_->release();
        return;
      case 10:
        now_ += std::chrono::seconds(in_.byte() % 8);
        return ours_->handle_timeout(now_);
      default:
        read_some();
    }
  }

  reader in_;
  time_point now_{};
  std::unique_ptr<tls::connection> ours_;
  std::unique_ptr<tls::connection> peer_;
  std::array<std::byte, 4096> room_{};
  std::string said_;       // by the peer
  std::size_t heard_ = 0;  // of it, by us
  bool has_failed_ = false;
};

}  // namespace parley::fuzz
