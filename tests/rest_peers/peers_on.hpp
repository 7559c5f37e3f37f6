// A REST server over any wire on loop L, and other people's programs that talk to it.
#pragma once

#include <memory>
#include <parley/codecs/http/rest/multipart.hpp>

#include "rest_provider/served_on.hpp"
#include "support/curl.hpp"

namespace parley::test {

using ::testing::StartsWith;

enum class wire { tcp, local, tls };
inline constexpr wire every_wire[] = {wire::tcp, wire::local, wire::tls};
inline const char* name_of(wire w) {
  return w == wire::tcp ? "TCP" : w == wire::local ? "a Unix socket" : "TLS";
}

// Takes an upload apart while it comes, and answers with "name=size" of each part. Nothing but the
// part's size is kept.
class upload : public std::enable_shared_from_this<upload> {
 public:
  static void begin(rest_responder r) {
    auto parts = http::multipart_decoder::make(r.request().header("Content-Type").value_or(""));
    if (!parts) return r.reply(parts.error());
    std::make_shared<upload>(std::move(r), *std::move(parts))->go_on();
  }
  upload(rest_responder r, http::multipart_decoder parts)
      : to_(std::move(r)), parts_(std::move(parts)) {}

 private:
  void go_on() {
    to_.read().then([self = shared_from_this()](result<std::string> piece) {
      if (!piece) return self->to_.reply(piece.error());
      if (!piece->empty()) {
        self->take(as_bytes(*piece));
        return self->go_on();
      }
      if (!self->parts_.finish()) return self->to_.reply(error(*self->parts_.fault()));
      self->to_.reply(rest_reply::text(self->seen_));
    });
  }
  void take(byte_view in) {
    for (;;) {
      const auto step = parts_.next(in);
      in = in.subspan(step.consumed);
      switch (step.status) {
        case http::multipart_status::part:
          size_ = 0;
          seen_ += std::string(parts_.part().name()) + "=";
          seen_ += parts_.part().filename().value_or("");
          continue;
        case http::multipart_status::body:
          size_ += step.body.size();
          continue;
        case http::multipart_status::part_end:
          seen_ += ":" + std::to_string(size_) + ";";
          continue;
        default:
          return;
      }
    }
  }

  rest_responder to_;
  http::multipart_decoder parts_;
  std::string seen_;
  std::size_t size_ = 0;
};

template <class L>
class peers_on : public rest_served_on<L> {
 protected:
  rest_config served(wire w = wire::tcp) {
    rest_config c = rest_served_on<L>::served();
    if (w == wire::local) c.unix_socket = this->at.socket_path("rest");
    if (w == wire::tls) {
      c.ssl_cert = files().chain;
      c.ssl_key = files().key;
    }
    return c;
  }
  void serve(wire w = wire::tcp) { serve(served(w), w); }
  void serve(rest_config c, wire w) {
    how = w;
    this->server.emplace(this->home, std::move(c));
    auto ok = this->at.wait(this->server->initialize());
    ASSERT_TRUE(ok) << ok.error().to_string();
    add_routes();
  }
  void stop() {
    EXPECT_TRUE(this->at.wait(this->server->close()));
    this->server.reset();
  }

  curl_outcome curl(std::vector<std::string> words, const std::string& path,
                    const std::string& input = {}, int expected = 0) {
    if (how == wire::local) words.insert(words.end(), {"--unix-socket", local_path()});
    if (how == wire::tls) words.insert(words.end(), {"--cacert", files().ca, "--ipv4"});
    words.push_back(url(path));
    return run_curl(this->at, std::move(words), input, expected);
  }
  std::string url(const std::string& path) {
    if (how == wire::local) return "http://localhost" + path;
    return (how == wire::tls ? "https://localhost:" : "http://127.0.0.1:") +
           std::to_string(this->server->local_address()->port()) + path;
  }
  std::string local_path() { return this->at.socket_path("rest"); }

  wire how = wire::tcp;

 private:
  void add_routes() {
    this->route("POST", "/api/calculate", [](rest_request& r) -> result<rest_reply> {
      const auto n = r["body"]["value"].template to<int>();
      if (!n) return std::unexpected(n.error());
      return parley::fields("result", *n * 2);
    });
    for (const std::string_view method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
      this->route(method, "/items/{id:uint}", [](rest_request& r) -> result<rest_reply> {
        return rest_reply::text(std::string(r.method()) + " " + std::string(r.parameter("id")) +
                                " " + std::string(r.text()));
      });
    }
    this->route("POST", "/json", [](rest_request& r) -> result<rest_reply> {
      if (!r.json()) return std::unexpected(r.json().error());
      return rest_reply(*r.json());
    });
    this->route("POST", "/size", [](rest_request& r) -> result<rest_reply> {
      return rest_reply::text(std::to_string(r.bytes().size()));
    });
    this->route("GET", "/large", [](rest_request&) -> result<rest_reply> {
      return rest_reply::text(std::string(200'000, 'x'));
    });
    rest_async_handler takes = [](rest_responder r) { upload::begin(std::move(r)); };
    auto uploads = this->server->route("POST", "/upload", std::move(takes));
    ASSERT_TRUE(uploads);
    uploads->stream_body(std::uint64_t{64} << 20);
  }
};

}  // namespace parley::test
