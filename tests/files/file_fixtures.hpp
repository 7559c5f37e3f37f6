// Variables of the environment that come back, and an observer
// that remembers what it was told.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <parley/adapters/files/material.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"
#include "tls/tls_pair.hpp"

namespace parley::test {

class variable {
 public:
  // An empty value unsets it.
  variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value.empty() ? std::nullopt : std::optional(value));
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
  ~variable() { set(old_); }

 private:
  void set(const std::optional<std::string>& value) const {
    if (value) {
      ::setenv(name_, value->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

  const char* name_;
  std::optional<std::string> old_;
};

struct log_keeper final : observer {
  void log(log_level level, std::string_view component, std::string_view text) override {
    EXPECT_EQ(component, "tls");
    lines.push_back(std::string(to_string(level)) + ": " + std::string(text));
  }
  std::vector<std::string> lines;
};

inline std::string text_of(const error& why) { return why.to_string(); }
template <class T>
std::string text_of(const result<T>& r) {
  return r ? "success" : r.error().to_string();
}

// What good_setup() has, as files.
struct good_files {
  temporary_folder folder{};
  std::string ca = folder.write("ca.pem", good_authority().pem());
  std::string chain = folder.write("chain.pem", good_server().chain);
  std::string key = folder.write("key.pem", good_server().key);

  tls_settings client() const { return {.ca_certs = ca}; }
  tls_settings server() const { return {.certfile = chain, .keyfile = key}; }
};

// One connection between two contexts, handshake included.
class context_pair {
 public:
  context_pair(std::unique_ptr<tls::connection> from, const tls::context& to)
      : client(std::move(from)),
        server(std::make_unique<tls::server>(to, std::chrono::system_clock::now())),
        link(
            client.machine, [this](tls_lines::event& e) { client.on_event(e); }, server.machine,
            [this](tls_lines::event& e) { server.on_event(e); }) {
    link.start();
    link.drive();
  }
  context_pair(const tls::context& from, const tls::context& to)
      : context_pair(
            std::make_unique<tls::client>(from, "server.test", std::chrono::system_clock::now()),
            to) {}

  bool is_open() const { return client.is_open && server.is_open; }
  std::string failure() const { return client.failure ? client.failure->to_string() : "none"; }

  tls_side client;
  tls_side server;
  pair<tls_lines, tls_lines> link;
};

}  // namespace parley::test
