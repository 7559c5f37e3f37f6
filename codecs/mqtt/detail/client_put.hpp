// Writes a packet of a client that cannot be wrong: its fields are the client's own.
//
// Internal to codecs/mqtt.
#pragma once

#include <parley/codecs/mqtt/client.hpp>

namespace parley::mqtt {

template <class Packet>
void client::put(const Packet& p) {
  sent_at_ = now_;
  const std::size_t before = out_.size();
  (void)encoder_.append(out_.next(), p);
  replies_ += out_.size() - before;
}

}  // namespace parley::mqtt
