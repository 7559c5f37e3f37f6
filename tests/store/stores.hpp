// The stores that the conformance suite runs over, and words for tests of stores.
#pragma once

#include <memory>
#include <ostream>
#include <parley/adapters/files/store/detail/log_file.hpp>
#include <parley/adapters/files/store/file_store.hpp>
#include <parley/core/store/memory_store.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/faulty_store.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {

// "space/key=value", in the order of load_all().
inline std::vector<std::string> contents(store& s) {
  std::vector<std::string> all;
  const auto ok = s.load_all([&](const stored_record& r) {
    all.push_back(std::string(as_text(r.space)) + "/" + std::string(as_text(r.key)) + "=" +
                  std::string(as_text(r.value)));
  });
  if (!ok) all.push_back(ok.error().to_string());
  return all;
}

inline result<void> put(store& s, std::string_view space, std::string_view key,
                        std::string_view value) {
  return s.put(as_bytes(space), as_bytes(key), as_bytes(value));
}
inline result<void> erase(store& s, std::string_view space, std::string_view key) {
  return s.erase(as_bytes(space), as_bytes(key));
}

// One kind of store, in a folder of its own.
class store_home {
 public:
  virtual ~store_home() = default;
  // Makes it, or opens it again: the one before is gone then, as if the process had ended.
  virtual store& open(const store_limits& bounds = {}) = 0;
  // Whether open() shows what was durable.
  virtual bool outlives() const { return true; }
};

struct store_kind {
  const char* name;
  std::unique_ptr<store_home> (*make)();

  friend std::ostream& operator<<(std::ostream& to, const store_kind& k) { return to << k.name; }
};

class memory_home final : public store_home {
 public:
  store& open(const store_limits& bounds) override {
    return *(store_ = std::make_unique<memory_store>(bounds));
  }
  bool outlives() const override { return false; }

 private:
  std::unique_ptr<memory_store> store_;
};

class faulty_home final : public store_home {
 public:
  store& open(const store_limits& bounds) override {
    if (!store_)
      store_ = std::make_unique<faulty_store>(bounds);
    else
      store_->crash();
    return *store_;
  }

 private:
  std::unique_ptr<faulty_store> store_;
};

// Real files, but nothing waits for the medium: no test can cut the power.
inline const files::detail::disk_calls quick_disk = [] {
  files::detail::disk_calls disk = files::detail::real_disk;
  disk.fdatasync = disk.fsync = [](int) { return 0; };
  return disk;
}();

class file_home final : public store_home {
 public:
  store& open(const store_limits& bounds) override {
    store_.reset();
    files::file_store_settings how;
    how.path = folder_ / "log";
    how.limits = bounds;
    how.compact_min = 4096;  // often
    auto opened = files::file_store::open(how, quick_disk);
    if (!opened) throw std::runtime_error(opened.error().to_string());
    store_ = *std::move(opened);
    return *store_;
  }

 private:
  temporary_folder folder_;
  std::unique_ptr<files::file_store> store_;
};

template <class Home>
std::unique_ptr<store_home> make_home() {
  return std::make_unique<Home>();
}

inline std::vector<store_kind> store_kinds() {
  return {{"memory", make_home<memory_home>},
          {"faulty", make_home<faulty_home>},
          {"file", make_home<file_home>}};
}

}  // namespace parley::test
