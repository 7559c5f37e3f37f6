// Who gets a broadcast: a process with many connections, none of which knows of envelopes. It
// checks each message, and tells when all of them have it. It serves the benchmark as well.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace parley::test {

// What the broadcast with this number says: 1 KiB of JSON.
std::string broadcast_text(std::size_t number);

// Of this process: as many as the system allows. How many that is.
std::size_t allow_descriptors();

class readers {
 public:
  enum class news : std::uint8_t { none, told, gone };

  // Begins to connect `count` clients to a port of 127.0.0.1, which offer compression or do not.
  // `begin`, if there is one, is called in the process before. To be made while this process has
  // one thread; the process ends with this object.
  readers(std::uint16_t port, std::size_t count, bool compressed, void (*begin)() = nullptr);
  readers(const readers&) = delete;
  readers& operator=(const readers&) = delete;
  ~readers();

  // Whether they have told something: that all are connected; then of each broadcast, from number 0
  // on, that everybody has it, whole and once; at last, that the server has said farewell to
  // everybody and nothing else. `gone`: it was something else, which stderr tells. At once.
  news look();
  // The same, but waits for it. False if they are gone.
  bool wait();

 private:
  int end_ = -1;  // of a pipe
  pid_t process_ = -1;
};

}  // namespace parley::test
