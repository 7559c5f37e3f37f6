// Conditional requests: entity tags and the order in which preconditions are judged (RFC 9110
// sections 8.8.3 and 13).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <parley/codecs/http/method.hpp>
#include <parley/codecs/http/rest/fields_view.hpp>
#include <parley/core/bytes.hpp>
#include <parley/core/time.hpp>
#include <string_view>

namespace parley::http {

// An entity tag: the text between the quotes, and whether W/ precedes them. A view.
struct entity_tag {
  std::string_view opaque;
  bool weak = false;
};

// "abc" with its quotes, or W/"abc". Nothing if it is neither.
std::optional<entity_tag> parse_entity_tag(std::string_view text) noexcept;
// Of two representations that are the same byte for byte; weak ones never are.
bool matches_strongly(const entity_tag& a, const entity_tag& b) noexcept;
// Of two representations that serve the same purpose.
bool matches_weakly(const entity_tag& a, const entity_tag& b) noexcept;

// The text of an entity tag, made of a representation's bytes: `"9f86d081884c7d65-1f4"`.
class entity_tag_text {
 public:
  // A hash of 128 bits and the size. The same bytes give the same tag on every machine and in
  // every version of parley with the same minor number. No cryptographic hash: who may choose the
  // bytes can find two bodies with one tag, which harms nobody but the cache that believes his own
  // resource; where several parties write one resource, use a version or a digest of your own.
  static entity_tag_text of(byte_view body, bool weak = false) noexcept;
  // From numbers that change whenever the representation does: a file's time and size. Weak if the
  // clock is too coarse to tell two changes apart.
  static entity_tag_text of(std::uint64_t version, std::uint64_t size, bool weak = false) noexcept;

  // As it stands in the field ETag. A view of this object.
  std::string_view text() const noexcept { return {text_.data(), size_}; }
  entity_tag tag() const noexcept;

 private:
  void put(char c) noexcept { text_[size_++] = c; }
  void put_hex(std::uint64_t number, unsigned digits) noexcept;
  std::array<char, 56> text_{};
  std::uint8_t size_ = 0;
};

// What is known of the representation that the request would get or change.
struct validators {
  bool exists = true;  // false: there is no current representation; "*" asks for this
  std::optional<entity_tag> etag{};
  std::optional<wall_time> last_modified{};
};

enum class precondition : std::uint8_t {
  proceed,
  not_modified,  // 304, with ETag, Date, Vary, Cache-Control, Expires and Content-Location as 200
                 // has them
  failed,        // 412
};

// Judges If-Match, else If-Unmodified-Since, then If-None-Match, else If-Modified-Since (with GET
// and HEAD only), in the order of RFC 9110 section 13.2.2. To call once the request would otherwise
// succeed (2xx), before anything is changed. A date that is none is ignored, as the section asks,
// and so is one that stands there twice; a list of tags with a fault matches nothing beyond that
// place. `now` tells the century of old dates. Range and If-Range come afterwards: range.hpp.
precondition judge_preconditions(method verb, fields_view request, const validators& current,
                                 wall_time now) noexcept;

}  // namespace parley::http
