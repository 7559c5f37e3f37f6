#include <signal.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <mutex>
#include <parley/adapters/posix/detail/native.hpp>
#include <parley/adapters/posix/resolver.hpp>
#include <parley/core/async/guard.hpp>
#include <system_error>
#include <thread>

namespace parley::posix {
namespace {

result<std::vector<address>> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  // Without it each address comes once for every kind of socket.
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (code == EAI_SYSTEM) {
    const std::string why = std::generic_category().message(errno);
    return std::unexpected(unresolvable(host, why.c_str()));
  }
  if (code != 0) return std::unexpected(unresolvable(host, ::gai_strerror(code)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);
  auto found = from_native(list, port);
  if (found.empty()) return std::unexpected(unresolvable(host, "no address of a known kind"));
  return found;
}

}  // namespace

// One name on its way. A thread fills `outcome`; `request` is touched by the
// loop's thread only.
class threaded_resolver::job final : public work {
 public:
  job(threaded_resolver& by, resolve_request& r)
      : request(&r), resolver(by), host(r.host), port(r.port) {}

  void run() override {
    // Whatever happened meanwhile, this is the job's end.
    const std::unique_ptr<job> self(this);
    resolve_request* r = request;
    // Cancelled: the loop was left then.
    if (!r) return;
    resolver.forget(*r);
    r->resolved(std::move(outcome));
  }

  resolve_request* request;
  threaded_resolver& resolver;  // used only while there is a request
  std::string host;
  std::uint16_t port;
  result<std::vector<address>> outcome;
};

// What threads see. Lives as long as the resolver and the last thread.
struct threaded_resolver::shared {
  std::mutex mutex;
  loop* home = nullptr;  // null once the resolver is gone
  std::deque<std::unique_ptr<job>> waiting;
  int threads = 0;

  void work_off() {
    std::unique_lock lock(mutex);
    while (home && !waiting.empty()) {
      auto next = std::move(waiting.front());
      waiting.pop_front();
      // A name may take minutes; meanwhile the loop must be able to queue and
      // cancel.
      lock.unlock();
      auto ok = guarded([&] { next->outcome = look_up(next->host, next->port); });
      if (!ok) next->outcome = std::unexpected(std::move(ok).error());
      lock.lock();
      // Under the lock, so that the loop cannot go away in between.
      if (home) home->post(*next.release());
    }
    --threads;
  }
};

threaded_resolver::threaded_resolver(loop& home)
    : loop_(home), shared_(std::make_shared<shared>()) {
  shared_->home = &home;
}

threaded_resolver::~threaded_resolver() {
  const std::scoped_lock lock(shared_->mutex);
  // A thread inside getaddrinfo() cannot be stopped. It finds this null and lets
  // its answer go, so that no program waits for a dead name server at its end.
  shared_->home = nullptr;
  shared_->waiting.clear();
}

void threaded_resolver::resolve(resolve_request& request) {
  auto made = std::make_unique<job>(*this, request);
  job* const mine = made.get();
  // Needs no thread; told by the queue all the same, since callers do not expect an
  // answer inside the call.
  if (auto numeric = address::parse_ip(request.host, request.port)) {
    made->outcome = std::vector{*std::move(numeric)};
    remember(request, *mine);
    return loop_.enqueue(*made.release());
  }
  {
    const std::scoped_lock lock(shared_->mutex);
    shared_->waiting.push_back(std::move(made));
    // Nothing can fail from here on: what is remembered is also answered.
    remember(request, *mine);
    if (shared_->threads == max_threads) return;
    ++shared_->threads;
  }
  start_thread();
}

void threaded_resolver::start_thread() {
  // The user's signal handlers run in the user's threads.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([keep = shared_] { keep->work_off(); }).detach();
  } catch (const std::exception& e) {  // system_error, bad_alloc
    // Another thread may take the name; without one it fails here.
    const std::scoped_lock lock(shared_->mutex);
    if (--shared_->threads == 0) {
      for (auto& lost : shared_->waiting) {
        lost->outcome = std::unexpected(unresolvable(lost->host, e.what()));
        loop_.enqueue(*lost.release());
      }
      shared_->waiting.clear();
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void threaded_resolver::remember(resolve_request& request, job& mine) noexcept {
  request.job = &mine;
  ++busy_;
  loop_.attach();
}

void threaded_resolver::forget(resolve_request& request) {
  request.job = nullptr;
  --busy_;
  loop_.detach();
}

void threaded_resolver::cancel(resolve_request& request) {
  auto* mine = static_cast<job*>(request.job);
  if (!mine) return;
  mine->request = nullptr;  // whoever holds the job now drops it
  forget(request);
  const std::scoped_lock lock(shared_->mutex);
  std::erase_if(shared_->waiting, [&](const auto& waiting) { return waiting.get() == mine; });
}

}  // namespace parley::posix
