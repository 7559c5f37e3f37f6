// A connection whose socket is a list of words: what the loop was asked to do is
// in `log`, what the peer does is called by the test.
#pragma once

#include <parley/core/loop/connection.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fake_loop.hpp"

namespace parley::test {

inline std::string joined(buffer_list list) {
  std::string text;
  for (const const_buffer& piece : list) {
    text.append(static_cast<const char*>(piece.data), piece.size);
  }
  return text;
}

using word_list = std::vector<std::string>;

class fake_connection final : public connection {
 public:
  fake_connection(fake_loop& owner, driver& d, word_list& words)
      : connection(owner, d), log(words) {}

  // What the next writes accept, in bytes; then everything.
  std::vector<write_outcome> writes;

  // Counted down by each write; breaks the connection at the end of the turn.
  word_list& log;

  using connection::on_broken;
  using connection::on_connected;
  using connection::on_eof;
  using connection::on_read;
  using connection::on_readable;
  using connection::on_released;
  using connection::on_writable;
  using outcome = connection::write_outcome;

  // Delivers bytes as an adapter does: as much at a time as there is room for.
  // False if the machine did not want all of it.
  bool receive(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto room = on_readable(4096);
      if (room.empty()) return false;
      const std::size_t n = std::min(room.size(), bytes.size());
      std::ranges::copy(as_bytes(bytes.substr(0, n)), room.begin());
      on_read(n);
      bytes.remove_prefix(n);
    }
    return true;
  }

 protected:
  write_outcome write(buffer_list list) override {
    const std::string all = joined(list);
    write_outcome out{all.size(), false};
    if (!writes.empty()) {
      out = writes.front();
      writes.erase(writes.begin());
    }
    log.push_back("write " + all.substr(0, out.written) + (out.pending ? " pending" : ""));
    return out;
  }
  void want_read(bool on) override { log.emplace_back(on ? "read on" : "read off"); }
  void shut_write() override { log.emplace_back("shut"); }
  void begin_close() override { log.emplace_back("begin_close"); }
  void dispose() override {
    log.emplace_back("dispose");
    delete this;
  }
};

}  // namespace parley::test
