// The whole provider and the embedded server over simulated links. The input is a list of
// what users do (commands, waits, cancels, speakers, calls, lent connections, closing) and
// of what happens (breaks, partitions, crashes, time). Whatever they are: each operation
// ends once, no reply reaches another caller, no call runs twice, and nothing is left when
// the provider has gone.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/adapters/sim/world.hpp>
#include <parley/codecs/resp/redis_provider.hpp>
#include <parley/codecs/resp/server/redis_server.hpp>
#include <string>
#include <vector>

#include "support/ledger.hpp"
#include "support/reader.hpp"

namespace {

using namespace parley;
using fuzz::ledger;
using fuzz::must;
using fuzz::reader;
using std::chrono::milliseconds;
using std::chrono::seconds;

redis_config config_of(std::uint8_t bits) {
  redis_config c;
  c.host = "server";
  c.password = "secret";
  if (bits & 1) c.protocol = resp::version_choice::resp2;
  if (bits & 2) c.max_connections = 3;
  if (bits & 4) c.offline_bytes = 600;
  if (bits & 8) c.offline_policy = overflow::drop_oldest;
  if (bits & 16) c.pool_timeout = milliseconds(200);
  if (bits & 32) c.pool_idle = milliseconds(300);
  if (bits & 64) c.max_output = 300;
  if (bits & 128) c.pool_waiting = 2;
  return c;
}

class session {
 public:
  explicit session(reader in) : in_(in), world_(in_.byte()), config_(config_of(in_.byte())) {
    redis_server_config at;
    at.host = endpoint(there_.at(6379)).host();
    at.password = "secret";
    server_ = std::make_unique<redis_server>(there_, at);
    must(server_->listen().has_value());
    there_.on_boot([this] {
      // A crash takes the process: connections and listeners are gone already.
      server_.reset();
      redis_server_config again;
      again.host = endpoint(there_.at(6379)).host();
      again.password = "secret";
      server_ = std::make_unique<redis_server>(there_, again);
      (void)server_->listen();
    });
  }

  void run() {
    begin();
    while (!in_.empty()) step();
    speakers_.clear();
    lent_.clear();
    redis_.reset();
    world_.heal_all();
    world_.run_for(seconds(30));
    for (int times : book_.ended) must(times == 1);
    must(here_.open_connections() == 0);
    states_.clear();
  }

 private:
  std::uint8_t byte() { return in_.byte(); }

  void begin() {
    redis_ = std::make_unique<redis_provider>(here_, config_);
    const std::size_t entry = book_.open();
    redis_->initialize().then([this, entry](result<void>) { book_.close(entry); });
  }

  void step() {
    const std::uint8_t what = byte();
    switch (what % 16) {
      case 0:
        return echo();
      case 1:
        return call();
      case 2:
        return wait_at_the_server();
      case 3:
        return push();
      case 4:
        return cancel(byte());
      case 5:
        return speak();
      case 6:
        return shout();
      case 7:
        return drop(byte());
      case 8:
        return borrow();
      case 9:
        return use_lent(byte());
      case 10:
        world_.reset(here_, there_);
        return;
      case 11:
        if (byte() & 1) return world_.partition(here_, there_);
        return world_.heal(here_, there_);
      case 12:
        return crash();
      case 13:
        world_.run_for(milliseconds(byte()));
        return;
      case 14:
        world_.run_for(milliseconds(40 * byte()));
        return;
      default:
        return end();
    }
  }

  void echo() {
    const std::size_t entry = book_.open();
    const std::string text = "echo " + std::to_string(entry);
    auto op = redis_->command_as<std::string>("ECHO", text);
    states_.emplace_back(op.state());
    std::move(op).then([this, entry, text](result<std::string> r) {
      book_.close(entry);
      if (r) must(*r == text);
    });
  }

  // Served and called by the same provider: each request runs at most once.
  void call() {
    if (byte() % 4 == 0) {
      const std::size_t entry = book_.open();
      const auto run = [this](const value& v) -> result<value> {
        const auto of = static_cast<std::size_t>(v.to<std::uint64_t>().value());
        must(runs_.at(of)++ == 0);
        if (of % 5 == 0) return fail(errc::bad_value, "as it was told");
        return v;
      };
      redis_->create_callable("f", run).then(
          [this, entry](const result<callable>&) { book_.close(entry); });
      return;
    }
    const std::size_t made = book_.open();
    redis_->create_callable("f").then([this, made](result<callable> c) {
      book_.close(made);
      if (!c || !redis_) return;
      const std::size_t entry = book_.open();
      runs_.resize(entry + 1);
      auto op = c->call(entry);
      states_.emplace_back(op.state());
      std::move(op).then([this, entry](const result<value>& r) {
        book_.close(entry);
        if (r) must(r->to<std::uint64_t>().value() == entry);
      });
    });
  }

  void wait_at_the_server() {
    const std::size_t entry = book_.open();
    auto op = redis_->command("BLPOP", "list", byte() & 1 ? "0" : "0.2");
    states_.emplace_back(op.state());
    std::move(op).then([this, entry](result<resp::reply>) { book_.close(entry); });
  }

  void push() {
    const std::size_t entry = book_.open();
    redis_->command_as<std::int64_t>("RPUSH", "list", entry).then([this, entry](auto) {
      book_.close(entry);
    });
  }

  void cancel(std::uint8_t which) {
    if (!states_.empty()) states_[which % states_.size()]->cancel();
  }

  void speak() {
    const std::size_t entry = book_.open();
    const bool by_pattern = (byte() & 1) != 0;
    auto on_message = [this](const message&) {
      // Any call is legal in a callback.
      if (++heard_ % 3 == 0) echo();
      if (heard_ % 7 == 0) speakers_.clear();
    };
    auto op = redis_->create_speaker(by_pattern ? "c*" : "c", on_message,
                                     by_pattern ? pattern() : speaker_options());
    std::move(op).then([this, entry](result<speaker> r) {
      book_.close(entry);
      if (r && redis_) speakers_.push_back(*std::move(r));
    });
  }

  void shout() {
    if (speakers_.empty()) return;
    const std::size_t entry = book_.open();
    speakers_.back().shout(entry).then([this, entry](result<delivery>) { book_.close(entry); });
  }

  void drop(std::uint8_t which) {
    if (which & 1 && !speakers_.empty()) speakers_.erase(speakers_.begin());
    if (which & 2 && !lent_.empty()) lent_.erase(lent_.begin());
  }

  void borrow() {
    const std::size_t entry = book_.open();
    redis_->acquire().then([this, entry](result<redis_connection> r) {
      book_.close(entry);
      if (r && redis_) lent_.push_back(*std::move(r));
    });
  }

  void use_lent(std::uint8_t which) {
    constexpr std::array<const char*, 4> words{"MULTI", "EXEC", "PING", "DBSIZE"};
    if (lent_.empty()) return;
    const std::size_t entry = book_.open();
    lent_[which % lent_.size()]
        .command(words[(which >> 2) % words.size()])
        .then([this, entry](auto) { book_.close(entry); });
  }

  void crash() {
    if (server_) {
      there_.crash();
      there_.restart();
    }
  }

  // The end of the provider in whatever state, and another one.
  void end() {
    speakers_.clear();
    if (byte() & 1) {
      const std::size_t entry = book_.open();
      redis_->close().then([this, entry](result<void>) { book_.close(entry); });
    }
    lent_.clear();
    redis_.reset();
    begin();
  }

  reader in_;
  ledger book_;
  sim::world world_;
  sim::host& there_ = world_.add_host("server");
  sim::host& here_ = world_.add_host("client");
  redis_config config_;
  std::unique_ptr<redis_server> server_;
  std::unique_ptr<redis_provider> redis_;
  std::vector<speaker> speakers_;
  std::vector<redis_connection> lent_;
  std::vector<fuzz::held_operation> states_;
  int heard_ = 0;
  std::vector<int> runs_;  // of each call
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Each step costs simulated time: longer inputs find nothing more.
  if (size > 400) return 0;
  session(reader({reinterpret_cast<const char*>(data), size})).run();
  return 0;
}
