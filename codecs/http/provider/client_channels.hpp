// What a REST client listens to: a stream of server-sent events for each filter, which is made
// again when it breaks, from where it was (Last-Event-ID).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <parley/codecs/http/event_stream.hpp>
#include <parley/codecs/http/provider/client_call.hpp>
#include <parley/core/api/confirmations.hpp>
#include <parley/core/api/listeners.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/timer.hpp>
#include <parley/core/net/back_off.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class rest_client_speaker;
class rest_channel;

// The path of a channel or a filter under base_url: "/events/prices/eur", and for names that no
// path can have, filters among them, "/events?channel=a%2F%2B".
std::string path_of_channel(std::string_view events_path, std::string_view name);

// The request for a stream of events, and its bytes.
class rest_stream_call final : public rest_call {
 public:
  rest_stream_call(rest_client_core& core, rest_order order, std::shared_ptr<rest_channel> to);
  // Its channel wants to hear no more.
  void drop();

 private:
  void taken(const http::response_head& head) override;
  void piece(byte_view data) override;
  bool is_stream() const noexcept override { return streams_; }
  bool repeats_statuses() const noexcept override { return !streams_; }
  void ended(result<http_reply>&& outcome) override;

  std::shared_ptr<rest_channel> channel_;
  bool streams_ = false;
};

// The stream of one filter, and who listens to it.
class rest_channel final : public std::enable_shared_from_this<rest_channel>,
                           private confirmations_owner {
 public:
  rest_channel(rest_client_core& core, std::string_view filter);

  const std::string& filter() const noexcept { return filter_; }
  bool is_empty() const noexcept { return speakers_.empty(); }
  bool is_up() const noexcept { return up_; }
  bool has_call() const noexcept { return call_ != nullptr; }
  std::size_t waiting() const noexcept { return waiting_.size(); }

  // `done` is told when the server has confirmed, or that it will not. Not `is_new`: it is there.
  void add(rest_client_speaker& who, completer<void> done, bool is_new);
  void remove(rest_client_speaker& who) noexcept;
  // Before stop(): none of its speakers ends until then.
  void keep_speakers() noexcept;
  // Ends all of it; speakers forget their callbacks, and are let go.
  void stop() noexcept;

  // --- for the call
  void opened();
  // User code runs inside; all may be gone afterwards.
  void feed(byte_view data);
  void closed(const error& why);

 private:
  struct alarm final : timer {
    explicit alarm(rest_channel& c) noexcept : channel(c) {}
    void fired(time_point) override { channel.connect(); }  // may destroy this
    rest_channel& channel;
  };

  void connect();
  void begin_call();
  void deliver();
  void tell(std::string_view topic, byte_view payload);
  error not_confirmed() const override;

  rest_client_core& core_;
  const std::string filter_;
  http::event_decoder decoder_;
  back_off back_;
  alarm pause_{*this};
  std::vector<rest_client_speaker*> speakers_;
  std::vector<rest_client_speaker*> telling_;  // room for tell()
  confirmations waiting_;
  std::optional<error> last_;
  std::optional<time_point> lost_since_;
  rest_stream_call* call_ = nullptr;
  bool up_ = false;
  bool stopped_ = false;
};

class rest_channels {
 public:
  explicit rest_channels(rest_client_core& core) noexcept : core_(core) {}

  void join(rest_client_speaker& who, completer<void> done, bool is_new);
  void leave(rest_client_speaker& who) noexcept;
  void shut() noexcept;
  // Streams that are there or on their way: calls that are nobody's operation.
  std::size_t calls() const noexcept;
  std::size_t waiting() const noexcept;

 private:
  rest_client_core& core_;
  std::map<std::string, std::shared_ptr<rest_channel>, std::less<>> by_filter_;
};

}  // namespace parley::detail
