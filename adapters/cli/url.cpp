#include <fmt/format.h>

#include <algorithm>
#include <parley/adapters/cli/url.hpp>
#include <string>

namespace parley::cli {
namespace {

// In a parameter of a URI.
std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("/._-").contains(c);
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string scheme_of(std::string_view url) {
  std::string scheme(url.substr(0, url.find(':')));
  std::ranges::transform(scheme, scheme.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return scheme;
}

void add_parameter(std::string& text, std::string_view name, std::string_view content) {
  text += text.contains('?') ? '&' : '?';
  text.append(name).append("=").append(percent_encoded(content));
}

// Behind the URL's own, so that they win: the configuration is checked once it has both.
void add_mqtt_options(std::string& text, const options& o) {
  const auto add = [&](std::string_view name, std::string_view content) {
    if (!content.empty()) add_parameter(text, name, content);
  };
  if (o.qos) add("qos", std::to_string(*o.qos));
  if (o.retain) add("retain", "true");
  add("will_topic", o.will_topic);
  add("will_payload", o.will_payload);
  if (o.will_qos) add("will_qos", std::to_string(*o.will_qos));
  if (o.will_retain) add("will_retain", "true");
  add("version", o.version);
  add("client_id", o.client_id);
  if (o.keepalive) add("keepalive", std::to_string(*o.keepalive));
  if (o.persistent) add("clean_session", "false");
}

result<uri> with_options(std::string text, const uri& own, const options& o) {
  const auto add = [&](std::string_view name, const std::string& content) {
    if (!content.empty() && !own.parameter(name)) add_parameter(text, name, content);
  };
  if (o.timeout) add("timeout", fmt::format("{:.3f}", *o.timeout));
  add("ca_certs", o.ca_certs);
  add("certfile", o.certfile);
  add("keyfile", o.keyfile);
  add("verify", o.verify);
  add("clients", o.clients);
  if (is_mqtt(text)) add_mqtt_options(text, o);
  return uri::parse(text);
}

}  // namespace

bool is_http(std::string_view url) {
  const std::string scheme = scheme_of(url);
  return scheme == "http" || scheme == "https" || scheme == "http+unix";
}

bool is_websocket(std::string_view url) {
  const std::string scheme = scheme_of(url);
  return scheme == "ws" || scheme == "wss" || scheme == "ws+unix";
}

bool is_grpc(std::string_view url) {
  const std::string scheme = scheme_of(url);
  return scheme == "grpc" || scheme == "grpcs" || scheme == "grpc+unix";
}

bool is_mqtt(std::string_view url) {
  const std::string scheme = scheme_of(url);
  constexpr std::string_view all[] = {"mqtt",    "mqtts",    "mqtt+unix",    "mqtts+unix",
                                      "mqtt+ws", "mqtt+wss", "mqtt+ws+unix", "mqtt+wss+unix"};
  return std::ranges::find(all, scheme) != std::end(all);
}

// Not by its last letter: ws and redis end in one as well.
bool speaks_tls(std::string_view url) {
  std::string scheme = scheme_of(url);
  if (scheme.ends_with("+unix")) scheme.resize(scheme.size() - 5);
  constexpr std::string_view all[] = {"rediss", "mqtts", "mqtt+wss", "wss", "https", "grpcs"};
  return std::ranges::find(all, scheme) != std::end(all);
}

result<uri> target(const options& o) {
  auto where = uri::parse(o.url);
  if (!where) return where;
  // The fragment is last in a URI: a parameter behind it would be part of it.
  return with_options(o.url.substr(0, o.url.find('#')), *where, o);
}

options for_url(const options& o, const std::string& url) {
  options of_it = o;
  of_it.url = url;
  if (!speaks_tls(url)) {
    of_it.ca_certs = of_it.certfile = of_it.keyfile = of_it.verify = of_it.clients = "";
  }
  return of_it;
}

result<uri> origin(const options& o, const std::string& query) {
  // The whole path is the socket's.
  if (scheme_of(o.url).ends_with("+unix")) return target(o);
  const std::size_t authority = o.url.find("://");
  const std::size_t end =
      authority == std::string::npos ? authority : o.url.find_first_of("/?#", authority + 3);
  const std::string text = o.url.substr(0, end) + query;
  const auto own = uri::parse(text);
  if (!own) return own;
  return with_options(text, *own, o);
}

}  // namespace parley::cli
