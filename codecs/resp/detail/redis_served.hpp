// A callable that is answered here: listens to requests, claims each one, and publishes the answer.
#pragma once

#include <optional>
#include <parley/codecs/resp/detail/redis_call_words.hpp>
#include <parley/core/api/served_handler.hpp>
#include <parley/core/api/speaker.hpp>
#include <string>
#include <string_view>

namespace parley::detail {

class redis_core;

class redis_served final : public callable_core {
 public:
  redis_served(redis_core& core, std::string_view name, call_handler handler);

  std::string_view name() const override { return name_; }
  operation<value> call(const value& request, call_options options) override;
  // Ends with the server's confirmation, and this.
  operation<callable> begin();
  // Answers no more.
  void forget() noexcept;

 private:
  ~redis_served() override;
  void dispose() noexcept override { delete this; }

  void hear(const message& m);
  void answer(const redis_request& r);

  redis_core& core_;
  std::string name_;
  served_handler handler_;
  std::optional<speaker> ear_;
};

}  // namespace parley::detail
