// The floor: prebuilt bytes, and replies that are counted and not read.
#include "harness.hpp"
#include "unix_socket.hpp"

namespace parley::bench {
namespace {

void put_bulk(std::string& to, std::string_view text) {
  to.append("$").append(std::to_string(text.size())).append("\r\n").append(text).append("\r\n");
}

class raw_client {
 public:
  raw_client(const std::string& path, const std::vector<batch>& script) : socket_(path) {
    for (const batch& b : script) {
      prebuilt p;
      for (const step& s : b) {
        p.commands.append(s.is_set ? "*3\r\n" : "*2\r\n");
        put_bulk(p.commands, s.is_set ? "SET" : "GET");
        put_bulk(p.commands, s.key);
        if (s.is_set) {
          put_bulk(p.commands, s.text);
          p.replies.append("+OK\r\n");
        } else {
          put_bulk(p.replies, s.text);
        }
      }
      batches_.push_back(std::move(p));
    }
    buffer_.resize(64 * 1024);
  }

  void run(std::size_t i) {
    const prebuilt& p = batches_[i];
    for (std::size_t sent = 0; sent < p.commands.size();) {
      const auto n = ::write(socket_.fd(), p.commands.data() + sent, p.commands.size() - sent);
      if (n <= 0) wrong("raw", "cannot write");
      sent += static_cast<std::size_t>(n);
    }
    std::size_t got = 0;
    while (got < p.replies.size()) {
      const auto n = ::read(socket_.fd(), buffer_.data() + got, buffer_.size() - got);
      if (n <= 0) wrong("raw", "the server has gone");
      got += static_cast<std::size_t>(n);
    }
    // Now and then: comparing costs as much as a parser.
    if (++runs_ % 64 == 1 && std::string_view(buffer_.data(), got) != p.replies) {
      wrong("raw", "other replies were due");
    }
  }

 private:
  struct prebuilt {
    std::string commands;
    std::string replies;
  };

  unix_socket socket_;
  std::vector<prebuilt> batches_;
  std::string buffer_;
  std::size_t runs_ = 0;
};

[[maybe_unused]] const bool registered = add_client<raw_client>("raw");

}  // namespace
}  // namespace parley::bench
