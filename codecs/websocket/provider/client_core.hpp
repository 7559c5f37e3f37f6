// A websocket_provider that is a client: one connection, which is kept, and what waits for it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <parley/codecs/websocket/provider/core.hpp>
#include <parley/codecs/websocket/provider/shared_link.hpp>

namespace parley::detail {

class websocket_client_core final : public websocket_core, public canceller, private timer {
 public:
  websocket_client_core(loop& home, websocket_config config);

  error not_ready() const override;
  operation<void> initialize() override;
  operation<void> close() override;
  void shut() noexcept override;
  provider_status status() const override;

  operation<callable> make_callable(std::string_view name) override;
  operation<callable> serve(std::string_view name, call_handler handler) override;
  operation<value> call(std::string_view name, const value& request, duration timeout);
  // Of a call: its answer is dropped when it comes.
  void cancel(operation_base& op) override;

  // --- told by the link
  void link_up();
  void link_down(const error& why, bool final);
  void link_message(const websocket::message_event& message);

 private:
  // A question that waits for its answer: a call, or a filter that is to be confirmed.
  struct question;
  // What is shouted while there is no connection.
  struct waiting {
    std::string name;
    websocket::opcode type;
    std::vector<std::byte> payload;

    std::size_t size() const noexcept { return name.size() + payload.size(); }
  };

  ~websocket_client_core() override;

  result<delivery> send(std::string_view name, websocket::opcode type, byte_view payload) override;
  void ask_for(std::string_view filter) override;
  bool is_asked() const noexcept override { return initialized_ && link().is_up(); }
  void filter_removed(std::string_view filter) override;
  void forget_question(std::string_view filter) noexcept;

  void hold_sender() override { shared_->hold(*this); }
  void inboxes_full(bool any) override {
    if (!any && shared_) shared_->let_go(*this);
  }
  void fired(time_point now) override;  // initialize() has waited long enough

  void settle_initialize(result<void> outcome);
  void give_up(const error& why);
  result<void> transmit(const websocket::envelope& e, websocket::opcode type);
  result<delivery> keep(std::string_view name, websocket::opcode type, byte_view payload);
  void send_kept();
  void unsubscribe(std::string_view filter);
  websocket_link& link() noexcept { return shared_->link(); }
  const websocket_link& link() const noexcept { return shared_->link(); }
  void answered(const websocket::envelope& e);
  void end_questions(const error& why, bool with_filters);
  void end_question(std::uint64_t id, result<value> outcome);

  std::optional<uri> where_;
  std::shared_ptr<websocket_shared_link> shared_;  // from initialize() on
  std::map<std::uint64_t, std::unique_ptr<question>> questions_;
  std::deque<waiting> kept_;
  std::size_t kept_bytes_ = 0;
  std::vector<completer<void>> initializing_;
  std::vector<std::byte> scratch_;
  time_point down_since_{};
  bool is_named_ = false;  // the server speaks envelopes
};

}  // namespace parley::detail
