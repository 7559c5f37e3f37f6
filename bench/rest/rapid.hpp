// What a hand-written handler does with RapidJSON, as its documentation has it for speed: values
// in a buffer on the stack, text written straight from what it is made of, into room that is kept.
#pragma once

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string_view>

#include "item.hpp"

namespace parley::bench {

class rapid_answers {
 public:
  // Of POST /api/calculate; nothing if the body is no {"value": number}. The view lives until the
  // next answer.
  std::optional<std::string_view> calculate(std::string_view body) {
    const auto n = number_of("value", body);
    if (!n) return std::nullopt;
    return written("result", *n * 2);
  }

  // The other way round, for a client.
  std::string_view question(int n) { return written("value", n); }
  std::optional<int> result(std::string_view body) { return number_of("result", body); }

  // Of GET /api/items/NUMBER.
  std::string_view article(std::uint64_t number) {
    begin();
    to_.StartObject();
    to_.Key("id"), to_.Uint64(number);
    put("name", the_item.name);
    put("sku", the_item.sku);
    to_.Key("price"), to_.Double(the_item.price);
    put("currency", the_item.currency);
    to_.Key("in_stock"), to_.Bool(the_item.in_stock);
    to_.Key("count"), to_.Int(the_item.count);
    put("description", the_item.description);
    to_.Key("tags"), to_.StartArray();
    for (const std::string_view tag : the_item.tags) put(tag);
    to_.EndArray();
    to_.Key("size"), to_.StartObject();
    to_.Key("width"), to_.Double(the_item.width);
    to_.Key("height"), to_.Double(the_item.height);
    to_.Key("depth"), to_.Double(the_item.depth);
    to_.EndObject();
    to_.Key("supplier"), to_.Null();
    to_.Key("reviews"), to_.StartArray();
    for (const review& r : the_item.reviews) {
      to_.StartObject();
      put("user", r.user);
      to_.Key("stars"), to_.Int(r.stars);
      put("text", r.text);
      to_.EndObject();
    }
    to_.EndArray();
    to_.EndObject();
    return written();
  }

 private:
  using pool = rapidjson::MemoryPoolAllocator<>;
  using document = rapidjson::GenericDocument<rapidjson::UTF8<>, pool, pool>;

  static std::optional<int> number_of(const char* name, std::string_view body) {
    char room[2048], stack[512];
    pool values(room, sizeof room);
    pool of_stack(stack, sizeof stack);
    document d(&values, sizeof stack / 2, &of_stack);
    d.Parse(body.data(), body.size());
    if (d.HasParseError() || !d.IsObject()) return std::nullopt;
    const auto found = d.FindMember(name);
    if (found == d.MemberEnd() || !found->value.IsInt()) return std::nullopt;
    return found->value.GetInt();
  }

  std::string_view written(const char* name, int n) {
    begin();
    to_.StartObject();
    to_.Key(name);
    to_.Int(n);
    to_.EndObject();
    return written();
  }

  void begin() {
    text_.Clear();
    to_.Reset(text_);
  }
  std::string_view written() const { return {text_.GetString(), text_.GetSize()}; }
  void put(std::string_view s) { to_.String(s.data(), static_cast<rapidjson::SizeType>(s.size())); }
  template <std::size_t N>
  void put(const char (&name)[N], std::string_view s) {
    to_.Key(name, N - 1);
    put(s);
  }

  rapidjson::StringBuffer text_;
  rapidjson::Writer<rapidjson::StringBuffer> to_{text_};
};

}  // namespace parley::bench
