#include <parley/adapters/files/detail/system.hpp>
#include <parley/adapters/files/watched_files.hpp>
#include <utility>

namespace parley::files {

watched_files::watched_files(const tls_settings& s)
    : with_store_(s.ca_certs.empty() && s.verify != verify_mode::none) {
  for (const std::string* path : {&s.ca_certs, &s.crlfile, &s.certfile, &s.keyfile}) {
    if (!path->empty()) paths_.push_back(*path);
  }
  seen_ = look();
}

bool watched_files::changed() {
  std::vector<file> now = look();
  if (now == seen_) return false;
  seen_ = std::move(now);
  return true;
}

std::vector<watched_files::file> watched_files::look() const {
  std::vector<file> found;
  for (const std::string& path : paths_) add(found, path, true);
  if (!with_store_) return found;
  // Its places may change as well.
  for (const std::string& path : detail::find_store_places().paths) add(found, path, true);
  return found;
}

void watched_files::add(std::vector<file>& to, const std::string& path, bool into_folders) {
  const detail::look at = detail::look_at(path);
  to.push_back({path, at.code, at.device, at.node, at.size, at.modified, at.changed});
  if (!into_folders || !at.is_folder()) return;
  const auto inside = detail::certificates_in(path);
  if (!inside) return;
  for (const std::string& each : *inside) add(to, each, false);
}

}  // namespace parley::files
