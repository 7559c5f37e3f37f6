#include <array>
#include <optional>
#include <parley/codecs/http/client.hpp>
#include <parley/codecs/websocket/client.hpp>
#include <parley/codecs/websocket/detail/http_front.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <utility>

namespace parley::websocket {

// From the request to the 101, or to the end of a connection that gets none.
class client::handshake final : public detail::http_front<connection::front, http::client> {
 public:
  handshake(const client_settings& settings, std::string host, std::string target,
            random_source& random)
      : http_front(settings.handshake_timeout, settings.http, std::move(host)),
        settings_(&settings),
        random_(&random),
        target_(std::move(target)) {}

  event next_event(connection& owner) override;
  std::optional<time_point> next_deadline() const override {
    if (until_ == time_point::max()) return std::nullopt;  // not started
    return earliest(http_.next_deadline(), until_);
  }
  void handle_timeout(time_point now) override;
  void drop() noexcept override {
    // What is with the loop stays; the rest of the request need not leave.
    if (http_.in_flight() > 0) return http_.commit_error(error(parley::errc::cancelled), now_);
    http_.close(now_);
  }
  std::size_t held_memory() const override { return sizeof *this + target_.capacity(); }

 private:
  std::optional<event> ask(connection& owner);
  event take_response(connection& owner, const http::response_head& head);
  event give_up(connection& owner, error why);

  const client_settings* settings_;
  random_source* random_;
  std::string target_;
  std::optional<handshake_request> request_;
};

event client::handshake::give_up(connection& owner, error why) {
  drop();
  finish(owner);
  return failed{std::move(why)};
}

std::optional<event> client::handshake::ask(connection& owner) {
  std::array<std::byte, 16> bytes{};
  random_->random(bytes);
  auto made = handshake_request::make(settings_->handshake, bytes);
  if (!made) return give_up(owner, std::move(made).error());
  request_.emplace(*std::move(made));
  auto sent = http_.send({.target = target_, .headers = request_->headers()}, byte_view(), 1,
                         {.upgrade = "websocket"}, now_);
  if (!sent) return give_up(owner, std::move(sent).error());
  return std::nullopt;
}

event client::handshake::take_response(connection& owner, const http::response_head& head) {
  const auto agreed = check_response(head, request_->key(), settings_->handshake);
  if (!agreed) return give_up(owner, agreed.error());
  if (!http_.is_upgraded()) return give_up(owner, error(errc::bad_upgrade));
  owner.agree(agreed->subprotocol);
  if (agreed->deflate) owner.agree(*agreed->deflate, settings_->handshake.deflate);
  open(owner);
  return opened{owner.subprotocol(), owner.is_compressed(), &head};
}

event client::handshake::next_event(connection& owner) {
  if (why_) return give_up(owner, *std::exchange(why_, std::nullopt));
  for (;;) {
    auto e = http_.next_event();
    if (std::holds_alternative<http::opened>(e)) {
      if (auto told = ask(owner)) return *std::move(told);
    } else if (const auto* done = std::get_if<http::upgraded>(&e)) {
      return take_response(owner, *done->head);
    } else if (const auto* response = std::get_if<http::response_event>(&e)) {
      return take_response(owner, *response->head);
    } else if (auto* none = std::get_if<http::unanswered>(&e)) {
      return give_up(owner, std::move(none->why));
    } else if (auto* fault = std::get_if<failed>(&e)) {
      return give_up(owner, std::move(fault->why));
    } else if (std::holds_alternative<closed>(e)) {
      return give_up(owner, error(errc::abnormal_end, "during the handshake"));
    } else if (std::holds_alternative<paused>(e)) {
      return paused{};
    } else if (std::holds_alternative<need_data>(e)) {
      return need_data{};
    }
  }
}

void client::handshake::handle_timeout(time_point now) {
  hear(now);
  if (now >= until_) {
    why_.emplace(errc::handshake_timeout);
    return;
  }
  http_.handle_timeout(now);
}

client::client(const client_settings& settings, std::string host, std::string target,
               random_source& random)
    : connection(
          role::client, settings.connection, &random,
          std::make_unique<handshake>(settings, std::move(host), std::move(target), random)) {}
client::client(client&&) noexcept = default;
client::~client() = default;

}  // namespace parley::websocket
