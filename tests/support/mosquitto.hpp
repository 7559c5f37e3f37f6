// A real mosquitto for tests: on a free loopback port and on a Unix socket, in a folder of its own,
// and its two programs for the other side.
//
//   parley::test::mosquitto server;
//   server.listen_for("sensor/#");            // mosquitto_sub, subscribed when this returns
//   server.publish({"-t", "a", "-m", "b"});   // mosquitto_pub, to its end
//   server.stop();
//   server.restart();                         // the same port, with what it has persisted
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/child.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {

struct mosquitto_options {
  // Lines of mosquitto.conf that belong to the listener: "allow_anonymous false".
  std::vector<std::string> lines{};
  // TLS by support/tls_files.hpp: for the listener, and whether clients must have a certificate.
  bool tls = false;
  bool wants_certificates = false;
  // "name:password" of those that may connect; empty: everybody.
  std::vector<std::string> users{};
};

class mosquitto {
 public:
  // Starts it, and waits until it listens. Throws std::runtime_error with its log if it does not.
  explicit mosquitto(mosquitto_options options = {});

  // True if there is a mosquitto on this machine.
  static bool available();

  std::uint16_t port() const noexcept { return port_; }
  std::string socket_path() const { return folder_ / "mqtt.sock"; }
  std::string uri() const;
  // What it has written to its log since it was started last.
  std::string log() const { return server_ ? server_->err() : std::string(); }

  // Ends it in good order: it keeps what is to persist. And at once.
  void stop();
  void kill9();
  // It hangs until kill9().
  void freeze();
  // Starts it where it was.
  void restart();

  // mosquitto_pub with these words behind host and port, to its end; its exit code.
  int publish(std::vector<std::string> words) const;
  // mosquitto_sub that has subscribed; each line it prints is "topic|qos|retain|payload".
  std::unique_ptr<child> listen_for(const std::string& filter,
                                    std::vector<std::string> words = {}) const;
  // What such a program has printed so far, without its own words.
  static std::vector<std::string> lines_of(const child& listener);
  // How such a program is started, up to the words of its own; and mosquitto_sub, so that
  // lines_of() reads it.
  static std::vector<std::string> client_words(const char* program, std::uint16_t port, bool tls);
  static std::vector<std::string> listener_words(const std::string& filter, std::uint16_t port,
                                                 bool tls);
  static bool has_subscribed(const child& listener);

 private:
  void start();
  bool answers() const;

  mosquitto_options options_;
  temporary_folder folder_;
  std::uint16_t port_ = 0;
  std::optional<child> server_;
};

}  // namespace parley::test
