#include "support/mosquitto.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/redis_server.hpp"
#include "support/tls_files.hpp"

namespace parley::test {
namespace {

using namespace std::chrono_literals;

// Debian keeps it where a user's PATH does not lead.
constexpr const char* program = "/usr/sbin/mosquitto";
constexpr auto patience = 20s;
constexpr std::string_view mark = "|=|";  // in front of a message that was printed

template <class F>
bool soon(F condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

std::string password_file(const temporary_folder& folder, const std::vector<std::string>& users) {
  std::string text;
  for (const std::string& each : users) text += each + "\n";
  const std::string path = folder.write("users", text);
  child hashing({"mosquitto_passwd", "-U", path});
  if (!soon([&] { return hashing.has_ended(); }) || hashing.code() != 0) {
    throw std::runtime_error("mosquitto_passwd: " + hashing.err());
  }
  return path;
}

}  // namespace

bool mosquitto::available() { return ::access(program, X_OK) == 0; }

std::string mosquitto::uri() const {
  return (options_.tls ? "mqtts://127.0.0.1:" : "mqtt://127.0.0.1:") + std::to_string(port_);
}

mosquitto::mosquitto(mosquitto_options options) : options_(std::move(options)) {
  const std::string users =
      options_.users.empty() ? std::string() : password_file(folder_, options_.users);
  // Another process may take the port before it does: then another one is tried.
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = free_port();
    std::ostringstream conf;
    conf << "user root\nlog_dest stderr\nlog_type all\npersistence true\npersistence_location "
         << folder_.path() << "/\nautosave_interval 1800\nmax_queued_messages 0\n"
         << "max_inflight_messages 0\nper_listener_settings false\n"
         << (users.empty() ? "allow_anonymous true\n"
                           : "allow_anonymous false\npassword_file " + users + "\n");
    conf << "listener 0 " << socket_path() << "\nlistener " << port_ << " 127.0.0.1\n";
    if (options_.tls) {
      conf << "cafile " << files().ca << "\ncertfile " << files().chain << "\nkeyfile "
           << files().key << "\nrequire_certificate "
           << (options_.wants_certificates ? "true" : "false") << "\n";
    }
    for (const std::string& line : options_.lines) conf << line << "\n";
    folder_.write("mosquitto.conf", conf.str());
    server_.emplace(std::vector<std::string>{program, "-c", folder_ / "mosquitto.conf"});
    if (soon([&] { return answers() || server_->has_ended(); }) && !server_->has_ended()) return;
  }
  throw std::runtime_error("mosquitto does not start: " + log());
}

bool mosquitto::answers() const {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port_);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool listens = ::connect(s, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0;
  ::close(s);
  return listens;
}

void mosquitto::start() {
  for (int attempt = 0; attempt < 50; ++attempt) {
    server_.emplace(std::vector<std::string>{program, "-c", folder_ / "mosquitto.conf"});
    if (soon([&] { return answers() || server_->has_ended(); }) && !server_->has_ended()) return;
    std::this_thread::sleep_for(100ms);
  }
  throw std::runtime_error("mosquitto does not start again: " + log());
}

void mosquitto::stop() {
  if (!server_) return;
  server_->terminate();
  (void)soon([&] { return server_->has_ended(); });
  server_.reset();
}

void mosquitto::kill9() { server_.reset(); }

void mosquitto::freeze() {
  if (server_) server_->freeze();
}

void mosquitto::restart() {
  stop();
  start();
}

std::vector<std::string> mosquitto::client_words(const char* name, std::uint16_t port, bool tls) {
  // Line by line, so that what it prints can be read at once.
  std::vector<std::string> words{
      "stdbuf", "-oL", name, "-h", "127.0.0.1", "-p", std::to_string(port)};
  if (tls) {
    words.insert(words.end(), {"--cafile", files().ca, "--cert", files().client_chain, "--key",
                               files().client_key});
  }
  return words;
}

int mosquitto::publish(std::vector<std::string> more) const {
  std::vector<std::string> words = client_words("mosquitto_pub", port_, options_.tls);
  words.insert(words.end(), more.begin(), more.end());
  child publisher(words);
  return soon([&] { return publisher.has_ended(); }) ? publisher.code() : -1;
}

std::vector<std::string> mosquitto::listener_words(const std::string& filter, std::uint16_t port,
                                                   bool tls) {
  std::vector<std::string> words = client_words("mosquitto_sub", port, tls);
  words.insert(words.end(), {"-d", "-t", filter, "-F", std::string(mark) + "%t|%q|%r|%p"});
  return words;
}

bool mosquitto::has_subscribed(const child& listener) {
  return listener.out().find("Subscribed (mid") != std::string::npos;
}

std::unique_ptr<child> mosquitto::listen_for(const std::string& filter,
                                             std::vector<std::string> more) const {
  std::vector<std::string> words = listener_words(filter, port_, options_.tls);
  words.insert(words.end(), more.begin(), more.end());
  auto listener = std::make_unique<child>(words);
  const bool subscribed = soon([&] { return has_subscribed(*listener) || listener->has_ended(); });
  if (!subscribed || listener->has_ended()) {
    throw std::runtime_error("mosquitto_sub: " + listener->out() + listener->err());
  }
  return listener;
}

std::vector<std::string> mosquitto::lines_of(const child& listener) {
  std::vector<std::string> lines;
  std::istringstream all(listener.out());
  for (std::string line; std::getline(all, line);) {
    // One that is only half there has no end yet.
    if (!all.eof() && line.starts_with(mark)) lines.push_back(line.substr(mark.size()));
  }
  return lines;
}

}  // namespace parley::test
