// A password or token. It is read by `reveal()` only, so that printing one by
// accident takes a visible decision.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace parley {

class secret {
 public:
  secret() = default;
  explicit secret(std::string text) noexcept : text_(std::move(text)) {}

  // The text itself, for the wire. Valid while this secret is not changed.
  std::string_view reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  // Always the same, whatever the secret and its length.
  std::string_view to_string() const noexcept { return "***"; }

  friend bool operator==(const secret&, const secret&) = default;

 private:
  std::string text_;
};

}  // namespace parley
