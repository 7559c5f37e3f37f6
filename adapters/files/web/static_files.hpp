// The files of a folder as answers of a rest_provider: with types, ranges, conditions and the
// client's pace.
//
//   auto site = parley::files::static_files::open(loop, "/var/www");
//   if (!site) return report(site.error());
//   server.route("GET", "/static/{path...}", site->handler());
//   server.route("GET", "/static", site->handler());              // its index
//
// Served are regular files below the folder, under their names in it. Everything else is 404: what
// is not there or may not be read, folders without an index (there are no listings), names that
// begin with a dot, pipes and devices, and whatever leads out of the folder, by "..", however it is
// encoded, or by a link. What a client asks for never makes the loop wait for anybody but the disk.
//
// ETag (of size and time, weak for a second after a change), Last-Modified, If-* and Range with
// If-Range are answered as RFC 9110 sections 8.8, 13 and 14 have it: 206, also in several parts,
// 304, 412, 416. A file that changes while it is sent ends the connection, so that nobody takes the
// mixture for the file: replace files by renaming new ones over them.
//
// Files are read by the loop's thread, 64 KiB at a time: put them on a local disk.
#pragma once

#include <cstddef>
#include <memory>
#include <parley/codecs/http/rest/cache_control.hpp>
#include <parley/codecs/http/rest/range.hpp>
#include <parley/codecs/http/rest_provider.hpp>
#include <string>
#include <utility>
#include <vector>

namespace parley::files {

// What a folder gives away, and how.
struct static_files_options {
  // Which parameter of the route has the path; a route without it serves the folder's index.
  std::string parameter = "path";
  // What a folder is answered with, where it has such a file; "": nothing. A request for the folder
  // without a slash at its end is sent there by 301, so that the links of the page are right.
  std::string index = "index.html";
  // Media types by the ending of a name, {"map", "application/json"}: before those of
  // media_types.hpp, and as they are, without the charset.
  std::vector<std::pair<std::string, std::string>> types{};
  std::string default_type = "application/octet-stream";
  // Of text/...; "": none is named.
  std::string charset = "utf-8";
  // Of all answers but errors; nothing set: no field.
  http::cache_control cache{};
  // Names that begin with a dot: .git, .env, .htpasswd. Also needed for .well-known (RFC 8615).
  bool dotfiles = false;
  // Relative links that stay below the folder. Needs Linux 5.6; without it links are 404.
  bool follow_symlinks = false;
  // page.html.gz goes to who accepts gzip and asks for page.html, if it is not the older one of
  // them. Files are never compressed on the way.
  bool precompressed = false;
  // Files that others append to, logs say, may become longer while they are sent; what is sent is
  // what was there at the beginning.
  bool may_grow = false;
  // How many ranges one request may ask for; 416 above it. 0: Range is ignored.
  std::size_t max_ranges = http::max_byte_ranges;
};

// A handle, copied like a value: routes go on with what they were given.
class static_files {
 public:
  // Errors: errc::bad_configuration, if `folder` is none, or the options are wrong. A relative one
  // is taken from where the process is now. `home` is the provider's, and outlives it.
  static result<static_files> open(loop& home, std::string folder,
                                   static_files_options options = {});

  // For routes of GET; HEAD comes along.
  rest_async_handler handler() const;

 private:
  struct site;
  explicit static_files(std::shared_ptr<const site> s) noexcept : site_(std::move(s)) {}
  std::shared_ptr<const site> site_;
};

}  // namespace parley::files
