// A server's connection driven by hand: events as lines of text.
#pragma once

#include <gmock/gmock.h>

#include <parley/codecs/http/server.hpp>
#include <string>
#include <vector>

#include "support/machine_harness.hpp"

namespace parley::test {

using namespace std::chrono_literals;
using namespace std::string_literals;

inline http::server_limits small_limits() {
  http::server_limits l;
  l.high_water = 4096;
  l.max_discarded = 1000;
  return l;
}

// Events: "1 GET /", "1 body hello", "1 end", "1 end Sum", "writable", "paused",
// "failed slow_request", "closed". need_data is left out.
class server_script {
 public:
  explicit server_script(http::server_limits l = small_limits()) : limits(std::move(l)) {
    h.start();
  }

  // What was told since the last call.
  std::vector<std::string> told() { return std::exchange(lines_, {}); }
  std::string get(std::string_view path, std::string_view more = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(more) + "\r\n";
  }
  // 200 with this body.
  void answer(http::request_id id, std::string_view body, http::response head = {}) {
    EXPECT_TRUE(machine.respond(id, head, body, h.now()));
    h.drain();
  }

  http::server_limits limits;
  http::server machine{limits};
  // Answers each request with its target, or its body, when it is complete.
  bool echoes = false;
  machine_harness<http::server> h{machine, [this](http::server::event& e) { on_event(e); }};

 private:
  void on_event(http::server::event& e) {
    if (const auto* r = std::get_if<http::request_event>(&e)) {
      lines_.push_back(std::to_string(r->id) + " " + std::string(r->head->method_name) + " " +
                       std::string(r->head->target));
      echo_ = r->head->target;
    } else if (const auto* b = std::get_if<http::body_event>(&e)) {
      add_body(std::to_string(b->id) + " body ", as_text(b->data));
    } else if (const auto* end = std::get_if<http::request_end>(&e)) {
      std::string line = std::to_string(end->id) + " end";
      for (const http::header f : end->trailers) line += " " + std::string(f.name);
      lines_.push_back(line);
      if (!echoes) return;
      EXPECT_TRUE(machine.respond(end->id, {}, echo_, h.now()));
    } else if (std::holds_alternative<http::writable>(e)) {
      lines_.emplace_back("writable");
    } else if (const auto* f = std::get_if<failed>(&e)) {
      lines_.push_back("failed " + std::string(f->why.name()));
    } else if (std::holds_alternative<closed>(e)) {
      if (lines_.empty() || lines_.back() != "closed") lines_.emplace_back("closed");
    } else if (std::holds_alternative<paused>(e)) {
      if (lines_.empty() || lines_.back() != "paused") lines_.emplace_back("paused");
    }
  }
  // Pieces are joined, so that cuts do not matter.
  void add_body(const std::string& start, std::string_view data) {
    if (lines_.empty() || !lines_.back().starts_with(start)) {
      lines_.push_back(start);
      if (echoes) echo_.clear();
    }
    lines_.back() += data;
    echo_ += data;
  }

  std::vector<std::string> lines_;
  std::string echo_;
};

}  // namespace parley::test
