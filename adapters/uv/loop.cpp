#include <uv.h>

#include <cassert>
#include <parley/adapters/posix/detail/native.hpp>
#include <parley/adapters/posix/os_error.hpp>
#include <parley/adapters/posix/socket.hpp>
#include <parley/adapters/posix/system.hpp>
#include <parley/adapters/uv/loop.hpp>

// Sockets are watched by uv_poll_t and not by uv_tcp_t: libuv's own writes raise
// SIGPIPE, and its reads want a buffer before there is anything to read. An
// exception cannot pass through libuv, so its callbacks are noexcept.
namespace parley::uv {
namespace {

template <class Handle>
uv_handle_t* as_handle(Handle& h) {
  return reinterpret_cast<uv_handle_t*>(&h);
}

}  // namespace

// The handles of one loop. On the heap, since libuv needs them until their close
// callbacks, which come when the loop may be gone.
struct loop::handles {
  uv_check_t check;  // a turn: right after libuv has reported what happened
  uv_idle_t idle;    // started with it, so that libuv does not wait
  uv_timer_t timer;  // the earliest deadline
  uv_async_t async;  // post() from other threads
  std::optional<time_point> armed_at;
  int open = 4;

  handles(uv_loop_t* uv, loop* owner) {
    uv_check_init(uv, &check);
    uv_idle_init(uv, &idle);
    uv_timer_init(uv, &timer);
    [[maybe_unused]] const int made = uv_async_init(uv, &async, on_async);
    assert(made == 0 && "no descriptor left for post()");
    uv_unref(as_handle(async));
    check.data = idle.data = timer.data = async.data = owner;
  }

  void close() noexcept {
    for (uv_handle_t* h : {as_handle(check), as_handle(idle), as_handle(timer), as_handle(async)}) {
      h->data = this;
      uv_close(h, on_closed);
    }
  }

  static void on_closed(uv_handle_t* h) noexcept {
    auto* self = static_cast<handles*>(h->data);
    if (--self->open == 0) delete self;
  }
  static void on_check(uv_check_t* h) noexcept { static_cast<loop*>(h->data)->turn(); }
  static void on_idle(uv_idle_t*) noexcept {}
  static void on_timer(uv_timer_t* h) noexcept {
    auto* owner = static_cast<loop*>(h->data);
    owner->handles_->armed_at.reset();
    owner->request_turn();
  }
  static void on_async(uv_async_t* h) noexcept { static_cast<loop*>(h->data)->request_turn(); }
};

// One call of libuv: reads the clock once. Commands in callbacks then cost no further look.
struct loop::moment {
  explicit moment(loop& on) : self(on) { self.present_ = posix::steady_now(); }
  ~moment() { self.present_.reset(); }
  moment(const moment&) = delete;
  moment& operator=(const moment&) = delete;
  loop& self;
};

// Watches one descriptor.
struct loop::poll_handle {
  uv_poll_t poll;
  loop* home;
  posix::pollable* target;
  int events = 0;

  static void on_event(uv_poll_t* h, int status, int events) noexcept {
    auto* self = static_cast<poll_handle*>(h->data);
    const moment began(*self->home);
    try {
      // A status means that poll found an error, which reading or writing tells.
      self->target->on_ready(status < 0 || (events & UV_READABLE) != 0,
                             status < 0 || (events & UV_WRITABLE) != 0);
    } catch (...) {
      if (self->target) self->target->on_unwatchable(error(errc::out_of_memory));
    }
    // libuv has stopped to watch then.
    if (status < 0 && self->target) uv_poll_start(h, self->events, on_event);
  }
  static void on_closed(uv_handle_t* h) noexcept { delete static_cast<poll_handle*>(h->data); }
};

// A name on its way. Freed when libuv has answered and the loop has run it.
class loop::lookup final : public work {
 public:
  lookup(loop& home, resolve_request& request) : home_(home), request_(&request) {
    request.job = this;
    req_.data = this;
    home.attach();
  }

  void start() {
    if (auto numeric = address::parse_ip(request_->host, request_->port)) {
      return finish(std::vector{*std::move(numeric)});
    }
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    const int code =
        uv_getaddrinfo(home_.uv_, &req_, on_answer, request_->host.c_str(), nullptr, &hints);
    if (code != 0) return finish(fail(code));
    asked_ = true;
  }

  void cancel() {
    std::exchange(request_, nullptr)->job = nullptr;
    home_.detach();
    if (asked_) uv_cancel(reinterpret_cast<uv_req_t*>(&req_));
  }

 private:
  static void on_answer(uv_getaddrinfo_t* req, int code, addrinfo* list) noexcept {
    auto* self = static_cast<lookup*>(req->data);
    self->asked_ = false;
    if (!self->request_) {
      delete self;  // cancelled; the loop may be gone
    } else if (code != 0) {
      self->finish(self->fail(code));
    } else {
      auto found = posix::from_native(list, self->request_->port);
      self->finish(found.empty() ? self->fail(UV_EAI_NODATA) : std::move(found));
    }
    uv_freeaddrinfo(list);
  }

  result<std::vector<address>> fail(int code) const {
    return std::unexpected(posix::unresolvable(request_->host, uv_strerror(code)));
  }

  void finish(result<std::vector<address>> outcome) {
    outcome_ = std::move(outcome);
    home_.enqueue(*this);
  }

  void run() override {
    const std::unique_ptr<lookup> self(this);
    if (!request_) return;
    resolve_request& request = *std::exchange(request_, nullptr);
    request.job = nullptr;
    home_.detach();
    request.resolved(std::move(outcome_));
  }

  loop& home_;
  resolve_request* request_;
  uv_getaddrinfo_t req_{};
  result<std::vector<address>> outcome_;
  bool asked_ = false;  // libuv will answer
};

loop::loop(uv_loop_s* borrowed) : uv_(borrowed), handles_(new handles(borrowed, this)) {}

loop::~loop() {
  assert(!in_turn() && "destroy a loop outside of its callbacks");
  finish();
  handles_->close();
}

time_point loop::now() { return present_ ? *present_ : posix::steady_now(); }
wall_time loop::wall_now() { return posix::system_now(); }
void loop::random(std::span<std::byte> out) { posix::fill_random(out); }

void loop::resolve(resolve_request& request) { (new lookup(*this, request))->start(); }

void loop::cancel(resolve_request& request) {
  if (request.job) static_cast<lookup*>(request.job)->cancel();
}

connection& loop::connect(const address& to, driver& d) {
  return posix::connect(*this, *this, to, d);
}

result<std::unique_ptr<listener>> loop::listen(const address& at, acceptor& a,
                                               const listen_options& how) {
  return posix::listen(*this, *this, at, a, how);
}

void loop::request_turn() {
  uv_idle_start(&handles_->idle, handles::on_idle);
  uv_check_start(&handles_->check, handles::on_check);
}

void loop::notify() { uv_async_send(&handles_->async); }

void loop::turn() {
  const moment began(*this);
  run_timers(*present_);
  run_ready();
  if (!has_ready()) {
    uv_idle_stop(&handles_->idle);
    uv_check_stop(&handles_->check);
  }
  arm_timer();
}

void loop::arm_timer() {
  const auto next = next_timer();
  // A deadline that moved away lets the timer expire once for nothing, which is
  // cheaper than moving it with each message.
  if (next && handles_->armed_at && *handles_->armed_at <= *next) return;
  handles_->armed_at = next;
  if (!next) {
    uv_timer_stop(&handles_->timer);
    return;
  }
  // libuv counts milliseconds of the same clock: rounded up, never early.
  const auto due = std::chrono::ceil<std::chrono::milliseconds>(next->time_since_epoch()).count();
  const auto present = static_cast<std::int64_t>(uv_now(uv_));
  const auto wait = static_cast<std::uint64_t>(std::max<std::int64_t>(due - present, 0));
  uv_timer_start(&handles_->timer, handles::on_timer, wait, 0);
}

void loop::watch(posix::pollable& p, bool read, bool write) {
  auto* h = reinterpret_cast<poll_handle*>(p.slot);
  if (!h) {
    auto made = std::make_unique<poll_handle>();
    const int code = uv_poll_init_socket(uv_, &made->poll, p.descriptor());
    if (code != 0) return p.on_unwatchable(posix::from_errno(-code, "watching a socket"));
    h = made.release();
    h->home = this;
    h->target = &p;
    h->poll.data = h;
    p.slot = reinterpret_cast<std::uintptr_t>(h);
  }
  h->events = (read ? UV_READABLE : 0) | (write ? UV_WRITABLE : 0);
  uv_poll_start(&h->poll, h->events, poll_handle::on_event);
}

void loop::forget(posix::pollable& p) noexcept {
  auto* h = reinterpret_cast<poll_handle*>(std::exchange(p.slot, 0));
  if (!h) return;  // libuv would not watch it
  h->target = nullptr;
  uv_close(as_handle(h->poll), poll_handle::on_closed);
}

}  // namespace parley::uv
