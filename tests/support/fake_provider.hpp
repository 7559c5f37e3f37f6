// A server that is not there, and providers of it that do what a test says: for what stands above
// all protocols. Everything takes `latency` of the loop's time each way.
//
//   fake_hub hub(loop, "redis");
//   auto p = hub.make();              // a provider
//   hub.die(); hub.revive();          // with errc::reset for what is under way
//   hub.log                           // "name:payload" of each message that arrived
//
// Who listens has a session: what was accepted while it was away comes when it is back.
#pragma once

#include <fnmatch.h>

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <parley/codecs/json/json.hpp>
#include <parley/codecs/json/payload.hpp>
#include <parley/core/api/provider.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/api/topics.hpp>
#include <set>
#include <string>
#include <vector>

namespace parley::test {

class fake_provider;

// Calls functions later, on a loop.
class clockwork final : private timer {
 public:
  explicit clockwork(loop& home) : home_(home) {}
  void after(duration d, callback<void()> f) {
    all_.emplace(home_.now() + d, std::move(f));
    home_.set_timer(*this, all_.begin()->first);
  }

 private:
  void fired(time_point now) override {
    while (!all_.empty() && all_.begin()->first <= now) {
      auto f = std::move(all_.begin()->second);
      all_.erase(all_.begin());
      f();
    }
    if (!all_.empty()) home_.set_timer(*this, all_.begin()->first);
  }

  loop& home_;
  std::multimap<time_point, callback<void()>> all_;
};

class fake_hub {
 public:
  fake_hub(loop& l, std::string name) : home(l), protocol(std::move(name)), later(l) {}

  std::unique_ptr<provider> make(observer* watch = nullptr);
  // For a table of protocols.
  protocols::maker maker() {
    return [this](loop&, const uri&, observer* watch) -> result<std::unique_ptr<provider>> {
      return make(watch);
    };
  }
  inline void die(errc why = errc::reset);
  inline void revive();
  inline void accept(const std::string& topic, const std::string& payload);

  loop& home;
  std::string protocol;
  clockwork later;
  duration latency = std::chrono::milliseconds(1);
  bool alive = true;
  bool silent = false;                // initialize() has no end
  bool tells = true;                  // changes of state go to the observer
  duration patience{};                // initialize() goes on so long after a refusal, as real ones
  std::optional<error> refuses{};     // initialize() fails so
  std::optional<error> no_speaker{};  // create_speaker() fails so
  std::optional<error> no_listener{};
  std::optional<error> answers{};  // shouts end so
  bool accepts_and_dies = false;   // the next shout arrives, and its answer does not
  std::vector<std::string> log{};
  int attempts = 0, closed = 0, speakers = 0, ran = 0;
  std::map<std::string, std::shared_ptr<call_handler>> handlers{};
  std::vector<fake_provider*> providers{};
};

class fake_speaker;

class fake_provider final : public provider, public canceller {
 public:
  fake_provider(fake_hub& hub, observer* watch) : hub_(hub), watch_(watch) {
    hub_.providers.push_back(this);
  }
  ~fake_provider() override;

  std::string_view protocol() const override { return hub_.protocol; }
  operation<void> initialize() override;
  operation<speaker> create_speaker(std::string_view name, speaker_options options) override;
  operation<speaker> create_speaker(std::string_view, message_callback, speaker_options) override {
    return operation<speaker>::finished(hub_.home, fail(errc::not_supported, "not by the tests"));
  }
  operation<callable> create_callable(std::string_view name) override;
  operation<callable> create_callable(std::string_view name, call_handler handler) override;
  operation<void> close() override {
    ++hub_.closed;
    enter(provider_state::closed, {});
    end_all(error(errc::cancelled));
    return operation<void>::finished(hub_.home, {});
  }
  provider_status status() const override {
    provider_status s;
    s.state = state_;
    s.last_error = last_error_;
    s.connects = connects_;
    return s;
  }

  void enter(provider_state s, std::optional<error> why) {
    state_ = s;
    if (why) last_error_ = why;
    if (s == provider_state::up) ++connects_;
    if (watch_ && hub_.tells) watch_->state_changed(hub_.protocol, s, why ? &*why : nullptr);
  }
  void end_all(const error& why) {
    for (auto& [id, u] : std::exchange(under_way_, {})) u->end(why);
  }
  bool is_up() const { return state_ == provider_state::up; }
  bool wants_up() const {
    return state_ == provider_state::waiting || state_ == provider_state::connecting;
  }
  // An operation that ends with the connection, unless it ends before.
  template <class T>
  std::uint64_t enrol(completer<T> c) {
    c.state()->set_canceller(this);
    under_way_.emplace(++last_id_, std::make_unique<waiter_of<T>>(std::move(c)));
    return last_id_;
  }
  template <class T>
  void end(std::uint64_t id, result<T> r) {
    const auto at = under_way_.find(id);
    if (at == under_way_.end()) return;
    const auto u = std::move(at->second);
    under_way_.erase(at);
    static_cast<waiter_of<T>&>(*u).done.complete(std::move(r));
  }
  bool is_under_way(std::uint64_t id) const { return under_way_.contains(id); }
  void cancel(operation_base& op) override {
    for (auto at = under_way_.begin(); at != under_way_.end(); ++at) {
      if (at->second->state() != &op) continue;
      const auto u = std::move(at->second);
      under_way_.erase(at);
      return u->end(error(errc::cancelled));
    }
  }
  template <class T>
  operation<T> later_or_never(result<T> r);
  // One try to connect, for initialize() number `id`, and others until `end`.
  void connect(std::uint64_t id, time_point end);

  fake_hub& hub() { return hub_; }
  std::vector<fake_speaker*> speakers;

 private:
  fake_hub& hub_;
  observer* watch_;
  provider_state state_ = provider_state::idle;
  std::optional<error> last_error_;
  std::uint64_t connects_ = 0, last_id_ = 0;
  struct waiter {
    virtual ~waiter() = default;
    virtual operation_base* state() = 0;
    virtual void end(const error& why) = 0;
  };
  template <class T>
  struct waiter_of final : waiter {
    explicit waiter_of(completer<T> c) : done(std::move(c)) {}
    operation_base* state() override { return done.state(); }
    void end(const error& why) override { done.complete(std::unexpected(why)); }
    completer<T> done;
  };
  std::map<std::uint64_t, std::unique_ptr<waiter>> under_way_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

 public:
  std::weak_ptr<bool> life() const { return alive_; }
};

class fake_speaker final : public speaker_core {
 public:
  fake_speaker(fake_provider& p, std::string_view name, speaker_options o)
      : provider_(&p), life_(p.life()), home_(p.hub().home), name_(name), options_(o) {
    p.speakers.push_back(this);
    ++p.hub().speakers;
  }
  ~fake_speaker() override {
    if (life_.expired()) return;
    std::erase(provider_->speakers, this);
    --provider_->hub().speakers;
  }

  std::string_view name() const override { return name_; }
  operation<delivery> shout(const value& v) override {
    const auto p = json::payload::of(v);
    return shout_bytes(p->bytes());
  }
  operation<delivery> shout_bytes(byte_view payload) override {
    completer<delivery> c(home_);
    auto op = c.op();
    if (life_.expired() || !provider_->is_up()) {
      c.complete(fail(errc::not_connected));
      return op;
    }
    fake_hub& hub = provider_->hub();
    const auto id = provider_->enrol(std::move(c));
    const std::uint64_t connection = provider_->status().connects;
    hub.later.after(hub.latency, [this, &hub, id, connection, life = life_, name = name_,
                                  text = std::string(as_text(payload))] {
      if (life.expired() || !hub.alive) return;
      if (!provider_->is_up() || provider_->status().connects != connection) return;
      if (hub.answers) return (void)provider_->end<delivery>(id, std::unexpected(*hub.answers));
      hub.accept(name, text);
      if (std::exchange(hub.accepts_and_dies, false)) return hub.die();
      hub.later.after(hub.latency, [p = provider_, id, life] {
        if (!life.expired()) p->end<delivery>(id, delivery(1));
      });
    });
    return op;
  }
  operation<void> listen(message_callback f) override {
    completer<void> c(home_);
    auto op = c.op();
    fake_hub& hub = provider_->hub();
    if (life_.expired() || !provider_->is_up()) {
      c.complete(fail(errc::not_connected));
    } else if (hub.no_listener) {
      c.complete(std::unexpected(*hub.no_listener));
    } else {
      const auto id = provider_->enrol(std::move(c));
      told_ = std::make_shared<message_callback>(std::move(f));
      hub.later.after(2 * hub.latency, [p = provider_, id, life = life_] {
        if (!life.expired()) p->end<void>(id, {});
      });
    }
    return op;
  }
  operation<void> stop_listening() override {
    told_ = nullptr;
    missed_.clear();
    return operation<void>::finished(home_, {});
  }

  void offer(const std::string& topic, const std::string& payload) {
    if (!told_ || !matches(topic)) return;
    missed_.emplace_back(topic, payload);
    if (provider_->is_up()) come_back();
  }
  void come_back() {
    retain();
    while (!missed_.empty() && told_) {
      const auto [topic, payload] = std::move(missed_.front());
      missed_.pop_front();
      const auto told = told_;
      const message m(topic, as_bytes(payload), {}, options_.decode, &json::decode);
      (*told)(m);
    }
    release();
  }

 private:
  void dispose() noexcept override { delete this; }
  bool matches(const std::string& topic) const {
    if (options_.pattern) return ::fnmatch(name_.c_str(), topic.c_str(), 0) == 0;
    return topic_matches(name_, topic);
  }

  fake_provider* provider_;
  std::weak_ptr<bool> life_;
  loop& home_;
  std::string name_;
  speaker_options options_;
  std::shared_ptr<message_callback> told_;
  std::list<std::pair<std::string, std::string>> missed_;
};

class fake_callable final : public callable_core {
 public:
  fake_callable(fake_provider& p, std::string_view name) : provider_(p), name_(name) {}
  std::string_view name() const override { return name_; }
  operation<value> call(const value& request, call_options) override {
    fake_hub& hub = provider_.hub();
    completer<value> c(hub.home);
    auto op = c.op();
    if (!provider_.is_up()) {
      c.complete(fail(errc::not_connected));
      return op;
    }
    const auto id = provider_.enrol(std::move(c));
    hub.later.after(hub.latency, [&hub, p = &provider_, id, name = name_, request,
                                  life = provider_.life()] {
      if (life.expired() || !p->is_under_way(id)) return;
      ++hub.ran;
      auto answer = std::make_shared<result<value>>(fail(errc::not_supported, "nobody answers"));
      if (hub.handlers.contains(name)) *answer = (*hub.handlers[name])(request);
      if (std::exchange(hub.accepts_and_dies, false)) return hub.die();
      hub.later.after(hub.latency, [p, id, life, answer] {
        if (!life.expired()) p->end<value>(id, *answer);
      });
    });
    return op;
  }

 private:
  void dispose() noexcept override { delete this; }
  fake_provider& provider_;
  std::string name_;
};

template <class T>
operation<T> fake_provider::later_or_never(result<T> r) {
  completer<T> c(hub_.home);
  auto op = c.op();
  const auto id = enrol(std::move(c));
  hub_.later.after(hub_.latency,
                   [this, id, life = life(), r = std::make_shared<result<T>>(std::move(r))] {
                     if (!life.expired()) end<T>(id, std::move(*r));
                   });
  return op;
}

inline fake_provider::~fake_provider() {
  alive_.reset();
  end_all(error(errc::cancelled));
  std::erase(hub_.providers, this);
}

inline operation<void> fake_provider::initialize() {
  ++hub_.attempts;
  completer<void> c(hub_.home);
  auto op = c.op();
  if (is_up()) {
    c.complete({});
    return op;
  }
  state_ = provider_state::connecting;
  connect(enrol(std::move(c)), hub_.home.now() + hub_.patience);
  return op;
}

inline void fake_provider::connect(std::uint64_t id, time_point end_of_all) {
  hub_.later.after(hub_.latency, [this, id, end_of_all, life = life()] {
    if (life.expired() || hub_.silent) return;
    if (hub_.refuses) {
      enter(provider_state::failed, *hub_.refuses);
      end<void>(id, std::unexpected(*hub_.refuses));
    } else if (hub_.alive) {
      if (!is_up()) enter(provider_state::up, {});
      end<void>(id, {});
    } else {
      const error why(errc::refused, hub_.protocol);
      enter(provider_state::waiting, why);
      if (hub_.home.now() >= end_of_all) return end<void>(id, std::unexpected(why));
      hub_.later.after(std::chrono::milliseconds(100), [this, id, end_of_all, life] {
        if (!life.expired()) connect(id, end_of_all);
      });
    }
  });
}

inline operation<speaker> fake_provider::create_speaker(std::string_view name,
                                                        speaker_options options) {
  if (hub_.no_speaker) return later_or_never<speaker>(std::unexpected(*hub_.no_speaker));
  return later_or_never<speaker>(speaker(new fake_speaker(*this, name, options)));
}

inline operation<callable> fake_provider::create_callable(std::string_view name) {
  return later_or_never<callable>(callable(new fake_callable(*this, name)));
}

inline operation<callable> fake_provider::create_callable(std::string_view name,
                                                          call_handler handler) {
  hub_.handlers[std::string(name)] = std::make_shared<call_handler>(std::move(handler));
  return later_or_never<callable>(callable(new fake_callable(*this, name)));
}

inline std::unique_ptr<provider> fake_hub::make(observer* watch) {
  return std::make_unique<fake_provider>(*this, watch);
}

inline void fake_hub::die(errc why) {
  alive = false;
  for (fake_provider* p : providers) {
    if (!p->is_up()) continue;
    p->enter(provider_state::waiting, error(why, protocol));
    p->end_all(error(why, protocol));
  }
}

inline void fake_hub::revive() {
  alive = true;
  later.after(latency, [this] {
    if (!alive) return;
    for (fake_provider* p : providers) {
      if (!p->wants_up()) continue;
      p->enter(provider_state::up, {});
      const auto all = p->speakers;
      for (fake_speaker* s : all) s->come_back();
    }
  });
}

inline void fake_hub::accept(const std::string& topic, const std::string& payload) {
  log.push_back(topic + ":" + payload);
  for (fake_provider* p : std::vector(providers)) {
    for (fake_speaker* s : std::vector(p->speakers)) s->offer(topic, payload);
  }
}

}  // namespace parley::test
