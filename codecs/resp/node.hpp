// What the RESP decoder emits: a flat stream of nodes in the order of the wire.
// A tree is not built; who wants one asks tree.hpp.
//
//   *2\r\n $3\r\nfoo\r\n :7\r\n   gives   {array, depth 0, count 2}
//                                         {blob_string, depth 1, "foo"}
//                                         {integer, depth 1, 7, last}
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <parley/core/bytes.hpp>

namespace parley::resp {

// What a value is. The comment gives the byte that announces it on the wire.
enum class kind : std::uint8_t {
  simple_string,  // +  a line, like OK
  error,          // -  a line; give it to classify()
  integer,        // :  64 bits, signed
  blob_string,    // $  any bytes
  blob_error,     // !  an error that may contain line breaks
  verbatim,       // =  text with a format, "txt" or "mkd"
  null,           // _  also the $-1 and *-1 of RESP2
  boolean,        // #
  number,         // ,  a double
  big_number,     // (  an integer of any length, as text
  array,          // *
  map,            // %  count() is twice the number of pairs
  set,            // ~
  push,           // >  out of band; never the answer to a command
  attribute,      // |  says something about the value that follows it
  stream_end,     // .  ends an aggregate whose length was not declared
};

constexpr bool is_aggregate(kind k) noexcept { return k >= kind::array && k <= kind::attribute; }
constexpr bool is_error(kind k) noexcept { return k == kind::error || k == kind::blob_error; }
constexpr bool is_string(kind k) noexcept {
  return k == kind::simple_string || k == kind::blob_string || k == kind::verbatim;
}

// The name of a kind as written above, for messages.
std::string_view to_string(kind) noexcept;

// Bits of `node::flags`.
inline constexpr std::uint8_t flag_last = 1;
inline constexpr std::uint8_t flag_more = 2;
inline constexpr std::uint8_t flag_streamed = 4;

// One value, or the head of an aggregate whose elements follow one deeper.
// Its text is a view of the decoder's input and lives as long as that does.
struct node {
  kind type = kind::null;
  std::uint8_t depth = 0;  // 0: a top-level reply
  std::uint8_t flags = 0;
  std::uint8_t unused = 0;
  std::uint32_t extent = 0;  // nodes of this subtree, itself included; 0: not counted
  std::uint64_t bits = 0;    // see integer(), number(), boolean(), count(), rest()
  const char* data = nullptr;
  std::size_t size = 0;

  // This node completes a top-level reply: what comes next belongs to another.
  constexpr bool is_last() const noexcept { return (flags & flag_last) != 0; }
  // The string goes on in the next node, which has the same kind and depth.
  constexpr bool has_more() const noexcept { return (flags & flag_more) != 0; }
  // An aggregate of unknown length: count() is 0 and a stream_end node ends it.
  constexpr bool is_streamed() const noexcept { return (flags & flag_streamed) != 0; }

  // Strings, errors and big numbers. Of a verbatim string the text behind the
  // format. Empty for all other kinds.
  constexpr std::string_view text() const noexcept { return {data, size}; }
  byte_view bytes() const noexcept { return as_bytes(text()); }
  // The three letters before a verbatim string. Only for kind::verbatim.
  constexpr std::string_view format() const noexcept { return {data - 4, 3}; }

  // Only for kind::integer, kind::number and kind::boolean, in this order.
  constexpr std::int64_t integer() const noexcept { return static_cast<std::int64_t>(bits); }
  constexpr double number() const noexcept { return std::bit_cast<double>(bits); }
  constexpr bool boolean() const noexcept { return bits != 0; }

  // How many values are directly inside an aggregate: two per pair of a map or
  // of an attribute. Attributes are not counted, as they are no values.
  constexpr std::size_t count() const noexcept { return static_cast<std::size_t>(bits); }
  // Bytes of a string in parts that follow this node; 0 if not known.
  constexpr std::uint64_t rest() const noexcept { return bits; }
};

static_assert(sizeof(node) == 32 && std::is_trivially_copyable_v<node>);

}  // namespace parley::resp
