// redis_provider with completion callbacks, on each loop.
#include "harness.hpp"
#include "provider.hpp"

namespace parley::bench {
namespace {

template <class Loop>
class provider_client {
 public:
  provider_client(const std::string& path, const std::vector<batch>& script)
      : redis_(on_.loop, config_for(path)), script_(script) {
    finish(on_, redis_.initialize());
  }

  void run(std::size_t i) {
    left_ = script_[i].size();
    for (const step& s : script_[i]) {
      if (s.is_set) {
        redis_.set(s.key, s.as_value).then([this](result<bool> done) {
          if (!done || !*done) wrong(Loop::name, "SET was not answered by OK");
          --left_;
        });
      } else {
        redis_.get(s.key).then([this, &s](result<value> got) {
          if (!got || !is_right(s, got->text())) wrong(Loop::name, "GET answered another value");
          --left_;
        });
      }
    }
    while (left_ > 0) on_.turn();
  }

 private:
  Loop on_;
  redis_provider redis_;
  const std::vector<batch>& script_;
  std::size_t left_ = 0;
};

[[maybe_unused]] const bool registered = add_client<provider_client<on_blocking>>("parley") &&
                                         add_client<provider_client<on_uv>>("parley_uv");

}  // namespace
}  // namespace parley::bench
