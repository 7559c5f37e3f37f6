// redis_provider with completion callbacks, as add_client() wants it.
#pragma once

#include <cstdint>
#include <vector>

#include "provider.hpp"
#include "script.hpp"

namespace parley::bench {

template <class Loop>
class provider_client {
 public:
  provider_client(const std::string& path, const std::vector<batch>& script)
      : redis_(on_.loop, config_for(path)), script_(script) {
    finish(on_, redis_.initialize());
  }

  // What is under way is answered first: being cancelled is no right answer.
  ~provider_client() {
    next_ = none;
    while (left_ > 0) on_.turn();
  }
  provider_client(const provider_client&) = delete;
  provider_client& operator=(const provider_client&) = delete;

  // The next batch is given inside the callback that ends this one, as a program on a loop does.
  void run(std::size_t i) {
    if (left_ == 0) give(i);
    next_ = i + 1 == script_.size() ? 0 : i + 1;
    const std::size_t before = given_;
    while (given_ == before) on_.turn();
  }

 private:
  static constexpr std::size_t none = SIZE_MAX;

  void give(std::size_t i) {
    const batch& b = script_[i];
    ++given_;
    left_ = b.size();
    for (const step& s : b) {
      if (s.is_set) {
        redis_.set(s.key, s.as_value).then([this](result<bool> done) {
          if (!done || !*done) wrong(Loop::name, "SET was not answered by OK");
          answered();
        });
      } else {
        redis_.get(s.key).then([this, &s](result<value> got) {
          if (!got || !is_right(s, got->text())) wrong(Loop::name, "GET answered another value");
          answered();
        });
      }
    }
  }

  void answered() {
    if (--left_ == 0 && next_ != none) give(next_);
  }

  Loop on_;
  redis_provider redis_;
  const std::vector<batch>& script_;
  std::size_t left_ = 0;   // replies of the present batch
  std::size_t given_ = 0;  // batches
  std::size_t next_ = 0;   // the batch to give when this one has ended
};

}  // namespace parley::bench
