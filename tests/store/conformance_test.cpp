// What the port promises, of every store alike.
#include <gtest/gtest.h>

#include <random>

#include "store/stores.hpp"
#include "support/allocations.hpp"

namespace parley::test {
namespace {

using words = std::vector<std::string>;

class stores : public testing::TestWithParam<store_kind> {
 protected:
  std::unique_ptr<store_home> home_ = GetParam().make();
};

INSTANTIATE_TEST_SUITE_P(all, stores, testing::ValuesIn(store_kinds()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_P(stores, keep_records_in_the_order_of_first_puts) {
  store& s = home_->open();
  ASSERT_TRUE(put(s, "b", "2", "x") && put(s, "a", "9", "y") && put(s, "b", "1", "z"));
  EXPECT_EQ(contents(s), (words{"b/2=x", "b/1=z", "a/9=y"}));
  // In place, not at the end.
  ASSERT_TRUE(put(s, "b", "2", "longer than before"));
  EXPECT_EQ(contents(s), (words{"b/2=longer than before", "b/1=z", "a/9=y"}));
  // At the end, once it was erased.
  ASSERT_TRUE(erase(s, "b", "2") && put(s, "b", "2", ""));
  EXPECT_EQ(contents(s), (words{"b/1=z", "b/2=", "a/9=y"}));
  EXPECT_EQ(s.size(), 3U);
}

TEST_P(stores, join_the_pieces_of_a_value_and_take_any_bytes) {
  store& s = home_->open();
  const std::string zeros(3, '\0');
  const const_buffer pieces[] = {{"head", 4}, {nullptr, 0}, {zeros.data(), 3}, {"tail", 4}};
  ASSERT_TRUE(s.put(as_bytes(zeros), as_bytes(""), pieces));
  EXPECT_EQ(contents(s), (words{zeros + "/=head" + zeros + "tail"}));
}

TEST_P(stores, erase_one_or_a_whole_space) {
  store& s = home_->open();
  ASSERT_TRUE(put(s, "a", "1", "x") && put(s, "b", "1", "y") && put(s, "b", "2", "z"));
  const auto before = s.staged();
  EXPECT_TRUE(erase(s, "a", "2") && erase(s, "c", "1") && s.erase_space(as_bytes("c")));
  EXPECT_EQ(s.staged(), before);  // nothing was there
  EXPECT_TRUE(s.erase_space(as_bytes("b")));
  EXPECT_EQ(contents(s), (words{"a/1=x"}));
  EXPECT_TRUE(erase(s, "a", "1"));
  EXPECT_EQ(contents(s), words{});
  EXPECT_EQ(s.size(), 0U);
  EXPECT_EQ(s.bytes(), 0U);
}

TEST_P(stores, load_one_space_and_end_when_told) {
  store& s = home_->open();
  ASSERT_TRUE(put(s, "a", "1", "x") && put(s, "b", "1", "y") && put(s, "b", "2", "z"));
  words seen;
  const auto see = [&](const stored_record& r) { seen.emplace_back(as_text(r.key)); };
  EXPECT_TRUE(s.load(as_bytes("b"), see));
  EXPECT_EQ(seen, (words{"1", "2"}));
  EXPECT_TRUE(s.load(as_bytes("nobody"), see));
  int count = 0;
  EXPECT_TRUE(s.load(as_bytes("b"), [&](const stored_record&) { return ++count < 1; }));
  EXPECT_TRUE(s.load_all([&](const stored_record&) { return ++count < 3; }));
  EXPECT_EQ(count, 3);
}

TEST_P(stores, number_changes_and_tell_which_are_durable) {
  store& s = home_->open();
  const auto before = s.staged();
  EXPECT_EQ(s.durable(), before);
  ASSERT_TRUE(put(s, "a", "1", "x") && put(s, "a", "1", "y") && erase(s, "a", "1"));
  EXPECT_EQ(s.staged(), before + 3);
  EXPECT_EQ(s.durable(), before);
  ASSERT_TRUE(s.sync());
  EXPECT_EQ(s.durable(), s.staged());
  EXPECT_TRUE(s.sync());
}

TEST_P(stores, refuse_what_exceeds_a_limit_and_change_nothing) {
  store& s = home_->open({.max_space = 2, .max_key = 3, .max_value = 4, .max_bytes = 300});
  const auto before = s.staged();
  EXPECT_EQ(put(s, "abc", "1", "x").error(), store_errc::too_large);
  EXPECT_EQ(put(s, "a", "1234", "x").error(), store_errc::too_large);
  const auto large = put(s, "a", "1", "12345");
  EXPECT_EQ(large.error(), store_errc::too_large);
  EXPECT_NE(large.error().to_string().find("max_value"), std::string::npos);
  EXPECT_EQ(s.staged(), before);

  ASSERT_TRUE(put(s, "a", "1", "1234") && put(s, "a", "2", "1234"));
  EXPECT_EQ(s.bytes(), 2 * (6 + record_overhead));
  EXPECT_EQ(put(s, "a", "3", "").error(), store_errc::full);
  // In place of another there is room.
  EXPECT_TRUE(put(s, "a", "2", "4321"));
  EXPECT_TRUE(erase(s, "a", "1") && put(s, "a", "3", "x"));
  EXPECT_EQ(contents(s), (words{"a/2=4321", "a/3=x"}));
}

TEST_P(stores, show_what_was_synced_when_opened_again) {
  if (!home_->outlives()) return;
  const std::string large(200'000, 'L');
  store* s = &home_->open();
  ASSERT_TRUE(put(*s, "b", "1", "x") && put(*s, "a", "1", large) && put(*s, "b", "2", "y"));
  ASSERT_TRUE(put(*s, "c", "1", "x") && s->erase_space(as_bytes("c")) && erase(*s, "b", "1"));
  ASSERT_TRUE(s->sync());
  const words before = contents(*s);
  const auto bytes = s->bytes();
  s = &home_->open();
  EXPECT_TRUE(contents(*s) == before);
  EXPECT_EQ(s->size(), 2U);
  EXPECT_EQ(s->bytes(), bytes);
  // And again after a change, in order.
  ASSERT_TRUE(put(*s, "b", "1", "z") && put(*s, "b", "2", "w") && s->sync());
  s = &home_->open();
  EXPECT_TRUE(contents(*s) == (words{"b/2=w", "b/1=z", "a/1=" + large}));
}

// Against the simplest model: vectors of pairs.
TEST_P(stores, agree_with_a_model_over_random_changes) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    home_ = GetParam().make();
    store* s = &home_->open();
    memory_store model;
    std::minstd_rand draw(seed);
    for (int i = 0; i < 400; ++i) {
      const std::string space(1, static_cast<char>('a' + draw() % 4));
      const std::string key = std::to_string(draw() % 12);
      const auto what = draw() % 20;
      if (what < 12) {
        const std::string value(draw() % 300, static_cast<char>('A' + draw() % 26));
        ASSERT_TRUE(put(*s, space, key, value) && put(model, space, key, value));
      } else if (what < 18) {
        ASSERT_TRUE(erase(*s, space, key) && erase(model, space, key));
      } else if (what == 18) {
        ASSERT_TRUE(s->erase_space(as_bytes(space)) && model.erase_space(as_bytes(space)));
      } else if (home_->outlives()) {
        ASSERT_TRUE(s->sync());
        s = &home_->open();
      }
      ASSERT_EQ(s->size(), model.size());
      ASSERT_EQ(s->bytes(), model.bytes());
    }
    ASSERT_TRUE(contents(*s).size() == model.size());
    for (char space = 'a'; space < 'e'; ++space) {
      words ours, theirs;
      const auto into = [](words& to) {
        return [&to](const stored_record& r) {
          to.push_back(std::string(as_text(r.key)) + "=" + std::string(as_text(r.value)));
        };
      };
      const std::string name(1, space);
      ASSERT_TRUE(s->load(as_bytes(name), into(ours)) && model.load(as_bytes(name), into(theirs)));
      ASSERT_TRUE(ours == theirs) << seed << " " << space;
    }
  }
}

TEST_P(stores, survive_each_failing_allocation) {
  bool failed = true;
  for (std::size_t allowed = 0; failed; ++allowed) {
    home_ = GetParam().make();
    store& s = home_->open();
    ASSERT_TRUE(put(s, "a", "1", "x"));
    const words before = contents(s);
    bool threw = false;
    bool ok = true;
    {
      const failing_allocation limit(allowed);
      try {
        ok = put(s, "a space with a long name", "a key that is long as well", "value").has_value();
      } catch (const std::bad_alloc&) {
        threw = true;
      }
      failed = limit.has_failed();
    }
    if (threw || !ok) {
      EXPECT_TRUE(contents(s) == before);
    }
    // Sound all the same.
    ASSERT_TRUE(put(s, "a", "2", "y") && put(s, "a space with a long name", "k", "z"));
    EXPECT_TRUE(s.sync());
    EXPECT_EQ(contents(s).front(), "a/1=x");
  }
}

}  // namespace
}  // namespace parley::test
