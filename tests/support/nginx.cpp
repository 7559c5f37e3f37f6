#include "support/nginx.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "support/redis_server.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

// Often not in PATH.
std::string program() {
  return ::access("/usr/sbin/nginx", X_OK) == 0 ? "/usr/sbin/nginx" : "nginx";
}

bool accepts(std::uint16_t port) {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  const bool ok = ::connect(s, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  ::close(s);
  return ok;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

// Everything that nginx would write elsewhere goes into the folder.
constexpr const char* frame = R"(
daemon off;
master_process off;
pid FOLDER/pid;
error_log FOLDER/error.log info;
events { worker_connections 256; }
http {
  access_log FOLDER/access.log;
  default_type text/html;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
  BLOCKS
}
)";

}  // namespace

nginx::nginx(const std::string& blocks) {
  // Between the look for a free port and its bind, another process may have taken it.
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (start(blocks)) return;
  }
  throw std::runtime_error("nginx does not start: " + process_->err() + log());
}

bool nginx::start(const std::string& blocks) {
  port_ = free_port();
  std::string text = frame;
  replace_all(text, "BLOCKS", blocks);
  replace_all(text, "FOLDER", folder.path());
  replace_all(text, "PORT", std::to_string(port_));
  const std::string config = folder.write("nginx.conf", text);
  process_ = std::make_unique<child>(std::vector<std::string>{program(), "-p", folder.path(), "-c",
                                                              config, "-e", folder / "error.log"});
  for (const auto end = std::chrono::steady_clock::now() + 20s;
       std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(5ms)) {
    if (process_->has_ended()) return false;
    if (accepts(port_)) return true;
  }
  return false;
}

std::string nginx::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::string nginx::log() const {
  std::ifstream in(folder / "error.log");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace parley::test
