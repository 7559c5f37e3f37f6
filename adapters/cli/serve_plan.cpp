#include <algorithm>
#include <parley/adapters/cli/serve_plan.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/core/api/tables.hpp>
#include <parley/core/net/uri.hpp>
#include <utility>

namespace parley::cli {
namespace {

// The one name that a server needs no resolver for.
std::string_view host_of(const uri& at) {
  return at.host() == "localhost" ? std::string_view("127.0.0.1") : at.host();
}

bool is_secure(const uri& at) { return at.protocol() == "https" || at.protocol() == "wss"; }

// Port 0 as well: one that is free, for both. A socket in a file has one URL.
bool is_same_place(const uri& a, const uri& b) {
  return !a.is_local() && !b.is_local() && is_secure(a) == is_secure(b) &&
         host_of(a) == host_of(b) && a.port() == b.port();
}

std::string_view path_of(const uri& at) {
  return at.path().size() > 1 ? std::string_view(at.path()) : std::string_view();
}

class planner {
 public:
  explicit planner(std::span<const std::string> urls) : urls_(urls), groups_of_(urls.size()) {
    sockets_are_mqtt_ =
        is_mqtt(urls.front()) && std::ranges::all_of(urls, [](const std::string& each) {
          return is_mqtt(each) || is_websocket(each);
        });
  }

  std::expected<std::vector<serving_group>, serving_fault> plan() {
    for (const std::string& each : urls_) {
      auto read = uri::parse(each);
      if (!read) return std::unexpected(serving_fault{"the URL", std::move(read).error(), each});
      read_.push_back(*std::move(read));
    }
    for (std::size_t i = 0; i < urls_.size(); ++i) {
      if (auto ok = place(i); !ok) {
        return std::unexpected(serving_fault{.why = std::move(ok).error(), .url = urls_[i]});
      }
    }
    return std::move(groups_);
  }

 private:
  result<void> place(std::size_t i) {
    const std::string& url = urls_[i];
    if (is_mqtt(url) || (sockets_are_mqtt_ && is_websocket(url))) {
      const auto broker = std::ranges::find(groups_, serving_kind::mqtt, &serving_group::kind);
      if (broker == groups_.end()) return begin(serving_kind::mqtt, i);
      broker->urls.push_back(i);
      return {};
    }
    if (is_http(url)) return join(i, i);
    if (is_grpc(url)) return begin(serving_kind::grpc, i);
    if (is_websocket(url)) return place_socket(i);
    if (protocols::of_scheme(read_[i].scheme()) == "redis") return begin(serving_kind::redis, i);
    return fail(errc::bad_configuration,
                "no protocol has the scheme \"" + read_[i].scheme() + "\"");
  }
  result<void> place_socket(std::size_t i) {
    for (std::size_t web = 0; web < urls_.size(); ++web) {
      if (is_http(urls_[web]) && is_same_place(read_[i], read_[web])) return join(web, i);
    }
    return begin(serving_kind::websocket, i);
  }
  // The server of HTTP number `web` has this URL as well; the first one makes it.
  result<void> join(std::size_t web, std::size_t i) {
    if (!groups_of_[web]) {
      groups_of_[web] = groups_.size();
      return begin(serving_kind::http, i);
    }
    serving_group& all = groups_[*groups_of_[web]];
    const bool is_taken = std::ranges::any_of(all.urls, [&](std::size_t other) {
      return is_websocket(urls_[other]) && is_websocket(urls_[i]) &&
             path_of(read_[other]) == path_of(read_[i]);
    });
    if (is_taken) return fail(errc::bad_configuration, "another ws:// URL has this path");
    all.urls.push_back(i);
    return {};
  }
  result<void> begin(serving_kind kind, std::size_t i) {
    groups_.push_back({kind, {i}});
    return {};
  }

  std::span<const std::string> urls_;
  std::vector<uri> read_;
  std::vector<serving_group> groups_;
  std::vector<std::optional<std::size_t>> groups_of_;  // of each URL of HTTP
  bool sockets_are_mqtt_ = false;
};

bool is_for_all(const address& a) {
  return std::ranges::all_of(a.ip(), [](std::uint8_t byte) { return byte == 0; });
}

bool excludes(const address& a, const address& b) {
  if (a.is_local() || b.is_local()) return a == b;
  if (a.port() != b.port() || a.port() == 0) return false;
  if (a.family() == b.family()) {
    return is_for_all(a) || is_for_all(b) || std::ranges::equal(a.ip(), b.ip());
  }
  // [::] takes IPv4 as well.
  return is_for_all(a.family() == address_family::ipv6 ? a : b);
}

}  // namespace

std::expected<std::vector<serving_group>, serving_fault> plan_serving(
    std::span<const std::string> urls) {
  return planner(urls).plan();
}

std::optional<std::pair<std::size_t, std::size_t>> find_clash(std::span<const wanted_place> all) {
  for (std::size_t b = 0; b < all.size(); ++b) {
    for (std::size_t a = 0; a < b; ++a) {
      if (all[a].owner == all[b].owner && all[a].shares) continue;
      if (excludes(all[a].at, all[b].at)) return std::pair(a, b);
    }
  }
  return std::nullopt;
}

}  // namespace parley::cli
