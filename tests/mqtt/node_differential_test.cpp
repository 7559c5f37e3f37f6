// All vectors with Debian's node-mqtt-packet as the second opinion. Where the two differ, the class
// of the difference is listed with its reason; anything else fails.
#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/child.hpp"
#include "support/mqtt_log.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

// A class of differences, with its reason: "FAULT > end", where we refuse and it does not; "MORE >
// end"; or the title of a stream that we take.
const std::map<std::string, std::string> known{
    {"bad_client_id > end", "it takes the empty identifier of 3.1.1 with a session to keep"},
    {"bad_connect_flags > end",
     "it ignores the reserved flag, and those of a will or user that is not there"},
    {"bad_dup > end", "it ignores DUP at QoS 0"},
    {"bad_length > end",
     "it takes a length in more bytes than needed, and waits for more after four"},
    {"bad_packet_id > end", "it takes 0"},
    {"bad_property_value > end", "it takes any number"},
    {"bad_reason_code > end", "it has no table of the reason codes of these packets"},
    {"bad_session_present > end", "it does not compare the flag with the code"},
    {"bad_subscription > end", "it ignores no-local on a shared subscription"},
    {"bad_text > end", "it takes all bytes, and replaces what is not UTF-8"},
    {"bad_topic_alias > end", "it takes 0"},
    {"bad_topic_filter > end", "it does not look into filters"},
    {"bad_topic_name > end", "it does not look into names"},
    {"connack_expected > end", "a session's order is not its matter"},
    {"connack_repeated > end", "a session's order is not its matter"},
    {"connect_expected > end", "a session's order is not its matter"},
    {"connect_repeated > end", "a session's order is not its matter"},
    {"duplicate_property > end", "it takes the last one, or makes an array"},
    {"empty_list > end", "it takes empty lists"},
    {"filter_too_deep > end", "our own limit"},
    {"long_packet > end", "it ignores what is left in a packet"},
    {"misdirected_property > end", "it does not know who speaks"},
    {"misplaced_property > end", "it has one list of properties for all packets"},
    {"missing_method > end", "it does not look for the method"},
    {"missing_topic > end", "it takes an empty topic without an alias"},
    {"packet_too_large > end", "our own limit"},
    {"short_packet > end", "it reads an absent number as -1, and text up to where there is some"},
    {"topic_too_deep > end", "our own limit"},
    {"unsupported_version > end", "it takes version 3, and 132, which is the 4 of a bridge"},
    {"wrong_direction > end", "it does not know who speaks"},
    {"MORE > end", "it keeps what it has read of a header, and so has nothing left"},
    {"end.md: DISCONNECT with 8c from a server", "it lacks the code"},
    {"end.md: AUTH without anything", "it wants a reason code, which may be left out (3.15.2.1)"},
};

struct question {
  std::string title;
  std::string input;
  mqtt_options options;
  std::string ours;     // as node_peer.js would say it
  std::string outcome;  // END, MORE or the fault
};

// "PUBLISH qos 1 id 10 retain topic "a" payload 2 "hi"" as "publish id 10 payload 2".
std::string shortened(const std::string& line) {
  std::istringstream in(line.substr(0, line.find('"')));
  std::string word;
  in >> word;
  std::string out;
  for (const char c : word) out.push_back(static_cast<char>(std::tolower(c)));
  while (out != "connect" && in >> word) {
    if (word != "id") continue;
    in >> word;
    out += " id " + word;
  }
  const std::size_t payload = line.find("\" payload ");
  if (out.starts_with("publish") && payload != std::string::npos) {
    std::istringstream size(line.substr(payload + 10));
    size >> word;
    out += " payload " + word;
  }
  return out;
}

void take_log(question& q, const std::string& log) {
  std::istringstream in(log);
  std::string packets;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(' ')) continue;
    if (line == "END" || line == "MORE" || line.starts_with("fail ")) {
      std::istringstream words(line);
      words >> q.outcome;
      if (q.outcome == "fail") words >> q.outcome;
    } else {
      packets += (packets.empty() ? "\"" : ",\"") + shortened(line) + '"';
    }
  }
  const std::string end = q.outcome == "END" ? "end" : q.outcome == "MORE" ? "more" : "failed";
  q.ours = "{\"packets\":[" + packets + "],\"end\":\"" + end + "\"}";
}

std::string hex(const std::string& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.append({digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

std::vector<question> questions() {
  std::vector<question> all;
  for (const vector_case& v : load_vectors("mqtt")) {
    question q{v.file + ": " + v.title,
               unescape(v.block("bytes")),
               parse_mqtt_options(v.block("options")),
               {},
               {}};
    take_log(q, std::string(v.block("log")));
    all.push_back(std::move(q));
  }
  return all;
}

std::vector<std::string> answers(const std::vector<question>& all) {
  std::string input;
  for (const question& q : all) {
    const bool v5 = q.options.stream.version == mqtt::version::v5;
    input +=
        std::string("{\"version\":") + (v5 ? "5" : "4") + ",\"hex\":\"" + hex(q.input) + "\"}\n";
  }
  child node(
      {"env", "NODE_PATH=/usr/share/nodejs", "node", PARLEY_SOURCE_DIR "/tests/mqtt/node_peer.js"},
      input);
  while (!node.has_ended()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(node.code(), 0) << node.err();
  std::istringstream out(node.out());
  std::vector<std::string> lines;
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  return lines;
}

std::string class_of(const question& q, const std::string& theirs) {
  const std::size_t at = theirs.rfind("\"end\":\"");
  std::string end = theirs.substr(at + 7, theirs.size() - at - 9);
  if (q.ours.substr(q.ours.rfind("\"end\":\"")) == theirs.substr(at)) end = "other";
  return q.outcome == "END" ? q.title : q.outcome + " > " + end;
}

TEST(mqtt_differential, node_mqtt_packet) {
  const auto all = questions();
  const auto theirs = answers(all);
  ASSERT_EQ(theirs.size(), all.size());
  std::map<std::string, std::size_t> seen;
  std::size_t same = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].ours == theirs[i]) {
      ++same;
      continue;
    }
    const std::string kind = class_of(all[i], theirs[i]);
    ++seen[kind];
    EXPECT_TRUE(known.contains(kind)) << kind << "\n  " << all[i].title << "\n  ours   "
                                      << all[i].ours << "\n  theirs " << theirs[i];
  }
  // What is listed and no longer there is to be taken from the list.
  for (const auto& [kind, reason] : known)
    EXPECT_TRUE(seen.contains(kind)) << kind << ": " << reason;
  EXPECT_GT(same, all.size() / 2);
  RecordProperty("same", std::to_string(same) + " of " + std::to_string(all.size()));
}

}  // namespace
}  // namespace parley::test
