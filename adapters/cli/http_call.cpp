#include <fmt/format.h>

#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/http_call.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/build_config.hpp>
#if PARLEY_HAS_HTTP
#include <parley/codecs/http/http_client.hpp>
#endif
#if PARLEY_HAS_JSON
#include <parley/codecs/json/json.hpp>
#include <parley/core/value/message.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_HTTP
namespace {

// As much as `parley pub` reads.
constexpr std::size_t max_reply = std::size_t{512} << 20;

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

http_request request_of(const options& o, const uri& url) {
  http_request r(o.method.empty() ? (o.data ? "POST" : "GET") : o.method, url.target());
  if (o.data) r.body = shared_bytes::copy(as_bytes(*o.data));
  for (const std::string_view h : o.headers) {
    const std::size_t colon = h.find(':');
    r.headers.add(std::string(trimmed(h.substr(0, colon))),
                  std::string(trimmed(h.substr(colon + 1))));
  }
  return r;
}

std::string status_line(const http_reply& r) {
  return r.reason.empty() ? std::to_string(r.status) : fmt::format("{} {}", r.status, r.reason);
}

std::string as_plain(const http_reply& r, bool include) {
  std::string out;
  if (include) {
    out = fmt::format("HTTP/1.1 {}\n", status_line(r));
    for (std::size_t i = 0; i < r.headers.size(); ++i) {
      out.append(r.headers[i].name).append(": ").append(r.headers[i].value).push_back('\n');
    }
    out.push_back('\n');
  }
  return out + r.body;
}

#if PARLEY_HAS_JSON
// Text, or bytes, which are written in base64, where it is no text.
value text_or_bytes(std::string_view text, bool& is_text) {
  const auto read = decode(as_bytes(text), decode_policy::text, nullptr);
  is_text = read && read->is_text();
  return is_text ? value(text) : value::from_bytes(as_bytes(text));
}

// Name to text, or to a list of texts where a name is there more than once.
value headers_of(const http_headers& from) {
  value all = value::object();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::string name(from[i].name);
    if (from.find(name)->data() != from[i].value.data()) continue;  // it came before
    std::vector<value> list;
    bool is_text = false;
    for (std::size_t k = i; k < from.size(); ++k) {
      if (http::equals_ignoring_case(from[k].name, name)) {
        list.push_back(text_or_bytes(from[k].value, is_text));
      }
    }
    all.set(name, list.size() == 1 ? std::move(list.front()) : value::from_array(std::move(list)));
  }
  return all;
}

result<std::string> as_json(const http_reply& r) {
  value line = value::object();
  line.set("status", static_cast<std::int64_t>(r.status));
  line.set("headers", headers_of(r.headers));
  bool is_text = false;
  value body = text_or_bytes(r.body, is_text);
  line.set(is_text ? "body" : "body_base64", std::move(body));
  json::write_options how;
  how.bytes = json::bytes_form::base64;
  how.max_bytes = static_cast<std::size_t>(-1);
  auto text = json::to_text(line, how);
  if (text) text->push_back('\n');
  return text;
}
#else
result<std::string> as_json(const http_reply&) { return std::unexpected(unavailable_part("json")); }
#endif

result<http_client_config> config_of(const options& o, const uri& url) {
  if (o.what != options::verb::call) {
    return fail(errc::not_supported, "of the commands only `parley call` speaks HTTP");
  }
  if (url.is_local()) {
    return std::unexpected(
        error(errc::not_supported, "http+unix here, where the URL's path is that of the request")
            .with_hint("write http://localhost/PATH --unix-socket FILE"));
  }
  auto where = origin(o);
  if (!where) return std::unexpected(std::move(where).error());
  auto c = http_client_config::from_uri(*where);
  if (!c) return c;
  c->unix_socket = o.unix_socket;
  c->max_body = max_reply;
  return c;
}

// Words of the command line that cannot be sent are found before anything is.
int ended_by_fault(const stop& end, std::string_view what, const error& why) {
  const int code = ended_by(end, what, why);
  return why == errc::invalid_argument ? int{exit_usage} : code;
}

}  // namespace

task<int> call_http(loop& home, const options& o, stop& end, transports& lower, observer& watch) {
  const auto url = uri::parse(o.url);
  if (!url) {
    report("the URL", url.error());
    co_return exit_usage;
  }
  auto config = config_of(o, *url);
  if (!config) co_return ended_by_fault(end, "cannot use this URL", config.error());
  config->with = &lower;
  config->watch = &watch;
  http_client web(home, *std::move(config));
  auto asked = web.call(request_of(o, *url));
  const auto reply = co_await end.unless_stopped(std::move(asked));
  if (!reply) co_return ended_by_fault(end, "the call failed", reply.error());
  auto text = o.json ? as_json(*reply) : as_plain(*reply, o.include);
  if (!text) co_return ended_by(end, "cannot print", text.error());
  if (auto ok = write_output(*text); !ok) {
    stop_for_output(end, ok.error());
    co_return ended_by(end, "cannot print", ok.error());
  }
  if (reply->status < 400) co_return exit_ok;
  note(fmt::format("the server answered {}", status_line(*reply)));
  co_return exit_failed;
}
#else
task<int> call_http(loop&, const options&, stop& end, transports&, observer&) {
  co_return ended_by(end, "cannot call", unavailable_part("http"));
}
#endif

}  // namespace parley::cli
