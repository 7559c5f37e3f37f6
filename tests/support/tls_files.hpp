// The files of one authority, a server and a client, valid in any simulated time.
#pragma once

#include <string>

#include "support/pki.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {

struct tls_files {
  authority root{"parley test root", {.not_before = past, .not_after = future}};
  identity server = root.issue({.name = "here",
                                .dns = {"localhost", "server"},
                                .ips = {"127.0.0.1"},
                                .not_before = past,
                                .not_after = future});
  identity client =
      root.issue({.name = "ann", .use = purpose::client, .not_before = past, .not_after = future});
  identity expired = root.issue({.name = "old",
                                 .dns = {"localhost"},
                                 .ips = {"127.0.0.1"},
                                 .not_before = past,
                                 .not_after = days_from_now(-19 * 365)});
  temporary_folder folder{};
  std::string ca = folder.write("ca.pem", root.pem());
  std::string chain = folder.write("chain.pem", server.chain);
  std::string key = folder.write("key.pem", server.key);
  std::string client_chain = folder.write("ann.pem", client.chain);
  std::string client_key = folder.write("ann.key", client.key);
  std::string expired_chain = folder.write("old.pem", expired.chain);
  std::string expired_key = folder.write("old.key", expired.key);
  std::string stranger = folder.write("stranger.pem", authority("A stranger").pem());

  static inline const certificate_time past = days_from_now(-20 * 365);
  static inline const certificate_time future = days_from_now(50 * 365);
};

inline const tls_files& files() {
  static const tls_files one;
  return one;
}

}  // namespace parley::test
