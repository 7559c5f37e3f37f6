#include <parley/codecs/http/detail/body_writer.hpp>
#include <parley/codecs/http/server.hpp>
#include <parley/codecs/websocket/detail/http_front.hpp>
#include <parley/codecs/websocket/errc.hpp>
#include <parley/codecs/websocket/server.hpp>
#include <string>
#include <utility>
#include <vector>

namespace parley::websocket {
namespace {

bool is_own(std::string_view name) noexcept {
  constexpr std::string_view ours = "Sec-WebSocket-";
  return http::equals_ignoring_case(name.substr(0, ours.size()), ours);
}

}  // namespace

// From the first byte to the 101, or to the end of a connection that gets none.
class server::handshake final : public detail::http_front<connection::front, http::server> {
 public:
  handshake(const server_settings& settings, http::date_text* date)
      : http_front(settings.handshake_timeout, settings.http, date), settings_(&settings) {}
  handshake(http::server&& running, const http::request_event& request,
            const server_settings& settings, http::date_text* date, time_point now) noexcept
      : http_front(settings.handshake_timeout, std::move(running)),
        settings_(&settings),
        handed_(request) {
    go_on(now, http_.has_ended());
    http_.serve_by(settings.http, date);
  }

  result<void> accept(std::span<const http::header> headers, time_point now);
  result<void> refuse(const http::response& head, std::string_view body, time_point now);
  void set_wall_time(wall_time at) noexcept { http_.set_wall_time(at); }

  event next_event(connection& owner) override;
  std::optional<time_point> next_deadline() const override;
  void handle_timeout(time_point now) override;
  void drop() noexcept override { http_.close(); }
  std::size_t held_memory() const override { return sizeof *this + http_.held_memory(); }

 private:
  enum class decision : std::uint8_t { none, accepted, refused };

  bool is_asking() const noexcept { return response_ && verdict_ == decision::none; }
  std::optional<event> take_request(connection& owner, const http::request_event& request);
  std::optional<event> decide(connection& owner);
  event upgrade(connection& owner);
  event refuse_for(const error& why);
  event fail_once(error why);

  const server_settings* settings_;
  std::unique_ptr<handshake_response> response_;  // what would be accepted
  std::optional<deflate_agreement> deflate_;
  std::vector<std::pair<std::string, std::string>> more_;  // the fields of accept()
  http::request_event handed_{};  // a request that came before this did; once
  http::request_id id_ = 0;
  decision verdict_ = decision::none;
  bool is_whole_ = false;  // the request
  bool has_failed_ = false;
};

result<void> server::handshake::accept(std::span<const http::header> headers, time_point now) {
  if (!is_asking()) return parley::fail(parley::errc::misuse, "no handshake waits for an answer");
  hear(now);
  if (auto ok = http::detail::check_own_headers(headers); !ok) return ok;
  for (const http::header& f : headers) {
    if (is_own(f.name)) {
      return parley::fail(parley::errc::invalid_argument,
                          "the header " + std::string(f.name) + " is written by the handshake");
    }
  }
  // Sent by the next event, when the request is known to be whole.
  for (const http::header& f : headers) more_.emplace_back(f.name, f.value);
  verdict_ = decision::accepted;
  return {};
}

result<void> server::handshake::refuse(const http::response& head, std::string_view body,
                                       time_point now) {
  if (!is_asking()) return parley::fail(parley::errc::misuse, "no handshake waits for an answer");
  if (head.status < 300) {
    return parley::fail(parley::errc::invalid_argument, "a refusal has a status from 300 on");
  }
  hear(now);
  if (auto sent = http_.respond(id_, head, body, now); !sent) {
    return std::unexpected(std::move(sent).error());
  }
  verdict_ = decision::refused;
  return {};
}

event server::handshake::refuse_for(const error& why) {
  std::vector<http::header> headers{{"Content-Type", "text/plain"}};
  for (const http::header& f : refusal_headers(why)) headers.push_back(f);
  const std::string text = std::string(why.info().text) + "\n";
  (void)http_.respond(id_, {.status = http_status_of(why), .headers = headers, .close = true}, text,
                      now_);
  return fail_once(why);
}

// What follows the first fault follows from it.
event server::handshake::fail_once(error why) {
  verdict_ = decision::refused;
  has_failed_ = true;
  return failed{std::move(why)};
}

std::optional<event> server::handshake::take_request(connection& owner,
                                                     const http::request_event& request) {
  // Another one, behind one that was refused, gets no answer.
  if (id_ != 0) return std::nullopt;
  id_ = request.id;
  auto asked = check_request(*request.head, settings_->handshake);
  // Nothing may stand between the request and the first frame.
  if (asked && request.head->body.how != http::framing::none) {
    asked = parley::fail(errc::not_a_handshake, "its request has a body");
  }
  if (!asked) return refuse_for(asked.error());
  owner.agree(asked->subprotocol);
  if (asked->deflate) deflate_ = agreement_of(*asked->deflate);
  response_ = std::make_unique<handshake_response>(*asked);
  return handshake_event{request.head, owner.subprotocol(), deflate_.has_value()};
}

// The 101 goes out, and the connection begins.
event server::handshake::upgrade(connection& owner) {
  std::vector<http::header> headers(response_->headers().begin(), response_->headers().end());
  for (const auto& [name, value] : more_) headers.push_back({name, value});
  if (auto ok = http_.upgrade(id_, "websocket", headers, now_); !ok) {
    http_.close();
    return fail_once(ok.error());
  }
  if (deflate_) owner.agree(*deflate_, settings_->handshake.deflate);
  open(owner);
  return opened{owner.subprotocol(), owner.is_compressed()};
}

std::optional<event> server::handshake::decide(connection& owner) {
  if (ended_ && is_whole_ && verdict_ != decision::refused) {
    // Who says nothing any more has nothing to converse about.
    http_.close();
    return fail_once(error(errc::abnormal_end, "during the handshake"));
  }
  if (is_asking() && !settings_->ask) verdict_ = decision::accepted;
  if (verdict_ == decision::accepted && is_whole_) return upgrade(owner);
  return std::nullopt;
}

event server::handshake::next_event(connection& owner) {
  if (why_ && !has_failed_) {
    if (http_.is_upgraded()) http_.close();
    return fail_once(*why_);
  }
  if (const auto request = std::exchange(handed_, {}); request.head != nullptr) {
    if (auto told = take_request(owner, request)) return *std::move(told);
  }
  for (;;) {
    if (auto e = decide(owner)) return *std::move(e);
    auto e = http_.next_event();
    if (const auto* request = std::get_if<http::request_event>(&e)) {
      if (auto told = take_request(owner, *request)) return *std::move(told);
    } else if (std::holds_alternative<http::request_end>(e)) {
      is_whole_ = true;
    } else if (auto* fault = std::get_if<failed>(&e)) {
      if (!has_failed_) return fail_once(std::move(fault->why));
    } else if (std::holds_alternative<closed>(e)) {
      verdict_ = decision::refused;
      return closed{};
    } else if (std::holds_alternative<paused>(e)) {
      return paused{};
    } else if (std::holds_alternative<need_data>(e)) {
      return need_data{};
    }
  }
}

std::optional<time_point> server::handshake::next_deadline() const {
  const auto at = http_.next_deadline();
  return is_asking() ? earliest(at, until_) : at;
}

void server::handshake::handle_timeout(time_point now) {
  // Who has to decide was too slow, not the client.
  if (is_asking() && now >= until_) {
    if (refuse({.status = 503, .close = true}, "no decision in time\n", now)) {
      why_.emplace(errc::handshake_timeout);
    }
  }
  hear(now);
  http_.handle_timeout(now);
}

server::server(const server_settings& settings, http::date_text* date)
    : connection(role::server, settings.connection, nullptr,
                 std::make_unique<handshake>(settings, date)) {}
server::server(http::server running, http::request_id id, const http::request_head& head,
               const server_settings& settings, http::date_text* date, time_point now)
    : connection(role::server, settings.connection, nullptr,
                 std::make_unique<handshake>(std::move(running), http::request_event{id, &head},
                                             settings, date, now)) {}
server::server(server&&) noexcept = default;
server::~server() = default;

result<void> server::accept(std::span<const http::header> headers, time_point now) {
  auto* const h = static_cast<handshake*>(in_front());
  if (h == nullptr) return parley::fail(parley::errc::misuse, "the handshake is over");
  return h->accept(headers, now);
}

result<void> server::refuse(std::uint16_t status, std::span<const http::header> headers,
                            std::string_view body, time_point now) {
  auto* const h = static_cast<handshake*>(in_front());
  if (h == nullptr) return parley::fail(parley::errc::misuse, "the handshake is over");
  return h->refuse({.status = status, .headers = headers, .close = true}, body, now);
}

void server::set_wall_time(wall_time at) noexcept {
  if (auto* const h = static_cast<handshake*>(in_front())) h->set_wall_time(at);
}

}  // namespace parley::websocket
