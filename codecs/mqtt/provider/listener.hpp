// Who listens to a filter: a speaker, a served callable, or the answers to calls.
#pragma once

#include <parley/codecs/mqtt/events.hpp>

namespace parley::detail {

// Reference counted by whoever implements it.
class mqtt_listener {
 public:
  // A message has come. What a user's callback throws is caught in here.
  virtual void hear(const mqtt::message_event& m) = 0;
  // False: it has stopped meanwhile, or nobody holds it but the caller.
  virtual bool hears() const noexcept = 0;
  // The server does not want it, or the provider ends: listens no more. It is in no list any more.
  virtual void forget() noexcept = 0;
  // Lives at least until release().
  virtual void retain() noexcept = 0;
  virtual void release() noexcept = 0;

  // Which subscribing of its filter it came with: a retained message is for those of the last.
  std::uint64_t generation = 0;

 protected:
  ~mqtt_listener() = default;
};

}  // namespace parley::detail
