#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <parley/adapters/files/web/detail/transfer.hpp>
#include <parley/adapters/files/web/media_types.hpp>
#include <parley/adapters/files/web/static_files.hpp>
#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/http/date.hpp>
#include <parley/codecs/http/field.hpp>
#include <parley/codecs/http/rest/conditional.hpp>
#include <parley/codecs/http/rest/media_type.hpp>
#include <span>
#include <string_view>

namespace parley::files {
namespace {

using std::chrono::seconds;

// What a request is answered with, once it is known.
struct found_file {
  detail::open_file file;
  detail::file_facts facts;
  std::string name;  // below the folder; tells the type
  bool is_gzip = false;
};
// Why there is none.
struct refusal {
  std::uint16_t status = 404;
  std::string location{};  // of a folder whose slash is missing
};
using found = std::expected<found_file, refusal>;

// Nothing tells a client apart what is hidden from what is not there. Only what this process lacks
// is its own fault.
refusal refusal_of(int code) {
  switch (code) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return {.status = 503};
    case EIO:
      return {.status = 500};
    default:
      return {};
  }
}

bool has_dotfile(std::string_view path) noexcept {
  return path.starts_with('.') || path.find("/.") != path.npos;
}

// Relative, so that it never names another host: "./last-segment/?query".
std::string with_slash(const rest_request& r) {
  const std::string_view path = r.path();
  std::string to = "./" + std::string(path.substr(path.rfind('/') + 1)) + "/";
  return to.append(r.target().substr(path.size()));
}

wall_time time_of(const detail::file_facts& f) {
  return wall_time(
      std::chrono::duration_cast<wall_time::duration>(std::chrono::nanoseconds(f.modified)));
}

// 24 random hexadecimal digits: in no file by accident.
std::string make_boundary(loop& home) {
  std::array<std::byte, 12> bytes{};
  home.random(bytes);
  std::string text;
  for (const std::byte b : bytes) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(b) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

// RFC 9110 section 14.6.
std::vector<detail::body_part> split(const http::range_set& set, std::uint64_t size,
                                     std::string_view type, const std::string& boundary) {
  std::vector<detail::body_part> parts;
  for (const http::byte_range& r : set.ranges()) {
    std::string head = parts.empty() ? "--" : "\r\n--";
    head.append(boundary).append("\r\nContent-Type: ").append(type);
    head.append("\r\nContent-Range: ").append(http::content_range(r, size)).append("\r\n\r\n");
    parts.push_back({.text = std::move(head), .offset = r.first, .size = r.size()});
  }
  parts.push_back({.text = "\r\n--" + boundary + "--\r\n"});
  return parts;
}

result<void> check(const static_files_options& o) {
  const auto bad = [](const std::string& what) {
    return fail(errc::bad_configuration, "static files: " + what);
  };
  if (o.index.find('/') != o.index.npos || !detail::is_sound_path(o.index)) {
    return bad("index is the name of a file");
  }
  if (o.max_ranges > http::max_byte_ranges) {
    return bad("max_ranges is at most " + std::to_string(http::max_byte_ranges));
  }
  const auto is_type = [](const std::string& t) { return http::parse_media_type(t).has_value(); };
  for (const auto& [ending, type] : o.types) {
    if (!is_type(type)) return bad("\"" + type + "\" for \"" + ending + "\" is no media type");
  }
  if (!is_type(o.default_type)) return bad("default_type is no media type");
  if (!o.charset.empty() && !is_type("text/plain;charset=" + o.charset)) {
    return bad("charset is none");
  }
  return {};
}

}  // namespace

struct static_files::site {
  loop& home;
  std::string folder;
  static_files_options options;
  std::string cache;  // the value of Cache-Control
  detail::confinement how;

  void answer(rest_responder r) const;
  void send(rest_responder r, found_file what) const;
  void refuse(rest_responder r, refusal why) const;
  found find(const rest_request& r) const;
  found find_index(const std::string& path, const rest_request& r) const;
  std::expected<found_file, int> open(std::string path) const;
  void prefer_gzip(found_file& plain, const rest_request& r) const;
  std::string type_of(const found_file& f) const;
  http::entity_tag_text tag_of(const found_file& f) const;
  bool is_fresh(const found_file& f) const;
  rest_reply head_of(const found_file& f, const http::entity_tag_text& tag) const;
};

// --- finding
// --------------------------------------------------------------------------------------

std::expected<found_file, int> static_files::site::open(std::string path) const {
  auto file = detail::open_beneath(
      folder, path, options.follow_symlinks ? detail::links::inside : detail::links::none, how);
  if (!file) return std::unexpected(file.error());
  const detail::file_facts facts = file->look();
  if (!facts.is_file && !facts.is_folder) return std::unexpected(ENXIO);
  return found_file{.file = *std::move(file), .facts = facts, .name = std::move(path)};
}

found static_files::site::find(const rest_request& r) const {
  std::string path(r.parameter(options.parameter));
  const bool names_folder = path.ends_with('/') || r.path().ends_with('/');
  if (path.ends_with('/')) path.pop_back();
  if (!options.dotfiles && has_dotfile(path)) return std::unexpected(refusal());
  auto at = open(path);
  if (!at) return std::unexpected(refusal_of(at.error()));
  if (at->facts.is_folder) return find_index(path, r);
  if (names_folder) return std::unexpected(refusal());
  prefer_gzip(*at, r);
  return *std::move(at);
}

found static_files::site::find_index(const std::string& path, const rest_request& r) const {
  if (options.index.empty()) return std::unexpected(refusal());
  auto at = open(path.empty() ? options.index : path + "/" + options.index);
  if (!at) return std::unexpected(refusal_of(at.error()));
  if (!at->facts.is_file) return std::unexpected(refusal());
  if (!r.path().ends_with('/')) {
    return std::unexpected(refusal{.status = 301, .location = with_slash(r)});
  }
  prefer_gzip(*at, r);
  return *std::move(at);
}

// One that is older was made of other bytes.
void static_files::site::prefer_gzip(found_file& plain, const rest_request& r) const {
  if (!options.precompressed) return;
  const auto accepts = r.header("Accept-Encoding");
  if (!accepts || http::choose_coding(*accepts) != http::coding::gzip) return;
  auto packed = open(plain.name + ".gz");
  if (!packed || !packed->facts.is_file || packed->facts.modified < plain.facts.modified) return;
  plain.file = std::move(packed->file);
  plain.facts = packed->facts;
  plain.is_gzip = true;
}

// --- answering
// ------------------------------------------------------------------------------------

std::string static_files::site::type_of(const found_file& f) const {
  const std::string_view ending = ending_of(f.name);
  for (const auto& [known, type] : options.types) {
    if (http::equals_ignoring_case(known, ending)) return type;
  }
  std::string type(media_type_of(f.name));
  if (type.empty()) return options.default_type;
  if (type.starts_with("text/") && !options.charset.empty()) type += "; charset=" + options.charset;
  return type;
}

// It may change again without another time: the clock of a file system ticks every few
// milliseconds, that of some every second or two.
bool static_files::site::is_fresh(const found_file& f) const {
  const auto coarse = f.facts.modified % 1'000'000'000 == 0 ? seconds(2) : seconds(1);
  return home.wall_now() - time_of(f.facts) < coarse;
}

// The two representations of one name differ in their tags, whatever their sizes.
http::entity_tag_text static_files::site::tag_of(const found_file& f) const {
  const auto version = static_cast<std::uint64_t>(f.facts.modified);
  return http::entity_tag_text::of(f.is_gzip ? std::rotl(version, 32) : version, f.facts.size,
                                   is_fresh(f));
}

rest_reply static_files::site::head_of(const found_file& f,
                                       const http::entity_tag_text& tag) const {
  rest_reply head = rest_reply::empty(200);
  head.compress = false;
  head.headers.add("ETag", std::string(tag.text()));
  // Never in the future of Date (RFC 9110 section 8.8.2.1).
  std::array<char, http::date_size> date{};
  http::put_date(date.data(), std::min(time_of(f.facts), home.wall_now()));
  head.headers.add("Last-Modified", std::string(date.data(), date.size()));
  if (!cache.empty()) head.headers.add("Cache-Control", cache);
  if (options.precompressed) head.headers.add("Vary", "Accept-Encoding");
  return head;
}

void static_files::site::refuse(rest_responder r, refusal why) const {
  if (!why.location.empty()) {
    auto there = rest_reply::redirect(std::move(why.location), why.status);
    if (!cache.empty()) there.headers.add("Cache-Control", cache);
    return r.reply(std::move(there));
  }
  auto reply = rest_reply::problem(http::problem(why.status));
  if (why.status == 405) reply.headers.add("Allow", "GET, HEAD");
  if (why.status == 503) reply.headers.add("Retry-After", "1");
  r.reply(std::move(reply));
}

void static_files::site::send(rest_responder r, found_file what) const {
  const rest_request& request = r.request();
  const auto verb = request.verb();
  const wall_time now = home.wall_now();
  const std::uint64_t size = what.facts.size;
  const http::entity_tag_text tag = tag_of(what);
  const http::validators current{
      .exists = true, .etag = tag.tag(), .last_modified = std::min(time_of(what.facts), now)};
  rest_reply head = head_of(what, tag);
  switch (http::judge_preconditions(verb, request.headers(), current, now)) {
    case http::precondition::proceed:
      break;
    case http::precondition::not_modified:
      head.status = 304;
      return r.reply(std::move(head));
    case http::precondition::failed:
      return refuse(std::move(r), {.status = 412});
  }
  const std::string type = type_of(what);
  head.content_type = type;
  head.headers.add("X-Content-Type-Options", "nosniff");
  if (what.is_gzip) head.headers.add("Content-Encoding", "gzip");
  if (options.max_ranges > 0) head.headers.add("Accept-Ranges", "bytes");

  http::range_set asked;
  if (options.max_ranges > 0 && http::range_applies(verb, request.headers(), current, now)) {
    asked = http::parse_range(*request.headers().single(http::field::range), size);
  }
  if (asked.how == http::range_outcome::unsatisfiable || asked.count > options.max_ranges) {
    auto none = rest_reply::problem(http::problem(416));
    none.headers.add("Content-Range", http::unsatisfied_content_range(size));
    return r.reply(std::move(none));
  }
  std::vector<detail::body_part> parts;
  if (asked.how == http::range_outcome::whole) {
    parts.push_back({.size = size});
  } else if (asked.count == 1) {
    head.status = 206;
    head.headers.add("Content-Range", http::content_range(asked.items[0], size));
    parts.push_back({.offset = asked.items[0].first, .size = asked.items[0].size()});
  } else {
    head.status = 206;
    const std::string boundary = make_boundary(home);
    head.content_type = "multipart/byteranges; boundary=" + boundary;
    parts = split(asked, size, type, boundary);
  }
  const auto sending = std::make_shared<detail::transfer>(std::move(r), std::move(what.file),
                                                          what.facts, options.may_grow);
  sending->begin(head, std::move(parts));
}

void static_files::site::answer(rest_responder r) const {
  const auto verb = r.request().verb();
  if (verb != http::method::get && verb != http::method::head) {
    return refuse(std::move(r), {.status = 405});
  }
  auto what = find(r.request());
  if (!what) return refuse(std::move(r), std::move(what).error());
  send(std::move(r), *std::move(what));
}

// --- making
// ---------------------------------------------------------------------------------------

result<static_files> static_files::open(loop& home, std::string folder,
                                        static_files_options options) {
  if (auto ok = check(options); !ok) return std::unexpected(std::move(ok).error());
  std::error_code fault;
  const std::filesystem::path given(folder);
  // The path alone: what links in it lead to is looked up for each request.
  const std::filesystem::path path = std::filesystem::absolute(given, fault);
  if (!fault && !std::filesystem::is_directory(path, fault) && !fault) {
    fault = std::make_error_code(std::errc::not_a_directory);
  }
  if (fault || folder.empty()) {
    return fail(errc::bad_configuration, "static files: " + folder + ": " + fault.message());
  }
  std::string cache = http::to_string(options.cache);
  return static_files(std::make_shared<const site>(site{.home = home,
                                                        .folder = path.string(),
                                                        .options = std::move(options),
                                                        .cache = std::move(cache),
                                                        .how = detail::best_confinement()}));
}

rest_async_handler static_files::handler() const {
  return [site = site_](rest_responder r) { site->answer(std::move(r)); };
}

}  // namespace parley::files
