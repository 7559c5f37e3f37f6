// Chromium without a window, as a client of a test's server: the words that start it. It reaches
// nothing but this machine, and its profile vanishes with the folder that it is in.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace parley::test {

inline std::vector<std::string> chromium(const std::string& profile, std::string url,
                                         const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"chromium",
                                 "--headless",
                                 "--no-sandbox",
                                 "--disable-gpu",
                                 "--no-first-run",
                                 "--disable-background-networking",
                                 "--disable-component-update",
                                 "--disable-sync",
                                 "--disable-default-apps",
                                 "--disable-domain-reliability",
                                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                                 "--user-data-dir=" + profile};
  words.insert(words.end(), more.begin(), more.end());
  words.push_back(std::move(url));
  return words;
}

// Goes on until it is asked to end; without it Chromium ends when the page has loaded.
inline const std::string chromium_stays = "--remote-debugging-port=0";

// The text of tests/<name>, where each of these ports of 127.0.0.1 stands by a name.
std::string page_with_ports(const std::string& name,
                            const std::vector<std::pair<std::string, unsigned>>& ports);

}  // namespace parley::test
