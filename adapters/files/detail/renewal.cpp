#include <parley/adapters/files/detail/renewal.hpp>
#include <parley/adapters/files/material.hpp>
#include <utility>

namespace parley::files::detail {

renewal::renewal(tls::context with, tls_settings settings, watched_files watched)
    : context_(std::move(with)), settings_(std::move(settings)), watched_(std::move(watched)) {}

// A new change deserves a new try, and a new word if that fails.
bool renewal::changed() {
  if (!watched_.changed()) return false;
  due_ = true;
  told_ = false;
  return true;
}

result<void> renewal::load(observer* watch) {
  auto outcome = load_quietly(watch);
  failed_ = !outcome;
  // Files that are wrong stay wrong until somebody writes them; want of descriptors passes.
  due_ = failed_ && outcome.error().is_transient();
  tell(watch, outcome);
  return outcome;
}

result<void> renewal::load_quietly(observer* watch) {
  auto bytes = files::load(settings_, watch);
  if (!bytes) return std::unexpected(std::move(bytes).error());
  return context_.reload(*std::move(bytes));
}

void renewal::tell(observer* watch, const result<void>& outcome) {
  if (outcome) {
    told_ = false;
    if (watch) watch->log(log_level::info, "tls", "the certificates were loaded anew");
  } else if (!std::exchange(told_, true) && watch) {
    watch->log(
        log_level::error, "tls",
        "the new certificates do not load, the old ones stay: " + outcome.error().to_string());
  }
}

}  // namespace parley::files::detail
