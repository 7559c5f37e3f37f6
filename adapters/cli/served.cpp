#include <parley/adapters/cli/served.hpp>
#include <parley/adapters/cli/url.hpp>

namespace parley::cli {

result<uri> serving_needs::where(const std::string& url) const {
  return is_alone ? target(o) : target(for_url(o, url));
}

result<value> give_back(const value& v) { return v; }

std::string url_of(std::string_view scheme, const address& at) {
  std::string url(scheme);
  if (at.is_local()) return url.append("+unix://").append(at.path());
  return url.append("://").append(at.to_string());
}

}  // namespace parley::cli
