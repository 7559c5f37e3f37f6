#include "support/websocket_log.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "support/vectors.hpp"

namespace parley::test {
namespace {

using websocket::part;
using websocket::part_kind;

// One line of options; false if it means nothing.
bool take_option(std::istringstream& line, websocket_stream& stream) {
  std::string what;
  std::string word;
  std::uint32_t number = 0;
  line >> what;
  if (what == "deflate") {
    stream.deflate = true;
    return true;
  }
  if (what == "role") {
    line >> word;
    stream.own = websocket::role::client;
    return word == "client";
  }
  if (what != "limit") return false;
  line >> word >> number;
  if (word == "frame") stream.bounds.frame = number;
  if (word == "message") stream.bounds.message = number;
  if (word == "whole_frame") stream.bounds.whole_frame = number;
  return (word == "frame" || word == "message" || word == "whole_frame") && !line.fail();
}

std::string in_quotes(std::string_view bytes) { return "\"" + escape(bytes) + "\""; }

std::string with_size(std::string_view bytes) {
  std::string text = std::to_string(bytes.size()) + " ";
  if (bytes.size() <= 200) return text + in_quotes(bytes) + "\n";
  std::uint64_t sum = 0;
  for (const char c : bytes) sum += static_cast<unsigned char>(c);
  return text + in_quotes(bytes.substr(0, 8)) + " to " + in_quotes(bytes.substr(bytes.size() - 8)) +
         ", sum " + std::to_string(sum) + "\n";
}

// Joins the parts of a message that nothing separates.
class writer {
 public:
  void add(const part& p) {
    switch (p.what) {
      case part_kind::data:
        return add_data(p);
      case part_kind::ping:
        return add_line("ping " + with_size(as_text(p.data)));
      case part_kind::pong:
        return add_line("pong " + with_size(as_text(p.data)));
      case part_kind::close: {
        const websocket::close_info info = websocket::close_info_of(p.data);
        return add_line("close " + std::to_string(static_cast<unsigned>(info.code)) + " \"" +
                        escape(info.reason) + "\"\n");
      }
      case part_kind::failed:
        return add_line("fail " + std::string(websocket::describe(p.fault).name) + "\n");
      case part_kind::need_data:
        break;
    }
  }
  std::string take() {
    end_run(false);
    return std::move(log_);
  }

 private:
  void add_data(const part& p) {
    if (!in_run_) first_ = p.first;
    EXPECT_EQ(p.first, !in_message_) << log_;
    in_run_ = in_message_ = true;
    name_ = p.type == websocket::opcode::text ? "text" : "binary";
    if (p.compressed) name_ += " deflated";
    data_ += as_text(p.data);
    if (p.last) {
      end_run(true);
      in_message_ = false;
    }
  }
  void end_run(bool last) {
    if (!in_run_) return;
    const std::string_view where = first_ && last ? ""
                                   : first_       ? " first"
                                   : last         ? " last"
                                                  : " middle";
    log_ += name_ + std::string(where) + " " + with_size(data_);
    data_.clear();
    in_run_ = false;
  }
  void add_line(const std::string& line) {
    end_run(false);
    log_ += line;
  }

  std::string log_;
  std::string name_;
  std::string data_;
  bool in_run_ = false;
  bool first_ = false;
  bool in_message_ = false;
};

// One frame at the front of `frames`, as far as it is there.
struct frame_view {
  explicit frame_view(std::string_view frames) {
    if (frames.size() < 2) return;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(frames[i]); };
    const unsigned code = byte(1) & 0x7Fu;
    const std::size_t more = code < 126 ? 0 : code == 126 ? 2 : 8;
    length_end = 2 + more;
    if ((byte(1) & 0x80u) == 0 || frames.size() < 6 + more) return;
    std::uint64_t length = more == 0 ? code : 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte(2 + i);
    front = frames.substr(0, 2 + more);
    key = frames.substr(2 + more, 4);
    payload = frames.substr(6 + more).substr(0, length);
  }
  std::size_t size() const { return front.size() + key.size() + payload.size(); }

  std::string_view front;      // what precedes the key; empty if that is not all there
  std::size_t length_end = 1;  // where it would end
  std::string_view key;
  std::string_view payload;
};

std::string masked(std::string_view payload, std::string_view key) {
  std::string bytes(payload);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^
                                 static_cast<unsigned char>(key[i % 4]));
  }
  return bytes;
}

}  // namespace

websocket_stream parse_websocket_options(std::string_view block) {
  websocket_stream stream;
  std::istringstream lines{std::string(block)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    EXPECT_TRUE(take_option(words, stream)) << "not an option: " << line;
  }
  return stream;
}

std::string websocket_log(const websocket_stream& stream, const std::vector<std::size_t>& cuts,
                          std::string_view input, guarded* guard) {
  writer out;
  websocket_feeder feeder(stream, cuts, input, guard);
  const websocket_ending ending = feeder.run([&](const part& p) { out.add(p); });
  std::string log = out.take();
  if (ending == websocket_ending::end) log += "END\n";
  if (ending == websocket_ending::more) log += "MORE\n";
  if (ending == websocket_ending::closed) log += "CLOSED\n";
  return log;
}

std::string with_mask(std::string_view frames, const websocket::mask_key& key) {
  const std::string_view other = as_text(key);
  std::string all;
  while (!frames.empty()) {
    const frame_view f(frames);
    if (f.front.empty()) return all.append(frames);
    all.append(f.front).append(other).append(masked(masked(f.payload, f.key), other));
    frames.remove_prefix(f.size());
  }
  return all;
}

std::string without_masks(std::string_view frames) {
  std::string all;
  while (!frames.empty()) {
    const frame_view f(frames);
    std::string front(f.front.empty() ? frames : f.front);
    if (front.size() > 1) front[1] = static_cast<char>(front[1] & 0x7F);
    if (f.front.empty()) return all.append(front, 0, f.length_end);
    all.append(front).append(masked(f.payload, f.key));
    frames.remove_prefix(f.size());
  }
  return all;
}

}  // namespace parley::test
