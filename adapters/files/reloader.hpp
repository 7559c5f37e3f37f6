// Certificates that are renewed on disk while the program runs.
//
//   auto context = files::server_context(settings);
//   files::reloader renew(loop, *context, settings, {.watch = &log});
#pragma once

#include <chrono>
#include <memory>
#include <parley/codecs/tls/context.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/loop/loop.hpp>

namespace parley::files {

namespace detail {
class renewal;
}

// How often a reloader looks, and who is told.
struct reloader_options {
  // Between two looks at the files; less than 1 ms is taken as 1 ms.
  duration interval = std::chrono::seconds(30);
  // Is told of each reload (info) and, once for each change, of one that failed (error). Must
  // outlive the reloader.
  observer* watch = nullptr;
};

// Looks at the files of `settings` and gives the context what is new in them. A change is loaded
// when the next look finds it unchanged, as files may be half written. If that fails, the context
// keeps what it has, and the next change is tried; a failure of the system is tried again at each
// look. Connections that are open go on.
//
// Make it right after the context: what changed in between is not seen. Destroy it before the
// loop; it does not keep the loop running longer than any timer. One thread: that of the loop.
class reloader final : private timer {
 public:
  using options = reloader_options;

  reloader(loop& home, tls::context with, tls_settings settings, options how = {});
  ~reloader();

  // Looks now, and loads what is new or has failed before, without waiting for another look: for
  // a signal handler's SIGHUP or a button. Success if there is nothing to load. Errors: those of
  // load() and of tls::context::reload().
  result<void> check_now();

 private:
  void fired(time_point now) override;
  void poll();

  loop& loop_;
  options options_;
  std::unique_ptr<detail::renewal> files_;
};

}  // namespace parley::files
