// Writes the replies of a server to its output, in the version of the protocol that
// the client speaks. What RESP2 has no type for travels as what Redis sends instead:
// maps as flat arrays, doubles as strings.
//
//   reply.array(2);
//   reply.blob("one");
//   reply.integer(2);
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/codecs/resp/encoder.hpp>
#include <parley/core/buffer/send_buffer.hpp>
#include <string_view>

namespace parley::resp {

// Borrows the buffer. Each call appends one value, or the head of an aggregate, whose
// values must follow. May throw bad_alloc.
//
// Above `most` bytes of output strings are dropped: one short request may ask for a long
// value a million times (MGET k k k ...). Whoever owns the buffer then ends the
// connection, as what it holds is no reply any more.
class reply_writer {
 public:
  reply_writer(send_buffer& out, version v, std::size_t most = SIZE_MAX) noexcept
      : out_(out), most_(most), version_(v) {}

  version protocol() const noexcept { return version_; }

  void ok() { raw("+OK\r\n"); }
  // Neither may contain CR or LF: the first one ends what is written.
  void simple(std::string_view text);
  // With its first word: "ERR no such key".
  void error(std::string_view text);
  void integer(std::int64_t number);
  void blob(std::string_view text);
  // Not copied if it is large.
  void blob(const shared_bytes& bytes);
  // In RESP2 a string with the shortest digits that read back as the same number.
  void number(double number);
  void boolean(bool on);
  void verbatim(std::string_view text);
  // Redis has two: of a missing string, and of a missing array. One in RESP3.
  void null();
  void null_array();

  void array(std::size_t count) { aggregate(kind::array, count); }
  void set(std::size_t count) { aggregate(kind::set, count); }
  // `pairs` keys, each followed by its value.
  void map(std::size_t pairs) { aggregate(kind::map, 2 * pairs); }
  void push(std::size_t count) { aggregate(kind::push, count); }

  // Bytes that are encoded already.
  void raw(std::string_view bytes) { out_.append(bytes); }

 private:
  bool is_over() const noexcept { return out_.size() > most_; }
  void aggregate(kind what, std::size_t count);
  std::byte* room(std::size_t bytes) { return out_.reserve(bytes).data(); }
  void took(const std::byte* from, const std::byte* to) noexcept {
    out_.commit(static_cast<std::size_t>(to - from));
  }

  send_buffer& out_;
  std::size_t most_;
  version version_;
};

}  // namespace parley::resp
