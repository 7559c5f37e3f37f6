// Speakers of redis_provider: one that shouts, and N providers that listen.
#include "pubsub.hpp"

#include <memory>
#include <optional>

#include "provider.hpp"

namespace parley::bench {

std::string make_payload(std::size_t pass) {
  std::string payload = "pass " + std::to_string(pass) + " ";
  payload.resize(256, 'p');
  return payload;
}

namespace {

template <class Loop>
class provider_peers {
 public:
  provider_peers(const std::string& path, std::size_t subscribers) {
    publisher_ = connected(path);
    speaker_.emplace(finish(on_, publisher_->create_speaker("bench")));
    for (std::size_t i = 0; i < subscribers; ++i) {
      subscribers_.push_back(connected(path));
      const auto on_message = [this](const message& m) {
        if (m.text() != payload_) wrong(Loop::name, "another message was due");
        --left_;
      };
      speakers_.push_back(finish(on_, subscribers_.back()->create_speaker("bench", on_message)));
    }
  }

  void run(const std::string& payload) {
    payload_ = payload;
    left_ = subscribers_.size() * published_together + published_together;
    for (std::size_t i = 0; i < published_together; ++i) {
      speaker_->shout_bytes(as_bytes(payload)).then([this](result<delivery> done) {
        if (!done || done->receivers != static_cast<std::int64_t>(subscribers_.size())) {
          wrong(Loop::name, "a message was not delivered to all");
        }
        --left_;
      });
    }
    while (left_ > 0) on_.turn();
  }

 private:
  std::unique_ptr<redis_provider> connected(const std::string& path) {
    auto made = std::make_unique<redis_provider>(on_.loop, config_for(path));
    finish(on_, made->initialize());
    return made;
  }

  Loop on_;
  std::unique_ptr<redis_provider> publisher_;
  std::vector<std::unique_ptr<redis_provider>> subscribers_;
  std::optional<speaker> speaker_;
  std::vector<speaker> speakers_;
  std::string_view payload_;
  std::size_t left_ = 0;
};

[[maybe_unused]] const bool registered = add_pubsub<provider_peers<on_blocking>>("parley") &&
                                         add_pubsub<provider_peers<on_uv>>("parley_uv");

}  // namespace
}  // namespace parley::bench
