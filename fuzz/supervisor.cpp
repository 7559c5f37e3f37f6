// The supervisor of carriers, told whatever the input says, at whatever time.
//
// Input: the number of carriers and flags, then pairs of bytes: what happens, and to whom or how
// much later. It is an attempt only for who was asked for, a fail-back only to who was up for long
// enough, never more than one attempt of a carrier, none of one that is out, no busy loop, and
// while there is none, one that was refused holds nobody up.
#include <parley/core/fallback/supervisor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace std::chrono_literals;
using parley::carrier_state;
using parley::errc;
using parley::error;
using parley::time_point;

void demand(bool condition) {
  if (!condition) __builtin_trap();
}

// The input's own, so that a finding replays.
struct input_random final : parley::random_source {
  void random(std::span<std::byte> out) override {
    for (std::byte& b : out) {
      word = word * 6364136223846793005U + 1442695040888963407U;
      b = static_cast<std::byte>(word >> 56);
    }
  }
  std::uint64_t word = 1;
};

struct model {
  bool owed = false;      // attempt_ended()
  bool stumbled = false;  // owed, and has been refused
  bool out = false;
  bool up = false;
  time_point since{};
};

class history {
 public:
  history(std::size_t carriers, std::uint8_t flags)
      : config_(config_of(flags)), all_(carriers), machine_(carriers, config_, random_) {}

  void act(std::uint8_t what, std::uint8_t how) {
    if (all_.empty()) return turn();
    const std::size_t i = how % all_.size();
    switch (what % 8) {
      case 0:
        machine_.start(now_);
        started_ = true;
        break;
      case 1:
        end_attempt(i, true, errc::refused);
        break;
      case 2:
        end_attempt(i, false, how >= 128 ? errc::bad_configuration : errc::refused);
        break;
      case 3:
        come_up(i);
        machine_.carrier_up(i, now_);
        break;
      case 4:
        go_down(i, how >= 128 ? errc::unavailable : errc::reset);
        break;
      case 5:
        retry(how);
        break;
      case 6:
        machine_.worth_trying(i, now_);
        break;
      default:
        return pass(std::chrono::milliseconds(std::uint64_t{how} * how * 10));
    }
    turn();
  }

 private:
  static parley::supervisor_config config_of(std::uint8_t flags) {
    parley::supervisor_config c;
    if (flags & 1U) c.warm = true;
    if (flags & 2U) c.grace = 0s;
    if (flags & 4U) c.stagger = 0s;
    if (flags & 8U) c.hold_off_factor = 1;
    if (flags & 16U) c.retry.max_attempts = 3;
    if (flags & 32U) c.total_timeout = 100ms;
    return c;
  }

  void come_up(std::size_t i) {
    if (!started_) return;
    model& m = all_[i];
    if (!m.up) m.since = now_;
    m.up = true;
    m.out = false;
    m.owed = false;
  }
  void end_attempt(std::size_t i, bool well, errc why) {
    model& m = all_[i];
    if (!m.owed) return;
    m.owed = false;
    if (well) come_up(i);
    machine_.attempt_ended(i, well ? parley::result<void>() : parley::fail(why), now_);
    note(i);
  }
  void go_down(std::size_t i, errc why) {
    machine_.carrier_down(i, error(why), now_);
    if (started_) all_[i].up = false;
    all_[i].stumbled = all_[i].owed;
    note(i);
  }
  void note(std::size_t i) {
    all_[i].out = machine_.report(i).state == carrier_state::out;
    if (all_[i].out) all_[i].owed = false;
  }
  void retry(std::uint8_t how) {
    if (how % 2 == 0) return machine_.set_warm(how % 4 == 0, now_);
    for (model& m : all_) m.out = false;
    machine_.retry(now_);
  }

  void pass(parley::duration d) {
    const time_point end = now_ + d;
    int at_once = 0;
    for (auto at = machine_.next_deadline(); at && *at <= end; at = machine_.next_deadline()) {
      at_once = *at > now_ ? 0 : at_once + 1;
      demand(at_once < 16);  // a busy loop
      now_ = std::max(now_, *at);
      machine_.handle_timeout(now_);
      turn();
    }
    now_ = end;
  }

  void turn() {
    std::size_t count = 0;
    while (auto e = machine_.next_event()) {
      demand(++count <= 4 * all_.size() + 8);
      if (const auto* t = std::get_if<parley::try_carrier>(&*e)) tried(t->carrier);
      if (const auto* a = std::get_if<parley::abandon_carrier>(&*e)) abandoned(a->carrier);
      if (const auto* s = std::get_if<parley::carrier_switched>(&*e)) switched(*s);
      if (const auto* x = std::get_if<parley::carriers_exhausted>(&*e)) exhausted(x->is_final);
    }
    const auto c = machine_.carrier();
    demand(c == carrier_);
    demand(!machine_.is_carrying() || (c && all_[*c].up));
    for (std::size_t i = 0; i < all_.size(); ++i) {
      demand((machine_.report(i).state == carrier_state::up) == all_[i].up);
    }
    demand(machine_.fail_backs() <= machine_.switches());
    if (started_) demand_haste();
  }
  // While there is none, somebody is waited for who has not been refused, or all were tried.
  void demand_haste() const {
    bool is_untried = false, is_waited_for = false;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      is_untried = is_untried || machine_.report(i).state == carrier_state::untried;
      is_waited_for = is_waited_for || all_[i].up || (all_[i].owed && !all_[i].stumbled);
    }
    demand(is_waited_for || !is_untried);
  }
  void tried(std::size_t i) {
    demand(!all_[i].owed && !all_[i].up && !all_[i].out);
    all_[i].owed = true;
    all_[i].stumbled = false;
  }
  void abandoned(std::size_t i) {
    demand(all_[i].owed);
    all_[i].owed = false;
    note(i);
  }
  void switched(const parley::carrier_switched& s) {
    demand(s.from == carrier_ && s.to != carrier_);
    demand(!s.to || all_[*s.to].up);
    // A good carrier is left only for a better one that was up for long.
    if (s.from && all_[*s.from].up) {
      demand(s.to && *s.to < *s.from && !s.why);
      demand(now_ - all_[*s.to].since >= config_.fail_back_after);
    }
    carrier_ = s.to;
  }
  void exhausted(bool is_final) const {
    bool all_out = true;
    for (const model& m : all_) all_out = all_out && m.out;
    demand(all_out == is_final);
  }

  parley::supervisor_config config_;
  input_random random_;
  std::vector<model> all_;
  parley::supervisor machine_;
  std::optional<std::size_t> carrier_;
  time_point now_ = time_point(1h);
  bool started_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  history h(data[0] % 6, data[1]);
  for (std::size_t i = 2; i + 1 < size; i += 2) h.act(data[i], data[i + 1]);
  return 0;
}
