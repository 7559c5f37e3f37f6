// A callable that is answered here: listens to both kinds of requests.
#pragma once

#include <optional>
#include <parley/codecs/mqtt/provider/core.hpp>
#include <parley/codecs/mqtt/provider/listener.hpp>
#include <parley/core/api/served_handler.hpp>
#include <string>

namespace parley::detail {

class mqtt_served final : public callable_core, private mqtt_listener {
 public:
  // `name` may be that of a shared group; it is sound.
  mqtt_served(mqtt_core& core, std::string_view name, call_handler handler);

  std::string_view name() const override { return name_; }
  // With the group that it is shared in.
  std::string full_name() const { return group_ + name_; }
  operation<value> call(const value& request, call_options options) override;
  // Ends with the server's grants, and this.
  operation<callable> begin();
  // Answers no more; may be destroyed by it.
  void end() noexcept;

 private:
  // Both filters have to be granted.
  struct grants;

  ~mqtt_served() override;
  void dispose() noexcept override { delete this; }

  void hear(const mqtt::message_event& m) override;
  bool hears() const noexcept override { return handler_.is_serving(); }
  void forget() noexcept override { handler_.drop(); }
  void retain() noexcept override { callable_core::retain(); }
  void release() noexcept override { callable_core::release(); }

  void answer(const mqtt::message_event& m, std::string_view topic, bool has_properties);
  void answer_failure(const mqtt::message_event& m, std::string_view topic, bool has_properties,
                      const error& why);

  mqtt_core& core_;
  std::string group_;  // "$share/GROUP/", or empty
  std::string name_;
  served_handler handler_;
};

}  // namespace parley::detail
