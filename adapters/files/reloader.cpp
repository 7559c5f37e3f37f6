#include <algorithm>
#include <parley/adapters/files/detail/renewal.hpp>
#include <parley/adapters/files/reloader.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::files {

reloader::reloader(loop& home, tls::context with, tls_settings settings, options how)
    : loop_(home), options_(how) {
  if (with.is_server()) settings = detail::for_server(std::move(settings));
  watched_files watched(settings);
  files_ =
      std::make_unique<detail::renewal>(std::move(with), std::move(settings), std::move(watched));
  options_.interval = std::max<duration>(options_.interval, std::chrono::milliseconds(1));
  loop_.set_timer(*this, loop_.now() + options_.interval);
}

reloader::~reloader() = default;

result<void> reloader::check_now() {
  files_->changed();
  if (!files_->is_due() && !files_->has_failed()) return {};
  return files_->load(options_.watch);
}

void reloader::fired(time_point now) {
  // Without memory for it, the next look does what this one could not.
  (void)guarded([this] { poll(); });
  loop_.set_timer(*this, now + options_.interval);
}

// A file that has just changed may change again: it is given time until the next look.
void reloader::poll() {
  if (!files_->changed() && files_->is_due()) (void)files_->load(options_.watch);
}

}  // namespace parley::files
