// The URL of the command line, and what options add to it.
#pragma once

#include <parley/adapters/cli/options.hpp>
#include <parley/core/net/uri.hpp>
#include <string_view>

namespace parley::cli {

// http://, https:// or http+unix://.
bool is_http(std::string_view url);
// ws, wss or ws+unix.
bool is_websocket(std::string_view url);
// mqtt, mqtts, mqtt+ws, mqtt+wss, or one of them with +unix.
bool is_mqtt(std::string_view url);
// grpc, grpcs or grpc+unix.
bool is_grpc(std::string_view url);
// Any of them with TLS.
bool speaks_tls(std::string_view url);

// Options are the URI's parameters of the same meaning, unless the URI has its own.
result<uri> target(const options& o);
// The options as they are for one of several URLs: those of TLS are for those that speak TLS.
options for_url(const options& o, const std::string& url);
// Of an HTTP URL: scheme, host and port, `query` (with its '?'), and the options as parameters. Its
// own query may belong to the request. Of http+unix:// all of it.
result<uri> origin(const options& o, const std::string& query = {});

}  // namespace parley::cli
