// What is listened to here, what of it the server has granted, and who gets a message that comes.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <parley/codecs/mqtt/mqtt_link.hpp>
#include <parley/codecs/mqtt/provider/listener.hpp>
#include <parley/core/api/listeners.hpp>
#include <parley/core/api/topic_index.hpp>
#include <parley/core/async/operation.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

// How a filter is subscribed.
struct mqtt_wish {
  mqtt::qos qos = mqtt::qos::at_most_once;
  bool no_local = false;
  bool retain_as_published = false;
  mqtt::retain_handling handling = mqtt::retain_handling::send;
  // Means nothing to a connection with 3.1.1.
  bool only_5 = false;
};

// What the subscriptions tell of themselves.
class mqtt_subscriptions_owner {
 public:
  // The server has granted it, so that messages which came before may be claimed.
  virtual void filter_granted(std::string_view filter) = 0;
  // For the log.
  virtual void filter_refused(std::string_view filter, const error& why) = 0;

 protected:
  ~mqtt_subscriptions_owner() = default;
};

class mqtt_subscriptions {
 public:
  mqtt_subscriptions(loop& home, mqtt_link& link, mqtt_subscriptions_owner& owner) noexcept
      : loop_(home), link_(link), owner_(owner) {}
  ~mqtt_subscriptions();

  // `filter` is sound. `done` ends with the server's answer, also much later. Whoever is refused is
  // forgotten first.
  void join(std::string_view filter, mqtt_listener& who, const mqtt_wish& wish,
            completer<void> done);
  // The same for one that has joined already.
  void wait(std::string_view filter, mqtt_listener& who, completer<void> done);
  // Also one that has not joined. `done` ends with the server's answer, or at once if there is none
  // to come. With `keep` the server is told nothing.
  void leave(std::string_view filter, mqtt_listener& who, bool keep, completer<void> done) noexcept;
  // Forgets all; the server is told nothing.
  void shut(const error& why) noexcept;

  // Gives it to each listener whose filter matches. `Heard`: somebody has got it. `unwanted`:
  // nobody, and it is of a filter that is being left. The core is kept by the caller.
  enum class outcome : std::uint8_t { heard, unwanted, unclaimed };
  outcome deliver(const mqtt::message_event& m);

  // --- told by the link
  // How many were lost by the server and are asked for anew.
  std::size_t link_up(bool session_present);
  // `final`: whoever waits is told `why`.
  void link_down(const error& why, bool final);
  void answered(const mqtt::subscribe_event& answer);
  void answered(const mqtt::unsubscribe_event& answer);

  std::size_t waiting() const noexcept;

 private:
  // wanted: is to be asked for. refused: not again on this connection.
  enum class standing : std::uint8_t { wanted, asked, granted, refused, leaving, asked_to_leave };
  struct waiter {
    mqtt_listener* who;
    completer<void> done;
  };
  struct entry {
    std::string filter{};
    std::size_t topic_at = 0;  // behind "$share/GROUP/"
    std::uint32_t id = 0;      // the subscription identifier
    mqtt_wish wish{};
    standing at = standing::wanted;
    std::uint64_t request = 0;
    std::uint64_t generation = 1;
    std::vector<mqtt_listener*> members{};
    std::vector<waiter> joining{};
    std::vector<completer<void>> left{};

    std::string_view topic() const noexcept { return std::string_view(filter).substr(topic_at); }
    bool is_due() const noexcept { return at == standing::wanted || at == standing::leaving; }
    bool is_asked() const noexcept {
      return at == standing::asked || at == standing::asked_to_leave;
    }
    bool is_leaving() const noexcept {
      return at == standing::leaving || at == standing::asked_to_leave;
    }
  };
  using entries = std::list<entry>;

  entry* find(std::string_view filter) noexcept;
  entry* find(std::uint64_t request) noexcept;
  entry& make(std::string_view filter);
  void erase(entry& e) noexcept;
  void enter(entry& e, standing next) noexcept;
  std::uint32_t free_id(std::string_view filter) const noexcept;
  bool is_meant(const entry& e, const mqtt::message_event& m) const noexcept;
  void ask_for_all();
  bool ask_for(entry& e);
  result<std::uint64_t> subscribe(const entry& e, time_point now);
  void granted(entry& e, mqtt::reason_code reason);
  void refuse(entry& e, const error& why);

  loop& loop_;
  mqtt_link& link_;
  mqtt_subscriptions_owner& owner_;
  // Those that the server is to be asked about, in their turn, and all others.
  entries due_, settled_;
  std::map<std::string_view, entries::iterator> by_filter_;
  std::map<std::uint64_t, entry*> by_request_;  // of those that are asked
  std::set<std::uint32_t> ids_;
  topic_index<entry> by_topic_;
  std::vector<mqtt_listener*> telling_;  // room for deliver()
};

}  // namespace parley::detail
