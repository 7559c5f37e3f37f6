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
  // Its places may change as well. The usual folder has hundreds of links beside the file that is
  // read: its own time says enough.
  const detail::store_places places = detail::find_store_places();
  for (const std::string& path : places.paths) add(found, path, places.is_chosen);
  return found;
}

void watched_files::add(std::vector<file>& to, const std::string& path, bool into_folders) {
  const detail::look at = detail::look_at(path);
  if (into_folders && at.is_folder()) {
    if (const auto inside = detail::certificates_in(path)) {
      // What else is written there is none of our business: not its own times.
      to.push_back({.path = path, .device = at.device, .node = at.node});
      for (const std::string& each : *inside) add(to, each, false);
      return;
    }
  }
  to.push_back({path, at.code, at.device, at.node, at.size, at.modified, at.changed});
}

}  // namespace parley::files
