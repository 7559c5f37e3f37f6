// The model of a broker behind a listener of any loop, with or without TLS: one connection after
// the other.
#pragma once

#include <memory>
#include <parley/core/api/tables.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/machine/stack.hpp>
#include <variant>

#include "support/mqtt_broker_model.hpp"

namespace parley::test {

// One connection to the model, as a machine without events of its own.
class mqtt_model_machine {
 public:
  using event = std::variant<need_data, paused, failed, closed>;

  explicit mqtt_model_machine(mqtt_broker_model& model) : model_(&model) {}

  void start(time_point) { model_->connected(); }
  std::span<std::byte> prepare(std::size_t) { return room_; }
  void commit(std::size_t n, time_point) { model_->take(as_text(byte_view(room_).first(n))); }
  void commit_eof(time_point) { end(); }
  void commit_error(const error&, time_point) { end(); }
  event next_event() {
    if (over_) return closed{};
    return need_data{};
  }
  buffer_list output() {
    // What is shown stays as it is until it is consumed.
    if (sent_ == shown_.size()) {
      sent_ = 0;
      shown_ = over_ ? std::string() : model_->take_output(static_cast<std::size_t>(-1));
    }
    list_ = {shown_.data() + sent_, shown_.size() - sent_};
    return list_.size == 0 ? buffer_list() : buffer_list(&list_, 1);
  }
  void consume_output(std::size_t n) { sent_ += n; }
  void release() {}
  bool ends_output() const { return false; }
  std::optional<time_point> next_deadline() const { return std::nullopt; }
  void handle_timeout(time_point) {}
  bool wants_read() const { return !over_; }
  bool is_done() const { return over_; }

 private:
  void end() {
    over_ = true;
    model_->broken();
  }

  mqtt_broker_model* model_;
  std::array<std::byte, 4096> room_{};
  std::string shown_;
  std::size_t sent_ = 0;
  const_buffer list_{};
  bool over_ = false;
};

class mqtt_model_server final : acceptor {
 public:
  // `tls`: with the entry "tls_server" of `lower`.
  mqtt_model_server(loop& home, const address& at, const mqtt_broker_model::settings& how,
                    transports* lower = nullptr, const tls_settings* tls = nullptr)
      : model(how),
        home_(home),
        lower_(lower),
        tls_(tls),
        listener_(home.listen(at, *this).value()) {}

  std::uint16_t port() const { return listener_->local_address().port(); }
  // A message for the client.
  void send(std::string text, mqtt::qos q) {
    model.send(std::move(text), q);
    if (current_) current_->transport->wake();
  }
  // The network goes, without a word.
  void cut() {
    if (auto* s = std::exchange(current_, nullptr)) {
      model.broken();
      s->owner = nullptr;
      s->transport->close();
    }
  }
  ~mqtt_model_server() { cut(); }

  mqtt_broker_model model;
  int connections = 0;

 private:
  struct session final : machine_driver<stack<mqtt_model_machine>, session> {
    session(mqtt_model_server& s, connection& c, layer_ptr lower)
        : machine_driver(mqtt_model_machine(s.model), std::move(lower)), owner(&s), transport(&c) {}
    void on_event(mqtt_model_machine::event&, time_point) {}
    void released() override {
      if (owner && owner->current_ == this) owner->current_ = nullptr;
      delete this;
    }
    mqtt_model_server* owner;
    connection* transport;
  };

  driver* accept(connection& c, const address&) override {
    layer_ptr layer;
    if (tls_) {
      auto made = lower_->make("tls_server", {"", tls_, &home_, nullptr});
      if (!made) return nullptr;
      layer = *std::move(made);
    }
    cut();
    ++connections;
    current_ = new session(*this, c, std::move(layer));
    return current_;
  }

  loop& home_;
  transports* lower_;
  const tls_settings* tls_;
  session* current_ = nullptr;
  std::unique_ptr<listener> listener_;
};

}  // namespace parley::test
