// A folder that a rest_provider serves on loop L.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <parley/adapters/files/web/static_files.hpp>

#include "rest_provider/served_on.hpp"
#include "support/letters.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {

using files::static_files;
using files::static_files_options;

// 2020-01-01: long before every loop's clock, so that tags are strong.
inline void make_old(const std::string& path, std::int64_t second = 1'577'836'800) {
  const timespec at{.tv_sec = second, .tv_nsec = 1'000'000};
  const timespec both[] = {at, at};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), both, 0), 0);
}

template <class L>
class web_on : public rest_served_on<L> {
 protected:
  void serve(static_files_options o = {}) { serve(std::move(o), this->served()); }
  void serve(static_files_options o, rest_config c) {
    auto site = static_files::open(this->home, folder.path(), std::move(o));
    ASSERT_TRUE(site) << site.error().to_string();
    this->start(std::move(c));
    ASSERT_TRUE(this->server->route("GET", "/{path...}", site->handler()));
    ASSERT_TRUE(this->server->route("GET", "/", site->handler()));
  }
  // A file that was made long ago.
  std::string put(const std::string& name, const std::string& bytes) {
    const std::string path = folder.write(name, bytes);
    make_old(path);
    return path;
  }

  using fields = std::vector<std::pair<std::string, std::string>>;
  http_reply get(const std::string& target, const fields& more = {}, std::string verb = "GET") {
    http_request r(std::move(verb), target);
    for (const auto& [name, value] : more) r.headers.add(name, value);
    return this->ask(std::move(r));
  }
  std::string field(const http_reply& r, std::string_view name) {
    return std::string(r.headers.find(name).value_or("none"));
  }
  std::unique_ptr<raw_peer> connect() {
    return std::make_unique<raw_peer>(
        this->home, this->at.bind_address().with_port(this->server->local_address()->port()));
  }
  // A target as no client of ours would send it: the status of the answer.
  std::string status_of(const std::string& target) {
    auto peer = connect();
    peer->send("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(this->at.run_until([&] { return peer->has_ended; })) << target;
    return peer->received.substr(9, 3);
  }
  // How many files of the folder this process has open.
  std::size_t open_files() {
    std::size_t found = 0;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const auto to = std::filesystem::read_symlink(each.path(), gone);
      if (!gone && to.string().starts_with(folder.path() + "/")) ++found;
    }
    return found;
  }

  temporary_folder folder;
};

}  // namespace parley::test
