// Another process, which answers each line with itself on a port of loopback. Ends
// with this object.
#pragma once

#include <sys/types.h>

#include <parley/core/net/address.hpp>

namespace parley::test {

class echo_process {
 public:
  echo_process();
  ~echo_process();
  echo_process(const echo_process&) = delete;
  echo_process& operator=(const echo_process&) = delete;

  address where() const { return where_; }

 private:
  pid_t child_ = -1;
  address where_;
};

}  // namespace parley::test
