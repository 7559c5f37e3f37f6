#include <algorithm>
#include <parley/codecs/http/provider/exchange.hpp>
#include <parley/codecs/http/provider/server_core.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {
namespace {

// What a reader may leave unread before its client has to wait: one turn of a loop.
constexpr std::size_t unread_mark = std::size_t{64} << 10;

// Path and query, "*", or CONNECT's authority: of a target with a scheme the rest is said already
// (RFC 9112 section 3.2.2). May lack its first slash.
std::string_view own_part(const http::request_head& head) noexcept {
  if (head.form != http::target_form::absolute) return head.target;
  const std::size_t end = head.target.find_first_of("/?", head.target.find("://") + 3);
  return head.target.substr(std::min(end, head.target.size()));
}

error gone() { return error(errc::closed, "the client is gone, or has its answer"); }

}  // namespace

// --- its life ---------------------------------------------------------------------------------

void rest_exchange::begin(rest_peer& peer, http::request_id id, const http::request_head& head,
                          time_point now) {
  references_ = 1;
  peer_ = &peer;
  number_ = id;
  began_ = now;
  verb_ = head.verb;
  phase_ = phase::collecting;
  copy_head(head);
}

// In one block: the views of the event are gone before the body has come.
void rest_exchange::copy_head(const http::request_head& head) {
  std::size_t size = head.method_name.size() + head.target.size() + head.authority.size() + 1;
  for (const http::header h : head.headers) size += h.name.size() + h.value.size();
  text_.clear();
  text_.reserve(size);
  const auto keep = [this](std::string_view part) {
    const std::size_t at = text_.size();
    text_.append(part);
    return std::string_view(text_).substr(at);
  };
  method_ = keep(head.method_name);
  const std::string_view own = own_part(head);
  const std::size_t at = text_.size();
  if (own.empty() || own.front() == '?') text_.push_back('/');
  keep(own);
  target_ = std::string_view(text_).substr(at);
  authority_ = keep(head.authority);
  headers_.clear();
  for (const http::header h : head.headers) {
    const std::string_view name = keep(h.name);
    headers_.push_back({name, keep(h.value)});
  }
}

void rest_exchange::release() noexcept {
  if (--references_ > 0) return;
  if (is_armed()) core_.home().set_timer(*this, std::nullopt);
  looked = 0;
  match = {};
  route_state.reset();
  received_bytes = sent_bytes = 0;
  status = 0;
  // Room is kept, within reason: the next request resembles this one.
  if (body_.capacity() > unread_mark) body_ = {};
  body_.clear();
  json_.reset();
  parts_ = {};
  user_.clear();
  notes_ = value();
  name_.reset();
  told_gone_.reset();
  phase_ = phase::over;
  body_ended_ = held_ = false;
  core_.recycle(*this);
}

void rest_exchange::leave() noexcept {
  const bool was_answered = phase_ == phase::over;
  phase_ = phase::over;
  if (peer_) from_ = peer_->at.from();
  peer_ = nullptr;
  if (is_armed()) core_.home().set_timer(*this, std::nullopt);
  // An error is made for who waits alone: most answers have nobody.
  if (reader_) reader_.complete(std::unexpected(gone()));
  if (ready_) ready_.complete(std::unexpected(gone()));
  // Nobody is told by the end of the provider.
  if (was_answered || !told_gone_ || !core_.is_serving()) return told_gone_.reset();
  callback<void()> told = std::move(told_gone_);
  if (auto ok = guarded([&] { told(); }); !ok) core_.callback_failed(ok.error());
}

void rest_exchange::set_deadline(std::optional<time_point> at) {
  if (at || is_armed()) core_.home().set_timer(*this, at);
}

void rest_exchange::fired(time_point) { core_.timed_out(*this); }

http::server& rest_exchange::machine() const noexcept { return peer_->at.machine(); }

void rest_exchange::wake() const { peer_->at.wake(); }

void rest_exchange::name(random_source& entropy) {
  name_ = http::request_name::choose(header("X-Request-Id"), entropy);
}

const address& rest_exchange::from() const noexcept { return peer_ ? peer_->at.from() : from_; }

void rest_exchange::fill_access(rest_access& into) const noexcept {
  into.method = method_;
  into.target = target_;
  into.route = route();
  into.id = id();
  into.user = user_;
  into.from = &from();
  into.agent = header("User-Agent").value_or("");
  into.referrer = header("Referer").value_or("");
  into.status = status;
  // What HEAD asks about is not sent.
  into.body_bytes = verb_ == http::method::head ? 0 : sent_bytes;
  into.took = core_.home().now() - began_;
}

// --- the body ---------------------------------------------------------------------------------

void rest_exchange::end_body() {
  body_ended_ = true;
  feed_reader();
}

void rest_exchange::feed_reader() {
  if (!reader_) {
    if (!body_ended_ && body_.size() >= unread_mark && !is_gone() && !std::exchange(held_, true)) {
      machine().hold();
    }
    return;
  }
  if (body_.empty() && !body_ended_) return;
  reader_.complete(std::exchange(body_, {}));
}

void rest_exchange::break_body(const error& why) { reader_.complete(std::unexpected(why)); }

operation<std::string> rest_exchange::read() {
  completer<std::string> reader(core_.home());
  auto op = reader.op();
  if (reader_) {
    reader.complete(fail(errc::misuse, "somebody reads already"));
  } else if (is_gone() || phase_ == phase::over) {
    reader.complete(std::unexpected(gone()));
  } else {
    reader_ = std::move(reader);
    feed_reader();
    if (std::exchange(held_, false)) {
      machine().go_on();
      wake();
    }
  }
  return op;
}

// --- commands ---------------------------------------------------------------------------------

void rest_exchange::reply(rest_reply what) {
  if (phase_ == phase::looking || phase_ == phase::handling) core_.finish(*this, std::move(what));
}

result<void> rest_exchange::begin_stream(const rest_reply& head,
                                         std::optional<std::uint64_t> length) {
  if (is_gone()) return std::unexpected(gone());
  if (phase_ != phase::handling) return fail(errc::misuse, "the answer has begun already");
  return core_.begin_stream(*this, head, length);
}

result<std::size_t> rest_exchange::write(byte_view piece) {
  if (is_gone()) return std::unexpected(gone());
  if (phase_ != phase::streaming) return fail(errc::misuse, "begin() comes first");
  auto waits = machine().write(number_, piece, core_.home().now());
  if (waits) sent_bytes += piece.size();
  wake();
  return waits;
}

result<std::size_t> rest_exchange::write(shared_bytes piece) {
  if (is_gone()) return std::unexpected(gone());
  if (phase_ != phase::streaming) return fail(errc::misuse, "begin() comes first");
  const std::size_t size = piece.size();
  auto waits = machine().write(number_, std::move(piece), core_.home().now());
  if (waits) sent_bytes += size;
  wake();
  return waits;
}

result<void> rest_exchange::finish() {
  if (is_gone()) return std::unexpected(gone());
  if (phase_ != phase::streaming) return fail(errc::misuse, "begin() comes first");
  const auto sent = machine().finish(number_, {}, core_.home().now());
  if (!sent) return std::unexpected(sent.error());
  wake();
  phase_ = phase::over;
  core_.put_away(*this);
  return {};
}

operation<void> rest_exchange::ready() {
  completer<void> done(core_.home());
  auto op = done.op();
  if (is_gone()) {
    done.complete(std::unexpected(gone()));
  } else if (machine().buffered(number_) <= core_.config().server_limits.high_water) {
    done.complete({});
  } else if (ready_) {
    done.complete(fail(errc::misuse, "somebody waits already"));
  } else {
    ready_ = std::move(done);
  }
  return op;
}

void rest_exchange::writable() {
  // Another answer has drained, perhaps, and this one waits behind it.
  if (ready_ && machine().buffered(number_) <= core_.config().server_limits.high_water) {
    ready_.complete({});
  }
}

void rest_exchange::abandon() noexcept {
  if (is_gone() || phase_ == phase::over) return;
  machine().abandon(number_);
  wake();
  phase_ = phase::over;
  core_.put_away(*this);
}

void rest_exchange::cut() noexcept {
  if (is_gone()) return;
  http_peer& at = peer_->at;
  phase_ = phase::over;
  core_.put_away(*this);
  // Whoever else waits for an answer on this connection hears it by its end.
  at.cut();
}

void rest_exchange::on_gone(callback<void()> told) { told_gone_ = std::move(told); }

void rest_exchange::pass() {
  if (phase_ == phase::looking && !is_gone()) core_.advance(*this);
}

// Nobody answers any more: better an error than a client that waits.
void rest_exchange::forsaken() noexcept {
  if (is_gone()) return;
  if (phase_ == phase::streaming) return abandon();
  (void)guarded([&] { reply(rest_reply::problem(http::problem(500))); });
}

}  // namespace parley::detail

namespace parley {

// --- rest_responder, rest_gate ------------------------------------------------------------------

rest_responder::rest_responder(detail::rest_exchange& exchange) noexcept : exchange_(&exchange) {
  exchange_->retain();
}

rest_responder::~rest_responder() {
  if (!exchange_) return;
  exchange_->forsaken();
  exchange_->release();
}

rest_request& rest_responder::request() noexcept { return *exchange_; }
const rest_request& rest_responder::request() const noexcept { return *exchange_; }
void rest_responder::reply(rest_reply what) { exchange_->reply(std::move(what)); }
result<void> rest_responder::begin(const rest_reply& head, std::optional<std::uint64_t> length) {
  return exchange_->begin_stream(head, length);
}
result<std::size_t> rest_responder::write(byte_view piece) { return exchange_->write(piece); }
result<std::size_t> rest_responder::write(shared_bytes piece) {
  return exchange_->write(std::move(piece));
}
result<void> rest_responder::finish() { return exchange_->finish(); }
operation<void> rest_responder::ready() { return exchange_->ready(); }
void rest_responder::abandon() { exchange_->abandon(); }
void rest_responder::cut() { exchange_->cut(); }
operation<std::string> rest_responder::read() { return exchange_->read(); }
void rest_responder::on_gone(callback<void()> told) { exchange_->on_gone(std::move(told)); }
bool rest_responder::is_gone() const noexcept { return exchange_->peer() == nullptr; }

rest_gate::rest_gate(detail::rest_exchange& exchange) noexcept : exchange_(&exchange) {
  exchange_->retain();
}

rest_gate::~rest_gate() {
  if (!exchange_) return;
  exchange_->forsaken();
  exchange_->release();
}

rest_request& rest_gate::request() noexcept { return *exchange_; }

void rest_gate::pass() {
  auto* const e = std::exchange(exchange_, nullptr);
  if (!e) return;
  e->pass();
  e->release();
}

void rest_gate::reply(rest_reply what) {
  auto* const e = std::exchange(exchange_, nullptr);
  if (!e) return;
  e->reply(std::move(what));
  e->release();
}

}  // namespace parley
