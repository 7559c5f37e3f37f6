#include "workloads.hpp"

#include <random>
#include <utility>

#include "common/wrong.hpp"

namespace parley::bench {
namespace {

// A message as it is meant, from which its bytes and what is to be seen follow.
struct message {
  std::string_view first;   // method, or status
  std::string_view second;  // target, or reason
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
};

void add(workload& w, const message& m) {
  std::string bytes;
  if (w.is_response) {
    bytes.append("HTTP/1.1 ").append(m.first).append(" ").append(m.second).append("\r\n");
    w.expected.code += std::stoul(std::string(m.first));
  } else {
    bytes.append(m.first).append(" ").append(m.second).append(" HTTP/1.1\r\n");
    w.expected.code += code_of(m.first);
  }
  for (const auto& [name, value] : m.fields) {
    bytes.append(name).append(": ").append(value).append("\r\n");
    w.expected.text += name.size() + value.size();
  }
  bytes.append("\r\n").append(m.body);
  w.messages.push_back(std::move(bytes));
  w.expected.messages += 1;
  w.expected.target += m.second.size();
  w.expected.headers += m.fields.size();
  w.expected.body += m.body.size();
}

// The names tell sizes: a change of a text must not go unnoticed.
workload one(workload w, const message& m, std::size_t size) {
  add(w, m);
  if (w.messages[0].size() != size) wrong(w.name, "the message has another size than it should");
  return w;
}

message browsers_get() {
  return {"GET",
          "/wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg",
          {{"Host", "www.kittyhell.com"},
           {"User-Agent",
            "Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) "
            "Gecko/20100401 Firefox/3.6.3 Pathtraq/0.9"},
           {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
           {"Accept-Language", "ja,en-us;q=0.7,en;q=0.3"},
           {"Accept-Encoding", "gzip,deflate"},
           {"Accept-Charset", "Shift_JIS,utf-8;q=0.7,*;q=0.7"},
           {"Keep-Alive", "115"},
           {"Connection", "keep-alive"},
           {"Cookie",
            "wp_ozh_wsa_visits=2; wp_ozh_wsa_visit_lasttime=xxxxxxxxxx; "
            "__utma=xxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.x; "
            "__utmz=xxxxxxxxx.xxxxxxxxxx.x.x.utmccn=(referral)|utmcsr=reader.livedoor.com|"
            "utmcct=/reader/|utmcmd=referral"}},
          {}};
}

std::string json_of(std::size_t size) {
  std::string text = R"({"items":[)";
  for (std::size_t i = 0; text.size() + 60 < size; ++i) {
    text +=
        R"({"id":)" + std::to_string(i) + R"(,"name":"item )" + std::to_string(i * 37) + R"("},)";
  }
  text += R"({"pad":")";
  text.append(size - text.size() - 4, 'p');
  return text + R"("}]})";
}

// Of 16 letters, so that neither length nor content repeats.
std::string some_text(std::mt19937& random, std::size_t size) {
  std::string text(size, 'a');
  for (char& c : text) c = static_cast<char>('a' + random() % 16);
  return text;
}

message some_get(std::mt19937& random, std::string& target) {
  static const std::vector<std::string> names = {
      "User-Agent",    "Accept",        "Accept-Language", "Accept-Encoding",
      "Cookie",        "Cache-Control", "Referer",         "Origin",
      "If-None-Match", "X-Request-Id",  "X-Trace",         "Authorization",
      "DNT",           "Pragma",        "X-Forwarded-For", "Via"};
  target = "/" + some_text(random, 1 + random() % 40);
  message m{"GET", target, {{"Host", some_text(random, 4 + random() % 20) + ".example"}}, {}};
  const std::size_t more = 4 + random() % 13;
  for (std::size_t i = 0; i < more; ++i) {
    m.fields.emplace_back(names[(random() + i) % names.size()],
                          some_text(random, 1 + random() % 51));
  }
  return m;
}

}  // namespace

workload parse_get_40() {
  return one({.name = "parse_get_40"}, {"GET", "/", {{"Host", "localhost:8080"}}, {}}, 40);
}

workload parse_get_703() { return one({.name = "parse_get_703"}, browsers_get(), 703); }

workload parse_get_703_cut4() {
  return one({.name = "parse_get_703_cut4", .pieces = 4}, browsers_get(), 703);
}

workload parse_post_1k() {
  return one({.name = "parse_post_1k"},
             {"POST",
              "/api/v1/order",
              {{"Host", "api.example.com"},
               {"User-Agent", "client/2.1"},
               {"Accept", "*/*"},
               {"Content-Type", "application/json"},
               {"Content-Length", "1024"}},
              json_of(1024)},
             1169);
}

workload parse_response() {
  return one({.name = "parse_response", .is_response = true},
             {"200",
              "OK",
              {{"Date", "Mon, 01 Jan 2024 00:00:00 GMT"},
               {"Server", "nginx/1.22.1"},
               {"Content-Type", "text/plain; charset=utf-8"},
               {"Content-Length", "13"},
               {"Last-Modified", "Sun, 31 Dec 2023 23:59:59 GMT"},
               {"Connection", "keep-alive"},
               {"ETag", "\"6591f00-d\""},
               {"Cache-Control", "max-age=3600"},
               {"Accept-Ranges", "bytes"}},
              "Hello, World!"},
             292);
}

workload parse_mixed_256() {
  workload w{.name = "parse_mixed_256"};
  std::mt19937 random(12345);
  std::string target;
  for (int i = 0; i < 256; ++i) add(w, some_get(random, target));
  return w;
}

}  // namespace parley::bench
