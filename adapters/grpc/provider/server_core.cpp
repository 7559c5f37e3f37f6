#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <parley/adapters/grpc/provider/reflection.hpp>
#include <parley/adapters/grpc/provider/server_core.hpp>
#include <parley/adapters/grpc/provider/service.hpp>
#include <parley/adapters/grpc/provider/settings.hpp>
#include <parley/adapters/grpc/provider/socket_file.hpp>
#include <parley/core/api/named_callable.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {
namespace {

// Of one client.
constexpr std::size_t most_filters = 10'000;

}  // namespace

grpc_server_core::grpc_server_core(loop& home, grpc_config config)
    : grpc_core(home, std::move(config)) {}

grpc_server_core::~grpc_server_core() = default;

// --- its life ---------------------------------------------------------------------------------

operation<void> grpc_server_core::initialize() {
  if (is_up_) return ended<void>(*this, {});
  result<void> ok = config_.validate();
  if (ok && server_) ok = fail(errc::misuse, "close() has not ended yet");
  if (ok) ok = start();
  if (!ok) {
    enter(provider_state::failed, &ok.error());
    return ended<void>(*this, std::move(ok));
  }
  is_up_ = true;
  ++connects_;
  enter(provider_state::up);
  return ended<void>(*this, {});
}

result<void> grpc_server_core::start() {
  const std::string path = socket_of(config_);
  if (!path.empty()) {
    if (auto ok = make_way_for_socket(path); !ok) return ok;
  }
  if (auto ok = listen(); !ok) return ok;
  result<void> ok;
  if (!path.empty()) ok = set_socket_mode(path, config_.socket_mode);
  if (ok && config_.handlers == grpc_threads::workers) {
    ok = guarded([&] { workers_.emplace(config_.max_workers); });
  }
  if (!ok) stop();
  return ok;
}

result<void> grpc_server_core::listen() {
  auto credentials = server_credentials(config_);
  if (!credentials) return std::unexpected(std::move(credentials).error());
  ::grpc::EnableDefaultHealthCheckService(true);
  ::grpc::ServerBuilder builder;
  set_options(builder, config_);
  if (auto ok = set_reflection(builder, config_.reflection); !ok) return ok;
  int chosen = 0;
  builder.AddListeningPort(listening_of(config_), *credentials, &chosen);
  port_ = std::make_shared<grpc_port>(loop_);
  service_ = std::make_unique<grpc_service>(port_, *this, config_);
  builder.RegisterService(service_.get());
  for (::grpc::Service* s : services_) builder.RegisterService(s);
  server_ = builder.BuildAndStart();
  if (server_) {
    port_number_ = static_cast<std::uint16_t>(chosen);
    return {};
  }
  service_.reset();
  port_.reset();
  return std::unexpected(error(errc::io, "cannot listen on " + listening_of(config_))
                             .with_hint("check that the address is this machine's and that nobody "
                                        "listens there; with TLS, that key and certificate fit"));
}

// What runs is finished here; then gRPC's threads let go of it.
void grpc_server_core::stop() noexcept {
  is_up_ = false;
  if (!server_) return;
  port_->close();
  if (closer_.joinable()) closer_.join();
  server_->Shutdown(std::chrono::system_clock::now());
  workers_.reset();
  server_.reset();
  port_->wait_until_idle();
  service_.reset();
  port_.reset();
}

// In a thread of its own, as gRPC blocks while calls run, which are answered by the loop.
class grpc_server_core::closing final : public grpc_call {
 public:
  closing(std::shared_ptr<grpc_port> port, grpc_server_core& core)
      : grpc_call(std::move(port)), core_(core) {}

  void run(::grpc::Server& server, std::chrono::system_clock::time_point until) {
    server.Shutdown(until);
    tell(ended);
  }

 private:
  void happened(std::uint32_t) override {
    const grpc_core_ref held(core_);
    core_.closed();
  }

  grpc_server_core& core_;
};

operation<void> grpc_server_core::close() {
  if (!server_) {
    enter(provider_state::closed);
    return ended<void>(*this, {});
  }
  closing_.emplace_back(loop_);
  auto op = closing_.back().op();
  op.state()->set_fault_sink(this);
  if (closing_.size() > 1) return op;
  is_up_ = false;
  set_healthy(false);
  // They would stay for ever.
  for (grpc_member* m : std::vector(members_)) m->finish(::grpc::Status::OK);
  auto* const done = new closing(port_, *this);
  const auto until =
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(config_.stop_timeout);
  const auto began = guarded([&] {
    closer_ = std::thread([done, until, server = server_.get()] { done->run(*server, until); });
  });
  if (!began) done->tell(grpc_call::ended);
  return op;
}

void grpc_server_core::closed() {
  stop();
  enter(provider_state::closed);
  for (completer<void>& c : std::exchange(closing_, {})) c.complete({});
}

void grpc_server_core::shut() noexcept {
  grpc_core::shut();
  stop();
  handlers_.clear();
  closing_.clear();  // cancelled
}

result<void> grpc_server_core::add_service(::grpc::Service& service) {
  if (server_) return fail(errc::misuse, "services are added before initialize()");
  services_.push_back(&service);
  return {};
}

std::optional<address> grpc_server_core::local_address() const {
  if (!server_) return std::nullopt;
  if (const std::string path = socket_of(config_); !path.empty()) return address::local(path);
  return endpoint(config_.host, port_number_).numeric();
}

void grpc_server_core::set_healthy(bool serving) {
  if (!server_) return;
  if (auto* const health = server_->GetHealthCheckService()) health->SetServingStatus(serving);
}

// --- calls and streams ------------------------------------------------------------------------

result<void> grpc_server_core::add(std::string_view name, entry e) {
  if (auto ok = check_name(name); !ok) return ok;
  handlers_[std::string(name)] = std::make_shared<entry>(std::move(e));
  return {};
}

result<void> grpc_server_core::serve(std::string_view name, grpc_handler handler) {
  return add(name, {{}, std::move(handler), {}});
}

result<void> grpc_server_core::serve_stream(std::string_view name, grpc_stream_handler handler) {
  return add(name, {{}, {}, std::move(handler)});
}

operation<callable> grpc_server_core::serve(std::string_view name, call_handler handler) {
  if (auto ok = add(name, {std::move(handler), {}, {}}); !ok) {
    return ended<callable>(*this, std::unexpected(ok.error()));
  }
  // It is served, and cannot be called from here.
  return ended<callable>(
      *this,
      make_named_callable(
          *this, name, [](grpc_server_core& core, std::string_view, const value&, call_options) {
            return ended<value>(core,
                                fail(errc::not_supported, "a server answers, and a client calls"));
          }));
}

std::shared_ptr<grpc_server_core::entry> grpc_server_core::find_entry(
    const std::string& name) const {
  const auto found = handlers_.find(name);
  return found == handlers_.end() ? nullptr : found->second;
}

void grpc_server_core::answer(grpc_served_call& c) {
  const std::string& name = c.request().name();
  const auto found = find_entry(name);
  if (!found || found->stream) {
    const char* const what = found ? "a stream is named \"" : "no callable is named \"";
    return c.reply(result<value>(std::unexpected(
        error(errc::not_supported, what + name + "\"")
            .with_hint("check the name against those that the server has made callables of"))));
  }
  if (workers_ && found->values) return work(found, c);
  const grpc_core_ref held(*this);
  run(*found, c);
}

void grpc_server_core::run(entry& e, grpc_served_call& c) {
  // What it throws is to be the answer, and not that its own handle goes by that.
  const grpc_answer handle = c.handle();
  result<value> made = value();
  const auto ok = guarded(
      [&] { e.whole ? e.whole(c.handle()) : void(made = e.values(c.message().content())); });
  if (!ok) {
    callback_failed(ok.error());
    made = std::unexpected(ok.error());
  }
  if (!ok || !e.whole) c.reply(std::move(made));
}

// The request is read here: gRPC may let go of it while the handler runs.
void grpc_server_core::work(std::shared_ptr<entry> e, grpc_served_call& c) {
  c.retain();
  workers_->add([e = std::move(e), call = std::unique_ptr<grpc_served_call, releases_call>(&c),
                 request = c.message()] {
    result<value> made = value();
    const auto ok = guarded([&] { made = e->values(request.content()); });
    if (!ok) made = std::unexpected(ok.error());
    call->reply_later(std::move(made));
  });
}

void grpc_server_core::open_stream(grpc_served_stream& s) {
  const auto found = find_entry(std::string(s.name()));
  if (!found || !found->stream) {
    const char* const what = found ? "it is no stream: \"" : "no stream is named \"";
    const error why(errc::not_supported, what + std::string(s.name()) + "\"");
    return s.end(&why);
  }
  const grpc_core_ref held(*this);
  // What it throws is to be the end, and not that its own handle goes by that.
  const grpc_stream handle(s);
  if (auto ok = guarded([&] { found->stream(handle); }); !ok) {
    callback_failed(ok.error());
    s.end(&ok.error());
  }
}

// --- channels ---------------------------------------------------------------------------------

void grpc_server_core::enter_member(grpc_member& m) {
  m.place = members_.size();
  members_.push_back(&m);
}

void grpc_server_core::leave_member(grpc_member& m) noexcept {
  for (const std::string& f : m.filters) listening_.remove(f, m);
  m.filters.clear();
  if (m.place >= members_.size() || members_[m.place] != &m) return;
  members_[m.place] = members_.back();
  members_[m.place]->place = m.place;
  members_.pop_back();
}

void grpc_server_core::take_filter(grpc_member& m, const v1::Subscription& s) {
  const auto at = m.filters.find(s.filter());
  if (s.end()) {
    if (at != m.filters.end()) {
      listening_.remove(s.filter(), m);
      m.filters.erase(at);
    }
  } else if (!is_topic_filter(s.filter())) {
    return m.answer(s.id(), "this is neither a name nor a sound filter");
  } else if (m.filters.size() >= most_filters) {
    return m.answer(s.id(), "too many channels");
  } else if (at == m.filters.end()) {
    m.filters.insert(s.filter());
    listening_.add(s.filter(), m);
  }
  m.answer(s.id());
}

// Once to each, whatever it listens to.
std::int64_t grpc_server_core::spread(v1::Message message, std::uint64_t except) {
  std::vector<grpc_member*> told;
  ++messages_;
  listening_.match(message.topic(), [&](grpc_member& m, std::string_view) {
    if (std::exchange(m.told, messages_) == messages_) return;
    if (except == 0 || m.number != except) told.push_back(&m);
  });
  if (told.empty()) return 0;
  auto made = std::make_shared<v1::Event>();
  *made->mutable_message() = std::move(message);
  const grpc_shared_event shared{std::move(made)};
  return std::ranges::count_if(told, [&](grpc_member* m) { return m->push(shared); });
}

std::int64_t grpc_server_core::relay(const v1::Message& m) {
  if (!is_topic_name(m.topic())) return 0;
  const std::int64_t here = listeners_.count(m.topic());
  return config_.relay ? here + spread(m, m.sender()) : here;
}

operation<delivery> grpc_server_core::publish(std::string_view name, byte_view payload) {
  if (!is_up_) return ended<delivery>(*this, std::unexpected(not_ready()));
  if (auto ok = check(name, payload); !ok)
    return ended<delivery>(*this, std::unexpected(ok.error()));
  v1::Message message;
  message.set_topic(name.data(), name.size());
  message.set_payload(payload.data(), payload.size());
  record("shout", nullptr);
  return ended<delivery>(*this, delivery(spread(std::move(message), 0)));
}

}  // namespace parley::detail
