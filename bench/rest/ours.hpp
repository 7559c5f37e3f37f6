// The same answers as values of parley, for its rows.
#pragma once

#include <parley/core/value/value.hpp>
#include <utility>
#include <vector>

#include "item.hpp"

namespace parley::bench {

// Of {"value": number}.
inline result<value> calculated(const value& body) {
  const auto n = body["value"].to<int>();
  if (!n) return std::unexpected(n.error());
  return fields("result", *n * 2);
}

inline value article(std::uint64_t number) {
  const item& i = the_item;
  std::vector<value> tags, reviews;
  tags.reserve(i.tags.size());
  for (const std::string_view tag : i.tags) tags.emplace_back(tag);
  reviews.reserve(i.reviews.size());
  for (const review& r : i.reviews) {
    reviews.push_back(fields("user", r.user, "stars", r.stars, "text", r.text));
  }
  return fields("id", number, "name", i.name, "sku", i.sku, "price", i.price, "currency",
                i.currency, "in_stock", i.in_stock, "count", i.count, "description", i.description,
                "tags", value::from_array(std::move(tags)), "size",
                fields("width", i.width, "height", i.height, "depth", i.depth), "supplier", nullptr,
                "reviews", value::from_array(std::move(reviews)));
}

}  // namespace parley::bench
