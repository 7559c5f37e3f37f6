// How a connection begins and ends, its byte side and its time.
#include <parley/codecs/mqtt/broker/server.hpp>

#include <algorithm>
#include <parley/codecs/mqtt/property_writer.hpp>
#include <utility>
#include <vector>

namespace parley::mqtt {
namespace {

limits decoder_limits(const server_limits& l) noexcept {
  return {.maximum_packet = l.maximum_packet,
          .maximum_connect = l.maximum_connect,
          .topic_levels = l.topic_levels};
}

receive_limits input_limits(const server_limits& l) noexcept {
  // One whole packet, and a read beyond it.
  return {.initial = 4 * 1024, .max = std::size_t{l.maximum_packet} + 64 * 1024, .step = 64 * 1024};
}

}  // namespace

server::server(const server_limits& bounds, store* under)
    : limits_(&bounds),
      store_(under),
      decoder_(role::server, mqtt::version::v5, decoder_limits(bounds)),
      encoder_(role::server, mqtt::version::v5) {}

server::extras& server::extra() {
  if (!extras_) extras_ = std::make_unique<extras>();
  return *extras_;
}

server::working_set& server::make_work() {
  work_ = std::make_unique<working_set>(input_limits(*limits_), store_);
  return *work_;
}

std::size_t server::held_memory() const noexcept {
  const std::size_t bytes =
      work_ ? sizeof *work_ + work_->input.capacity() + work_->out.memory() : 0;
  return bytes + (extras_ ? sizeof *extras_ : 0);
}

// --- the decision --------------------------------------------------------------------------------

result<void> server::accept(const acceptance& how, time_point now) {
  if (phase_ != phase::deciding) return fail(parley::errc::misuse, "no CONNECT waits");
  hear(now);
  connack p{.session_present = how.session_present};
  std::vector<std::byte> room;
  if (version_ == mqtt::version::v5) {
    const std::string_view method = extras_ ? extras_->method : std::string_view();
    room.resize(8 * number_property_bound + text_property_size(how.assigned_id.size()) +
                text_property_size(how.response_information.size()) +
                text_property_size(method.size()) +
                text_property_size(how.authentication_data.size()));
    property_writer w(room, property_place::connack, role::server);
    if (how.session_expiry) w.add(property::session_expiry_interval, *how.session_expiry);
    w.add(property::receive_maximum, std::uint32_t{limits_->receive_maximum});
    w.add(property::maximum_packet_size, limits_->maximum_packet);
    if (!how.assigned_id.empty()) w.add(property::assigned_client_identifier, how.assigned_id);
    if (limits_->topic_alias_maximum != 0) {
      w.add(property::topic_alias_maximum, std::uint32_t{limits_->topic_alias_maximum});
    }
    const std::uint16_t most = limits_->max_keep_alive;
    if (most != 0 && (keep_alive_ == 0 || keep_alive_ > most)) {
      keep_alive_ = most;
      w.add(property::server_keep_alive, std::uint32_t{most});
    }
    if (!how.response_information.empty()) {
      w.add(property::response_information, how.response_information);
    }
    if (!method.empty()) {
      w.add(property::authentication_method, method);
      if (!how.authentication_data.empty()) {
        w.add(property::authentication_data, how.authentication_data);
      }
    }
    auto props = w.finish();
    if (!props) return std::unexpected(std::move(props).error());
    p.props = *props;
  }
  if (auto ok = encoder_.append(work().out.next(), p); !ok) return ok;
  const std::uint16_t aliases = std::min(client_aliases_, limits_->topic_aliases);
  if (aliases != 0) extra().given.open(aliases);
  due_ = never;
  phase_ = phase::open;
  held_ = false;
  authenticating_ = false;
  if (keep_alive_ != 0) due_ = now_ + std::chrono::milliseconds(1500) * keep_alive_;
  return {};
}

void server::refuse(reason_code why, time_point now) {
  hear(now);
  fail_with(error(broker_errc::refused, std::string(to_string(why))), why);
}

result<void> server::ask(byte_view data, bool is_last, time_point now) {
  const bool is_first = phase_ == phase::deciding && !is_last;
  if ((!is_first && !(phase_ == phase::open && authenticating_)) || !extras_) {
    return fail(parley::errc::misuse, "no authentication is going on");
  }
  hear(now);
  std::vector<std::byte> room(text_property_size(extras_->method.size()) +
                              text_property_size(data.size()));
  property_writer w(room, property_place::auth, role::server);
  w.add(property::authentication_method, std::string_view(extras_->method));
  if (!data.empty()) w.add(property::authentication_data, data);
  const auto props = w.finish();
  if (!props) return std::unexpected(props.error());
  put(auth{is_last ? reason_code::success : reason_code::continue_authentication, *props});
  if (is_first) phase_ = phase::asking;
  authenticating_ = !is_last;
  return {};
}

void server::end(const error& why, reason_code reason, time_point now) {
  hear(now);
  if (phase_ != phase::idle) fail_with(why, reason);
}

void server::break_off() noexcept {
  drop_output();
  due_ = never;
  phase_ = phase::over;
}

// --- the byte side -------------------------------------------------------------------------------

void server::start(time_point now) {
  if (phase_ != phase::idle) return;
  hear(now);
  heard_at_ = now_;
  phase_ = phase::connecting;
  due_ = now_ + limits_->connect_timeout;
}

bool server::wants_read() const noexcept {
  if (ended_) return false;
  switch (phase_) {
    case phase::connecting:
    case phase::asking:
    case phase::lingering:
      return true;
    case phase::deciding:
      // Clients need not wait for CONNACK (section 3.1.4).
      return received().size() < limits_->maximum_connect;
    case phase::open:
      return !held_;
    default:
      return false;
  }
}

std::span<std::byte> server::prepare(std::size_t hint) {
  if (!wants_read()) return {};
  working_set& w = work();
  w.input.discard_consumed();
  return w.input.prepare(hint);
}

void server::commit(std::size_t n, time_point now) {
  hear(now);
  if (work_) work_->input.commit(n);
  if (n > 0) heard_at_ = now_;
  if (phase_ == phase::lingering) forget_received();
}

void server::commit_eof(time_point now) {
  hear(now);
  ended_ = true;
}

void server::commit_error(const error& why, time_point now) {
  hear(now);
  ended_ = true;
  if (phase_ == phase::lingering) {
    phase_ = phase::over;
  } else if (phase_ < phase::failing) {
    fail_with(why, reason_code::unspecified_error);
  }
}

void server::consume_output(std::size_t n) noexcept {
  if (work_) work_->out.ready().consume(n);
  replies_ = std::min(replies_, buffered());
  if (n > 0) unsent_acks_ = 0;
}

void server::release() noexcept {
  window_.release();
  if (!work_) return;
  if (work_->input.release() && work_->out.size() == 0) return work_.reset();
  work_->out.release();
}

// --- the end -------------------------------------------------------------------------------------

void server::drop_output() noexcept {
  if (!work_) return;
  work_->out.drop_held();
  send_buffer& out = work_->out.ready();
  const std::size_t kept = out.handed_out();
  (void)out.erase(kept, out.size() - kept);
}

// The farewell goes in front of what still waits for the store: that is never sent on this
// connection.
void server::fail_with(error why, reason_code reason) {
  if (phase_ >= phase::failing) return;
  const bool is_open = phase_ == phase::open;
  const bool is_decided = phase_ == phase::deciding || phase_ == phase::asking;
  show_durable();
  drop_held();
  if (ended_) drop_output();
  due_ = never;
  why_ = std::make_unique<error>(std::move(why));
  phase_ = phase::failing;
  if (ended_) return;
  if (is_open && version_ == mqtt::version::v5) {
    // Nothing may come before CONNACK.
    if (!greeted_) return;
    const bool fits = may_carry(packet_type::disconnect, reason, role::server);
    (void)encoder_.append(work().out.ready(),
                          disconnect{.reason = fits ? reason : reason_code::unspecified_error});
  } else if (is_decided) {
    // 3.1.1 has no word for most: then the encoder refuses, and nothing is said (section 3.2.2.3).
    const bool fits = may_carry(packet_type::connack, reason, role::server);
    (void)encoder_.append(work().out.ready(),
                          connack{.reason = fits ? reason : reason_code::unspecified_error});
  }
}

// --- time ----------------------------------------------------------------------------------------

std::optional<time_point> server::next_deadline() const noexcept {
  if (phase_ == phase::over) return std::nullopt;
  if (was_high_ && phase_ == phase::open && buffered() <= limits_->high_water / 2) return now_;
  return due_ == never ? std::nullopt : std::optional(due_);
}

void server::handle_timeout(time_point now) {
  const auto at = next_deadline();
  if (!at || now < *at) return;
  hear(now);
  discard_consumed();
  if (now_ < due_) return;
  due_ = never;
  if (phase_ == phase::open) return check_alive();
  if (phase_ < phase::open) {
    fail_with(error(broker_errc::connect_timeout), reason_code::unspecified_error);
    drop_output();
    ended_ = true;
  } else if (phase_ == phase::lingering) {
    drop_output();
    phase_ = phase::over;
  }
}

void server::check_alive() {
  const duration most = std::chrono::milliseconds(1500) * keep_alive_;
  // Who is not read cannot be heard.
  const time_point last = held_ ? now_ : heard_at_;
  if (now_ - last < most) {
    due_ = last + most;
  } else {
    fail_with(broker_errc::keep_alive_timeout);
  }
}

}  // namespace parley::mqtt
