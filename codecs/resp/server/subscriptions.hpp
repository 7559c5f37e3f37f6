// Who listens to what: the channels and patterns of a server.
#pragma once

#include <cstddef>
#include <functional>
#include <parley/codecs/resp/server/peer.hpp>
#include <parley/core/time.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::resp {

// A channel or a pattern with its listeners, in the order in which they came.
struct subject {
  std::string name;
  std::vector<peer*> listeners;
};

enum class subject_kind : unsigned char { channel, pattern };

// Every message is encoded once per version of the protocol, and shared by all who
// get it.
class subscription_registry {
 public:
  // False: it did listen already.
  bool add(peer& who, subject_kind kind, std::string_view name);
  // False: it did not listen.
  bool remove(peer& who, subject_kind kind, std::string_view name);
  void remove_all(peer& who) noexcept;

  // Gives the message to all who listen, and says how many times; a client with a
  // matching pattern and the channel gets it twice. To whoever publishes it comes before
  // the reply, as with Redis.
  std::size_t publish(std::string_view channel, std::string_view payload, time_point now);

  std::size_t listeners(std::string_view channel) const noexcept;
  std::size_t channels() const noexcept { return channels_.size(); }
  std::size_t patterns() const noexcept { return patterns_.size(); }
  // The names of channels that match, in the order of their letters; an empty pattern
  // is no pattern.
  std::vector<std::string_view> matching(const std::string_view* pattern) const;

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  // Nodes stay where they are: clients point to them.
  using table = std::unordered_map<std::string, subject, hash, std::equal_to<>>;

  class message;
  struct half_done;
  table& table_of(subject_kind kind) noexcept {
    return kind == subject_kind::channel ? channels_ : patterns_;
  }
  void drop(peer& who, table& from, subject& what) noexcept;
  static void deliver(message& m, const subject& to, time_point now);

  table channels_;
  table patterns_;
};

}  // namespace parley::resp
