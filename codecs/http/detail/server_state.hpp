// What a server's connection needs while it is busy. Internal to http::server.
#pragma once

#include <memory>
#include <optional>
#include <parley/codecs/http/decoder.hpp>
#include <parley/codecs/http/detail/body_writer.hpp>
#include <parley/codecs/http/detail/coded_body.hpp>
#include <parley/codecs/http/server.hpp>
#include <vector>

namespace parley::http {

// One request and its answer. Lives until the request is complete and the answer is written.
struct server::exchange {
  detail::body_writer body;           // of the answer
  std::unique_ptr<send_buffer> held;  // the answer, while earlier ones are not complete
  std::unique_ptr<deflater> coder;    // of an answer that is streamed
  method verb = method::get;
  coding accepts = coding::identity;
  bool is_old = false;         // HTTP/1.0
  bool keep_alive = true;      // as the client said
  bool is_complete = false;    // the request is
  bool is_begun = false;       // the final head is written
  bool is_done = false;        // the answer is
  bool closes = false;         // the connection ends after it
  bool owes_continue = false;  // the client waits for 100
  bool upgrades = false;
};

struct server::working_set {
  explicit working_set(const server_limits& limits);

  receive_buffer input;
  send_buffer output;
  decoder decoding;
  std::vector<field_place> fields;
  std::vector<exchange> exchanges;  // in the order of the requests, from `first` on
  std::size_t first = 0;
  request_id first_id = 1;  // of exchanges[first]
  request_head head;
  std::unique_ptr<detail::coded_body> coded;  // the body of the latest request
  std::size_t coded_size = 0;                 // bytes of input whose decoding is under way
  std::size_t delivered = 0;                  // bytes of the part that is with the application
  std::uint64_t discarded = 0;                // bytes of a body that nobody wants
  std::uint64_t received = 0;                 // bytes of the body since rate_since
  time_point rate_since{};                    // when the measurement of the rate began
  time_point write_since{};                   // when output last moved
  std::optional<error> why{};                 // to be told by `failed`
  std::uint16_t refusal = 400;                // the status that answers a fault
  bool restart_rate = true;                   // the application paused meanwhile
  bool was_paused = false;                    // since the last deadline
  bool was_high = false;                      // somebody was told to wait for `writable`
  bool moved = false;                         // output has moved since write_since

  std::size_t size() const noexcept { return exchanges.size() - first; }
  bool is_empty() const noexcept { return size() == 0; }
  // Of output, and of answers whose turn has not come: the first one's never waits.
  std::size_t buffered() const noexcept {
    std::size_t sum = output.size();
    for (std::size_t i = first + 1; i < exchanges.size(); ++i) {
      if (const auto& held = exchanges[i].held) sum += held->size();
    }
    return sum;
  }
  exchange& front() noexcept { return exchanges[first]; }
  exchange& back() noexcept { return exchanges.back(); }
  void pop() noexcept;
};

}  // namespace parley::http
