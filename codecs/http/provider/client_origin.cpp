// Whoever is told something here may end its request, and give it to an origin again: telling is
// always the last act.
#include <algorithm>
#include <parley/codecs/http/provider/client_origin.hpp>
#include <parley/core/async/guard.hpp>
#include <string>
#include <utility>

namespace parley::detail {

void rest_transfer::withdraw() noexcept {
  if (origin_) origin_->cancel(*this);
}

bool rest_transfer::is_unreached() const noexcept { return origin_ && !origin_->is_reached(); }

void rest_transfer::hold() noexcept { at_->link().client().hold(); }

void rest_transfer::go_on() noexcept {
  at_->link().client().go_on();
  at_->link().wake();
}

// --- one connection ---------------------------------------------------------------------------

rest_transfer* rest_connection::take_transfer() noexcept {
  rest_transfer* const t = std::exchange(transfer, nullptr);
  if (t) {
    t->at_ = nullptr;
    t->origin_ = nullptr;
  }
  return t;
}

void rest_connection::link_head(const http::response_event& e) {
  if (transfer && e.tag == tag) transfer->on_head(*e.head);
}

void rest_connection::link_body(const http::response_body& e) {
  if (transfer && e.tag == tag) transfer->on_body(e.data);
}

void rest_connection::link_end(const http::response_end& e) {
  if (e.tag != tag) return;
  rest_transfer* const t = take_transfer();
  // First: a redirection may go on here.
  origin_.is_free(*this);
  if (t) t->on_end(e.trailers);
}

void rest_connection::link_unanswered(const http::unanswered& e, bool was_used) {
  rest_transfer* const t = take_transfer();
  origin_.remove(*this);
  if (t) t->on_failed({e.why, e.may_retry, was_used});
}

void rest_connection::link_over(const error& why, bool was_open) {
  if (!was_open) return origin_.failed_to_open(*this, why);
  const rest_failure how{why};
  rest_transfer* const t = take_transfer();
  origin_.remove(*this);
  if (t) t->on_failed(how);
}

// --- the pool ---------------------------------------------------------------------------------

rest_origin::rest_origin(loop& home, rest_origin_owner& owner, http_client_config config,
                         std::size_t max_connections, std::size_t max_queue)
    : loop_(home),
      owner_(owner),
      config_(std::move(config)),
      max_connections_(max_connections),
      max_queue_(max_queue) {}

rest_origin::~rest_origin() = default;

std::size_t rest_origin::buffered() const noexcept {
  std::size_t all = 0;
  for (const auto& c : connections_) {
    if (c->link().is_open()) all += c->link().client().buffered();
  }
  return all;
}

rest_connection* rest_origin::take_idle() noexcept {
  while (!idle_.empty()) {
    rest_connection* const c = idle_.back();
    idle_.pop_back();
    if (c->link().is_reusable()) return c;
    // It ends, and has not said so yet.
    remove(*c);
  }
  return nullptr;
}

result<void> rest_origin::submit(rest_transfer& t) {
  if (rest_connection* const c = take_idle()) return assign(*c, t);
  const bool needs_one = waiting_.size() >= connecting_;
  if (needs_one && connections_.size() >= max_connections_ &&
      waiting_.size() >= max_queue_ + connecting_) {
    return fail(errc::queue_full,
                "max_queue calls wait for one of max_connections: " + std::to_string(max_queue_) +
                    " and " + std::to_string(max_connections_));
  }
  waiting_.push_back(&t);
  t.origin_ = this;
  if (!needs_one || connections_.size() >= max_connections_) return {};
  auto ok = connect();
  if (!ok) {
    waiting_.pop_back();
    t.origin_ = nullptr;
  }
  return ok;
}

result<void> rest_origin::connect() {
  idle_.reserve(connections_.size() + 1);  // so that one that is free finds room
  connections_.push_back(std::make_unique<rest_connection>(loop_, *this));
  ++connecting_;
  result<void> ok;
  const auto fits = guarded([&] { ok = connections_.back()->link().connect(attempts_++); });
  if (!fits) ok = std::unexpected(fits.error());
  if (!ok) {
    connections_.pop_back();
    --connecting_;
  }
  return ok;
}

result<void> rest_origin::assign(rest_connection& c, rest_transfer& t) {
  t.at_ = &c;
  t.origin_ = this;
  c.transfer = &t;
  c.tag = ++last_tag_;
  result<void> ok;
  const auto fits = guarded([&] { ok = t.send(c.link(), c.tag); });
  if (!fits) ok = std::unexpected(fits.error());
  if (!ok) {
    (void)c.take_transfer();
    idle_.push_back(&c);
  }
  return ok;
}

void rest_origin::give_front_to(rest_connection& c) {
  rest_transfer& t = *waiting_.front();
  waiting_.pop_front();
  const auto ok = assign(c, t);
  if (ok) return;
  // The fault is its own: the next one takes its turn.
  if (!waiting_.empty()) {
    idle_.pop_back();
    is_free(c);
  }
  t.on_failed({ok.error()});
}

void rest_origin::is_free(rest_connection& c) {
  if (!c.link().is_reusable()) return remove(c);
  if (!waiting_.empty()) return give_front_to(c);
  idle_.push_back(&c);
}

void rest_origin::opened(rest_connection& c) {
  --connecting_;
  owner_.connected();
  is_free(c);
}

void rest_origin::failed_to_open(rest_connection& c, const error& why) {
  --connecting_;
  const rest_failure how{why, true, false};
  rest_transfer* t = nullptr;
  if (!waiting_.empty()) {
    t = waiting_.front();
    waiting_.pop_front();
    t->origin_ = nullptr;
  }
  remove(c);
  if (t) t->on_failed(how);
}

void rest_origin::remove(rest_connection& c) noexcept {
  std::erase(idle_, &c);
  std::erase_if(connections_, [&](const auto& each) { return each.get() == &c; });
  advance();
}

// Connections for those that wait. What keeps one from being begun would have kept the first one,
// so that it is rare here: then they wait for those that there are.
void rest_origin::advance() {
  (void)guarded([this] {
    while (waiting_.size() > connecting_ && connections_.size() < max_connections_) {
      if (!connect()) return;
    }
  });
}

void rest_origin::cancel(rest_transfer& t) noexcept {
  rest_connection* const c = t.at_;
  t.origin_ = nullptr;
  if (!c) return void(std::erase(waiting_, &t));
  const std::uint64_t tag = c->tag;
  (void)c->take_transfer();
  if (c->link().is_open()) (void)c->link().client().cancel(tag);
  // Taken back before a byte of it had left.
  if (c->link().is_reusable()) return void(guarded([&] { is_free(*c); }));
  remove(*c);
}

void rest_origin::drop_idle() noexcept {
  const auto all = std::exchange(idle_, {});
  for (rest_connection* const c : all) {
    std::erase_if(connections_, [&](const auto& each) { return each.get() == c; });
  }
  advance();
}

}  // namespace parley::detail
