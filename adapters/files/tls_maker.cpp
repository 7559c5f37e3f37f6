#include <algorithm>
#include <memory>
#include <parley/adapters/files/detail/renewal.hpp>
#include <parley/adapters/files/material.hpp>
#include <parley/adapters/files/tls_maker.hpp>
#include <parley/codecs/tls/connection.hpp>
#include <parley/core/loop/loop.hpp>
#include <utility>
#include <vector>

namespace parley::files {
namespace {

constexpr std::size_t most_contexts = 64;
constexpr duration look_interval = std::chrono::seconds(1);

// The contexts that were made. A context knows its observer and belongs to one thread, so that
// neither is shared between two of them. The pointers are compared, never followed.
class context_cache {
 public:
  explicit context_cache(bool of_servers) noexcept : of_servers_(of_servers) {}
  result<layer_ptr> make(const transport_request& request);

 private:
  struct entry {
    tls_settings settings;
    const loop* home;
    const observer* watch;
    detail::renewal files;
    time_point looked;
  };

  entry* find(const tls_settings& settings, const transport_request& request);
  result<entry*> add(const tls_settings& settings, const transport_request& request);
  static void follow(entry& e, const transport_request& request);

  bool of_servers_;
  std::vector<std::unique_ptr<entry>> entries_;  // the last is the one that was used last
};

result<layer_ptr> context_cache::make(const transport_request& request) {
  if (!request.home) return fail(parley::errc::misuse, "TLS needs the loop, for the time of day");
  const tls_settings defaults;
  const tls_settings& settings = request.tls ? *request.tls : defaults;
  entry* e = find(settings, request);
  if (e) {
    follow(*e, request);
  } else {
    auto added = add(settings, request);
    if (!added) return std::unexpected(std::move(added).error());
    e = *added;
  }
  const wall_time wall = request.home->wall_now();
  if (of_servers_) return std::make_unique<tls::server>(e->files.context(), wall);
  return std::make_unique<tls::client>(e->files.context(), request.host, wall);
}

context_cache::entry* context_cache::find(const tls_settings& settings,
                                          const transport_request& request) {
  const auto found = std::ranges::find_if(entries_, [&](const auto& e) {
    return e->home == request.home && e->watch == request.watch && e->settings == settings;
  });
  if (found == entries_.end()) return nullptr;
  // To the end, as the one that was used last.
  std::rotate(found, found + 1, entries_.end());
  return entries_.back().get();
}

result<context_cache::entry*> context_cache::add(const tls_settings& settings,
                                                 const transport_request& request) {
  // Looked at before they are read: a change in between is seen at the next request.
  watched_files watched(settings);
  auto context = of_servers_ ? server_context(settings, settings.clients, request.watch)
                             : client_context(settings, request.watch);
  if (!context) return std::unexpected(std::move(context).error());
  detail::renewal files(*std::move(context), settings, std::move(watched));
  if (entries_.size() >= most_contexts) entries_.erase(entries_.begin());
  entries_.push_back(std::make_unique<entry>(settings, request.home, request.watch,
                                             std::move(files), request.home->now()));
  return entries_.back().get();
}

void context_cache::follow(entry& e, const transport_request& request) {
  const time_point now = request.home->now();
  // Another loop may have come to the place of one that is gone, with an earlier time.
  if (now >= e.looked && now - e.looked < look_interval) return;
  e.looked = now;
  e.files.changed();
  // A failure was told to the observer; the connection is made with what there was.
  if (e.files.is_due()) (void)e.files.load(request.watch);
}

}  // namespace

namespace {

transports::maker maker_of(bool servers) {
  return [cache = std::make_unique<context_cache>(servers)](const transport_request& request) {
    return cache->make(request);
  };
}

}  // namespace

transports::maker tls_maker() { return maker_of(false); }
transports::maker tls_server_maker() { return maker_of(true); }

}  // namespace parley::files
