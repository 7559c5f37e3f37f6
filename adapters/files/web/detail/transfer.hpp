// The bytes of a file on their way to a client, at the client's pace. Not installed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <parley/adapters/files/web/detail/beneath.hpp>
#include <parley/codecs/http/rest_stream.hpp>
#include <string>
#include <vector>

namespace parley::files::detail {

// What one read takes, and so what waits for a slow client beyond the connection's own mark.
inline constexpr std::size_t piece_size = std::size_t{64} << 10;

// A stretch of the answer: a text, then a stretch of the file.
struct body_part {
  std::string text{};
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// Keeps itself alive while it waits for the client: whoever has it begun may drop it.
class transfer : public std::enable_shared_from_this<transfer> {
 public:
  // `facts` are those of `from` that the head was made of.
  transfer(rest_responder to, open_file from, const file_facts& facts, bool may_grow) noexcept
      : to_(std::move(to)), from_(std::move(from)), facts_(facts), may_grow_(may_grow) {}

  // Answers with this head and the parts in their order. For HEAD they are counted alone.
  void begin(const rest_reply& head, std::vector<body_part> parts);

 private:
  void go_on();
  bool write_piece();
  bool is_unchanged() const noexcept;

  rest_responder to_;
  open_file from_;
  file_facts facts_;
  std::vector<body_part> parts_;
  std::size_t at_ = 0;  // the part that is being sent
  bool may_grow_;
};

}  // namespace parley::files::detail
