// What every server on a loop has: a socket that is listened on, connections that are its
// sessions, TLS for each of them, and an end in good order. For servers of a protocol; their users
// see http_server, redis_server and the like.
//
//   class some_server final : private acceptor {
//     driver* accept(connection& c, const address& peer) override {
//       return serving_.admit(config_, "some", [&](layer_ptr tls) {
//         return std::make_unique<session>(*this, c, peer, std::move(tls));
//       });
//     }
//     serving<session> serving_;
//   };
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/settings.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/async/operation.hpp>
#include <parley/core/loop/loop.hpp>
#include <parley/core/net/uri.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

// What the configuration of a server says of where it listens and how it ends.
template <class C>
concept server_config = requires(const C& c) {
  { c.host } -> std::convertible_to<const std::string&>;
  { c.unix_socket } -> std::convertible_to<const std::string&>;
  { c.port } -> std::convertible_to<std::uint16_t>;
  { c.ssl } -> std::convertible_to<bool>;
  { c.tls } -> std::convertible_to<const tls_settings&>;
  { c.with } -> std::convertible_to<transports*>;
  { c.watch } -> std::convertible_to<observer*>;
  { c.stop_timeout } -> std::convertible_to<duration>;
};

// The address, or the path if there is one. Errors: errc::invalid_argument if the host is no
// number.
result<address> listening_address(const std::string& unix_socket, const std::string& host,
                                  std::uint16_t port);

// The layer of a connection that was accepted, or null without TLS. Errors: unavailable if the
// table has no "tls_server" or is none, and what its maker says: a wrong file or password.
result<layer_ptr> make_server_tls(bool ssl, const tls_settings& tls, transports* with, loop& home,
                                  observer* watch);

// How the URIs of a server's protocol begin, and the ports where none is named.
struct server_schemes {
  std::string_view plain, secure;  // "http", "https"
  std::uint16_t plain_port, secure_port;
};

// What a server's URI says of where to listen.
struct listening_place {
  bool ssl = false;
  std::string unix_socket;  // or empty
  std::string host;         // empty: the default
  std::uint16_t port = 0;
};

// Faults of the scheme are added to `found`. Errors: those of uri::where().
result<listening_place> read_listening_place(const uri& where, const server_schemes& names,
                                             fault_list& found);

// The faults that every server's configuration can have.
template <server_config C>
void check_serving(const C& c, fault_list& found) {
  found.check(listening_address(c.unix_socket, c.host, c.port).has_value(),
              "host is not a numeric address");
  found.check(!c.ssl || !c.tls.certfile.empty(), "ssl needs tls.certfile and tls.keyfile");
  found.check(c.ssl || c.tls == tls_settings(), "TLS is set up but ssl is false");
  found.check(c.stop_timeout >= duration::zero(), "stop_timeout is negative");
}

// Takes scheme, host, port and path of a server's URI. As read_listening_place().
template <server_config C>
result<void> read_serving(C& c, const uri& where, const server_schemes& names, fault_list& found) {
  auto place = read_listening_place(where, names, found);
  if (!place) return std::unexpected(std::move(place).error());
  c.ssl = place->ssl;
  c.unix_socket = std::move(place->unix_socket);
  if (!c.unix_socket.empty()) return {};
  if (!place->host.empty()) c.host = std::move(place->host);
  c.port = place->port;
  return {};
}

// A connection that is served: a driver, on the heap, which deletes itself when it is released.
template <class S>
concept serving_session = std::derived_from<S, driver> && requires(S& s) {
  // Among the sessions of its server; kept by serving.
  { s.place } -> std::same_as<std::size_t&>;
  // The server wants to hear no more; the connection ends now. May tell its user, and so
  // destroy the server.
  { s.abandon() } noexcept;
  // The same in good order, soon: what is owed is sent first. Tells nobody inside.
  s.finish();
};

// One thread, that of the loop. Sessions call forget() when they are released, unless they were
// abandoned.
template <class Session>
class serving final : private timer {
 public:
  explicit serving(loop& home) : loop_(home) { loop_.attach(); }
  ~serving() {
    end();
    if (gone_) *gone_ = true;
    loop_.detach();
  }
  serving(const serving&) = delete;
  serving& operator=(const serving&) = delete;

  // Opens the socket. Errors: misuse if it listens already, and what validate(), TLS and
  // loop::listen() say.
  template <server_config C>
  result<void> listen(const C& config, acceptor& to, const listen_options& how = {});
  // The same without a socket: sessions come by adopt() alone.
  template <server_config C>
  result<void> open(const C& config);
  // From listen() or open() to stop().
  bool is_listening() const noexcept { return open_; }
  // With the port that was chosen for port 0. Nothing before listen().
  std::optional<address> local_address() const {
    if (!listener_) return std::nullopt;
    return listener_->local_address();
  }
  // How many sessions there are.
  std::size_t size() const noexcept { return sessions_.size(); }

  // For accept(): the session that `make` makes of a layer, or null if there can be no TLS, which
  // the observer is told.
  template <server_config C, class Make>
  driver* admit(const C& config, std::string_view component, Make&& make);
  // A session on a connection that another server has accepted.
  driver* adopt(std::unique_ptr<Session> made);
  void forget(Session& s) noexcept;

  // Listens no more, finishes all sessions, and abandons those that are left after `at_most`.
  operation<void> stop(duration at_most);
  // For the server's destructor, as its first act: ends everything at once. Calls of stop() that
  // wait are cancelled.
  void end() noexcept;

 private:
  void fired(time_point) override;
  bool abandon_all() noexcept;
  void end_stop();

  loop& loop_;
  std::unique_ptr<listener> listener_;
  std::vector<Session*> sessions_;
  std::vector<completer<void>> stopping_;
  bool* gone_ = nullptr;  // set to true by the destructor, for who calls users
  bool open_ = false;
};

template <class Session>
template <server_config C>
result<void> serving<Session>::listen(const C& config, acceptor& to, const listen_options& how) {
  if (open_) return fail(errc::misuse, "the server listens already");
  if (auto ok = config.validate(); !ok) return ok;
  // A wrong file or password is told now, and not by each client's failure.
  auto tls = make_server_tls(config.ssl, config.tls, config.with, loop_, config.watch);
  if (!tls) return std::unexpected(std::move(tls).error());
  auto made = loop_.listen(*config.where(), to, how);
  if (!made) return std::unexpected(std::move(made).error());
  listener_ = *std::move(made);
  open_ = true;
  return {};
}

template <class Session>
template <server_config C>
result<void> serving<Session>::open(const C& config) {
  if (open_) return fail(errc::misuse, "the server is open already");
  if (auto ok = config.validate(); !ok) return ok;
  open_ = true;
  return {};
}

template <class Session>
template <server_config C, class Make>
driver* serving<Session>::admit(const C& config, std::string_view component, Make&& make) {
  static_assert(serving_session<Session>);
  // For each connection anew, which is also when renewed certificates are noticed.
  auto tls = make_server_tls(config.ssl, config.tls, config.with, loop_, config.watch);
  if (!tls) {
    if (config.watch) config.watch->log(log_level::error, component, tls.error().to_string());
    return nullptr;
  }
  return adopt(make(*std::move(tls)));
}

template <class Session>
driver* serving<Session>::adopt(std::unique_ptr<Session> made) {
  made->place = sessions_.size();
  sessions_.push_back(made.get());
  return made.release();
}

template <class Session>
void serving<Session>::forget(Session& s) noexcept {
  sessions_[s.place] = sessions_.back();
  sessions_[s.place]->place = s.place;
  sessions_.pop_back();
  if (sessions_.empty()) end_stop();
}

template <class Session>
operation<void> serving<Session>::stop(duration at_most) {
  open_ = false;
  listener_.reset();
  completer<void> done(loop_);
  operation<void> op = done.op();
  stopping_.push_back(std::move(done));
  if (sessions_.empty()) {
    end_stop();
    return op;
  }
  for (Session* s : sessions_) s->finish();
  loop_.set_timer(*this, loop_.now() + at_most);
  return op;
}

template <class Session>
void serving<Session>::end() noexcept {
  open_ = false;
  listener_.reset();
  (void)abandon_all();  // nobody can destroy it a second time
  if (is_armed()) loop_.set_timer(*this, std::nullopt);
  stopping_.clear();  // cancelled
}

// What they have not taken by now is lost.
template <class Session>
void serving<Session>::fired(time_point) {
  if (abandon_all()) end_stop();
}

// Their connections live on until the loop has let go of them. One by one, as a session may tell
// its user, who may destroy this: false.
template <class Session>
bool serving<Session>::abandon_all() noexcept {
  bool gone = false;
  bool* const outer = std::exchange(gone_, &gone);
  while (!gone && !sessions_.empty()) {
    Session* const s = sessions_.back();
    sessions_.pop_back();
    s->abandon();
  }
  if (!gone) {
    gone_ = outer;
  } else if (outer) {
    *outer = true;
  }
  return !gone;
}

template <class Session>
void serving<Session>::end_stop() {
  if (is_armed()) loop_.set_timer(*this, std::nullopt);
  for (completer<void>& done : std::exchange(stopping_, {})) done.complete({});
}

}  // namespace parley
