#include "websocket/machine_script.hpp"

#include <algorithm>
#include <parley/codecs/http/head.hpp>
#include <parley/codecs/websocket/encoder.hpp>

#include "websocket/deflate_messages.hpp"

namespace parley::test {
namespace {

std::string name_of(unsigned op) {
  switch (op) {
    case 0:
      return "more";
    case 1:
      return "text";
    case 2:
      return "binary";
    case 8:
      return "close";
    case 9:
      return "ping";
    case 10:
      return "pong";
    default:
      return "opcode" + std::to_string(op);
  }
}

unsigned byte_of(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// Where the payload begins and how long it is; nothing while the header is not complete.
struct frame_place {
  std::size_t header = 0;
  std::size_t size = 0;
};
std::optional<frame_place> place_of(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  std::size_t size = byte_of(bytes, 1) & 127;
  const std::size_t more = size < 126 ? 0 : size == 126 ? 2 : 8;
  const std::size_t header = 2 + more + ((byte_of(bytes, 1) & 128) != 0 ? 4 : 0);
  if (bytes.size() < header) return std::nullopt;
  if (more != 0) size = 0;
  for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte_of(bytes, 2 + i);
  return frame_place{header, size};
}

}  // namespace

std::string shown(std::string_view payload) {
  if (payload.size() > 64) return std::to_string(payload.size()) + " bytes";
  return std::string(payload);
}

std::string to_line(const websocket::event& e) {
  const auto type = [](opcode op) { return name_of(static_cast<unsigned>(op)); };
  const auto with = [](std::string line, std::string_view more) {
    return more.empty() ? line : line + " " + std::string(more);
  };
  if (const auto* h = std::get_if<websocket::handshake_event>(&e)) {
    return with(with("handshake " + std::string(h->head->target), h->subprotocol),
                h->is_compressed ? "deflate" : "");
  }
  if (const auto* o = std::get_if<websocket::opened>(&e)) {
    return with(with("opened", o->subprotocol), o->is_compressed ? "deflate" : "");
  }
  if (const auto* m = std::get_if<websocket::message_event>(&e)) {
    return type(m->type) + " " + shown(m->text());
  }
  if (const auto* p = std::get_if<websocket::piece_event>(&e)) {
    return std::string(p->first ? "first " : "") + (p->last ? "last " : "") + type(p->type) + " " +
           shown(as_text(p->data));
  }
  if (const auto* p = std::get_if<websocket::pong_event>(&e)) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(p->round_trip).count();
    return "pong " + std::to_string(ms) + " ms";
  }
  if (const auto* c = std::get_if<websocket::close_event>(&e)) {
    return with(with("close " + std::to_string(static_cast<unsigned>(c->code)), shown(c->reason)),
                c->by_peer ? "by peer" : "");
  }
  if (const auto* f = std::get_if<failed>(&e)) return "failed " + std::string(f->why.name());
  if (std::holds_alternative<websocket::writable>(e)) return "writable";
  if (std::holds_alternative<closed>(e)) return "closed";
  return std::holds_alternative<paused>(e) ? "paused" : "need_data";
}

std::string raw_websocket::frame(unsigned op, std::string_view payload, frame_bits bits) const {
  const bool masks = own_ == role::client;
  std::string all{static_cast<char>((bits.fin ? 128U : 0U) | bits.rsv << 4 | op)};
  const std::size_t size = payload.size();
  const std::size_t more = size < 126 ? 0 : size < 65536 ? 2 : 8;
  const std::size_t seven = more == 0 ? size : more == 2 ? 126 : 127;
  all += static_cast<char>((masks ? 128U : 0U) | seven);
  for (std::size_t i = more; i-- > 0;) all += static_cast<char>(size >> 8 * i & 255);
  if (!masks) return all += payload;
  const std::string_view key("\x11\x82\xa3\x44", 4);
  all += key;
  const std::size_t begin = all.size();
  all += payload;
  for (std::size_t i = 0; i < size; ++i)
    all[begin + i] = static_cast<char>(all[begin + i] ^ key[i % 4]);
  return all;
}

std::string raw_websocket::close(unsigned code, std::string_view reason) const {
  if (code == 0) return frame(opcode::close, {});
  const std::string number{static_cast<char>(code >> 8), static_cast<char>(code & 255)};
  return frame(opcode::close, number + std::string(reason));
}

void raw_websocket::agree(const websocket::deflate_agreement& agreed,
                          const websocket::deflate_settings& settings) {
  websocket::deflate_settings all = settings;
  all.threshold = 0;
  all.max_ratio = 0;
  out_.emplace(own_, agreed, all);
  in_.emplace(own_, agreed, all, std::uint64_t{1} << 30);
}

std::string raw_websocket::deflated(opcode op, std::string_view payload, std::size_t fragment) {
  const std::string coded =
      test::deflated(*out_, payload, {.room = websocket::deflate_bound(payload.size())});
  std::string all;
  const std::size_t step = fragment == 0 ? std::max<std::size_t>(coded.size(), 1) : fragment;
  for (std::size_t at = 0; at < coded.size(); at += step) {
    all += frame(at == 0 ? op : opcode::continuation, std::string_view(coded).substr(at, step),
                 {.fin = at + step >= coded.size(), .rsv = at == 0 ? 4U : 0U});
  }
  return all;
}

void raw_websocket::take(unsigned first, std::string payload) {
  const unsigned op = first & 15;
  const bool fin = (first & 128) != 0;
  std::string line = name_of(op) + (fin ? "" : "+") + ((first & 64) != 0 ? "*" : "") + " ";
  if (op == 8) {
    if (payload.size() >= 2) {
      line += std::to_string(byte_of(payload, 0) << 8 | byte_of(payload, 1));
      if (payload.size() > 2) line += " " + payload.substr(2);
    }
    if (payload.empty()) line += "empty";
    lines_.push_back(line);
    return;
  }
  lines_.push_back(line + shown(payload));
  if (op > 2) return;
  if (op != 0) is_coded_ = (first & 64) != 0;
  coming_ += payload;
  if (!fin) return;
  std::string all = std::exchange(coming_, {});
  if (is_coded_) {
    const auto got = inflated(*in_, all, {.room = 64 * 1024});
    EXPECT_EQ(got.fault, "");
    all = got.text;
    lines_.back() = line + shown(all);
  }
  messages.push_back(std::move(all));
}

std::vector<std::string> raw_websocket::read(std::string_view bytes) {
  unread_ += bytes;
  std::size_t at = 0;
  for (;;) {
    const std::string_view rest = std::string_view(unread_).substr(at);
    const auto place = place_of(rest);
    if (!place || rest.size() - place->header < place->size) break;
    const bool masked = (byte_of(rest, 1) & 128) != 0;
    EXPECT_EQ(masked, own_ == role::server) << "only clients mask";
    std::string payload(rest.substr(place->header, place->size));
    for (std::size_t i = 0; masked && i < payload.size(); ++i) {
      payload[i] = static_cast<char>(payload[i] ^ rest[place->header - 4 + i % 4]);
    }
    take(byte_of(rest, 0), std::move(payload));
    at += place->header + place->size;
  }
  unread_.erase(0, at);
  return std::exchange(lines_, {});
}

}  // namespace parley::test
