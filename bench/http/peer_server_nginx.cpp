// nginx with one process, which answers without a look at any file.
#include <string>

#include "served.hpp"
#include "support/temporary_folder.hpp"

namespace parley::bench {
namespace {

const test::temporary_folder& folder() {
  static const test::temporary_folder one;
  return one;
}

// Connections last as long as wrk wants, and nothing is logged: the other servers do neither.
std::string configuration(std::uint16_t port) {
  const std::string in = folder().path();
  std::string text = "daemon off; master_process off; worker_processes 1;\npid " + in + "/pid;\n" +
                     "events { worker_connections 1024; }\nhttp {\n  access_log off;\n"
                     "  keepalive_requests 1000000000; keepalive_timeout 1h;\n"
                     "  tcp_nodelay on; default_type text/plain;\n";
  for (const std::string kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    text += "  " + kind + "_temp_path " + in + "/" + kind + ";\n";
  }
  text += "  server { listen 127.0.0.1:" + std::to_string(port) +
          "; location / { return 200 \"Hello, World!\"; } }\n}\n";
  return text;
}

[[noreturn]] void serve(std::uint16_t port) {
  const std::string file = folder().write("nginx.conf", configuration(port));
  become({"nginx", "-p", folder().path(), "-e", folder() / "error.log", "-c", file});
}

const loopback_server& start() {
  // Made here and not in the child, so that it is removed with this process.
  folder();
  static const loopback_server one = start_loopback_server(serve);
  return one;
}

[[maybe_unused]] const bool registered = add_served("nginx", start);

}  // namespace
}  // namespace parley::bench
