// A store whose medium misbehaves: the n-th call fails, or power is cut and what was not synced is
// gone, all of it or but for the first changes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <parley/core/store/memory_store.hpp>
#include <string>
#include <utility>
#include <vector>

namespace parley::test {

class faulty_store final : public store {
 public:
  explicit faulty_store(store_limits bounds = {}) : bounds_(bounds) { reopen(); }

  // The call (put, erase, erase_space, sync, load) after `allowed` others fails with `why`, once.
  void fail_after(std::size_t allowed, error why) { fault_.emplace(allowed, std::move(why)); }
  bool has_failed() const { return failures_ > 0; }
  std::size_t calls() const { return calls_; }

  // Staged changes that a cut of power would lose now.
  std::size_t at_risk() const { return changes_.size(); }
  // The process dies and starts again; the first `lucky` changes of those at risk had reached the
  // medium. Changes are numbered on.
  void crash(std::size_t lucky = 0) {
    changes_.resize(std::min(lucky, changes_.size()));
    apply_all();
    reopen();
  }

  using store::load;
  using store::load_all;
  using store::put;
  result<void> put(byte_view space, byte_view key, buffer_list value) override {
    change made{change::put_one, text(space), text(key), {}};
    for (const const_buffer& piece : value) {
      made.value.append(static_cast<const char*>(piece.data), piece.size);
    }
    return stage(std::move(made));
  }
  result<void> erase(byte_view space, byte_view key) override {
    return stage({change::erase_one, text(space), text(key), {}});
  }
  result<void> erase_space(byte_view space) override {
    return stage({change::erase_all, text(space), {}, {}});
  }
  result<void> sync() override {
    if (auto ok = enter(); !ok) return ok;
    apply_all();
    durable_ = staged_;
    return {};
  }
  result<void> load(byte_view space, record_visitor& to) override {
    if (auto ok = enter(); !ok) return ok;
    return seen_->load(space, to);
  }
  result<void> load_all(record_visitor& to) override {
    if (auto ok = enter(); !ok) return ok;
    return seen_->load_all(to);
  }
  std::size_t size() const noexcept override { return seen_->size(); }
  std::size_t bytes() const noexcept override { return seen_->bytes(); }
  std::uint64_t staged() const noexcept override { return staged_; }
  std::uint64_t durable() const noexcept override { return durable_; }

 private:
  struct change {
    enum kind_type { put_one, erase_one, erase_all } kind;
    std::string space, key, value;
  };

  static std::string text(byte_view bytes) { return std::string(as_text(bytes)); }

  result<void> enter() {
    ++calls_;
    if (!fault_ || fault_->first-- > 0) return {};
    ++failures_;
    return std::unexpected(std::exchange(fault_, std::nullopt)->second);
  }
  static result<void> apply(store& to, const change& c) {
    const auto space = as_bytes(c.space), key = as_bytes(c.key);
    if (c.kind == change::put_one) return to.put(space, key, as_bytes(c.value));
    return c.kind == change::erase_one ? to.erase(space, key) : to.erase_space(space);
  }
  result<void> stage(change made) {
    if (auto ok = enter(); !ok) return ok;
    changes_.reserve(changes_.size() + 1);  // nothing throws once seen_ has it
    const auto before = seen_->staged();
    if (auto ok = apply(*seen_, made); !ok) return ok;
    if (seen_->staged() == before) return {};  // it did nothing
    changes_.push_back(std::move(made));
    ++staged_;
    return {};
  }
  void apply_all() {
    for (const change& c : changes_) (void)apply(kept_, c);
    changes_.clear();
  }
  void reopen() {
    seen_ = std::make_unique<memory_store>(bounds_);
    (void)kept_.load_all(
        [&](const stored_record& r) { (void)seen_->put(r.space, r.key, r.value); });
    durable_ = staged_;
  }

  store_limits bounds_;
  memory_store kept_;                   // the medium
  std::unique_ptr<memory_store> seen_;  // with what is staged
  std::vector<change> changes_;
  std::optional<std::pair<std::size_t, error>> fault_;
  std::size_t calls_ = 0;
  std::size_t failures_ = 0;
  std::uint64_t staged_ = 0;
  std::uint64_t durable_ = 0;
};

}  // namespace parley::test
