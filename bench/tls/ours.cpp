// tls::client and tls::server, driven by hand as a stack drives them.
#include <parley/codecs/tls/connection.hpp>

#include <cstring>
#include <memory>

#include "workloads.hpp"

namespace parley::bench {
namespace {

tls::context must(result<tls::context> made) {
  if (!made) wrong(made.error().to_string());
  return *std::move(made);
}

tls::config settings(bool resumes) {
  tls::config c;
  c.lowest = tls::version::tls1_3;
  c.cipher_suites = suite;
  c.groups = group;
  c.resumption = resumes;
  return c;
}

template <bool release_buffers>
class our_pair {
 public:
  struct world {
    explicit world(bool resumes)
        : client(must(tls::context::make_client(client_settings(resumes)))),
          server(must(tls::context::make_server(server_settings(resumes)))) {}

    static tls::config client_settings(bool resumes) {
      tls::config c = settings(resumes);
      c.release_buffers = release_buffers;
      c.bytes.authorities = {made_certificates().root.pem(), "root"};
      return c;
    }
    static tls::config server_settings(bool resumes) {
      tls::config c = settings(resumes);
      c.release_buffers = release_buffers;
      c.bytes.certificate = {made_certificates().server.chain, "chain"};
      c.bytes.key = {made_certificates().server.key, "key"};
      return c;
    }

    tls::context client;
    tls::context server;
  };

  explicit our_pair(world& with)
      : client_(with.client, host, std::chrono::system_clock::now()),
        server_(with.server, std::chrono::system_clock::now()) {
    client_.start(now_);
    server_.start(now_);
    while (!client_.open() || !server_.open()) {
      move(client_, server_);
      step(server_);
      move(server_, client_);
      step(client_);
    }
    move(client_, server_);
  }

  void send(bool from_client, std::string_view bytes, std::size_t count) {
    tls::connection& from = from_client ? static_cast<tls::connection&>(client_) : server_;
    tls::connection& to = from_client ? static_cast<tls::connection&>(server_) : client_;
    // What a machine above has gathered.
    list_.assign(count, const_buffer{bytes.data(), bytes.size()});
    if (from.write(list_, now_) != count * bytes.size()) wrong("not all was taken");
    move(from, to);
  }

  void receive(bool from_client, std::span<char> into) {
    tls::connection& at = from_client ? static_cast<tls::connection&>(server_) : client_;
    for (std::size_t got = 0; got < into.size();) {
      const read_result r = at.read(std::as_writable_bytes(into.subspan(got)), now_);
      if (r.what != read_result::status::ok) wrong("less came than was sent");
      got += r.n;
    }
  }
  void receive(bool from_client, std::string& into) { receive(from_client, std::span<char>(into)); }

  bool is_resumed() const { return client_.is_resumed(); }
  void release() {
    client_.release();
    server_.release();
  }

 private:
  static void step(tls::connection& c) {
    if (c.read({}, {}).what == read_result::status::failed) wrong(c.why().to_string());
  }

  static void move(tls::connection& from, tls::connection& to) {
    for (;;) {
      const buffer_list list = from.output();
      if (list.empty()) return;
      const auto room = to.prepare(list[0].size);
      const std::size_t n = std::min(room.size(), list[0].size);
      std::memcpy(room.data(), list[0].data, n);
      to.commit(n, {});
      from.consume_output(n);
    }
  }

  time_point now_{};
  tls::client client_;
  tls::server server_;
  std::vector<const_buffer> list_;
};

[[maybe_unused]] const bool registered =
    rows<our_pair<false>>::add("parley") && rows<our_pair<true>>::add("parley_release");

}  // namespace
}  // namespace parley::bench
