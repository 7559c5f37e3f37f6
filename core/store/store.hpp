// The port through which a protocol's session state outlives the process: records (key, value) in
// named spaces, one space for each session (MQTT: the client identifier).
//
//   store.put(space, key, value);      staged: seen by load() at once, lost in a crash
//   store.erase(space, other);         staged
//   store.sync();                      both are durable; now acknowledge
//
// Changes are numbered. `staged()` is the number of the last one, `durable()` of the last that
// survives. A machine notes staged() beside what it must not acknowledge yet, and shows that in
// output() once durable() has reached the number. Nothing calls back into a machine: whoever drives
// it calls sync(), directly or once for all connections of a turn (group_commit.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <parley/core/bytes.hpp>
#include <parley/core/error.hpp>
#include <parley/core/store/errc.hpp>
#include <type_traits>
#include <utility>

namespace parley {

// Bounds of a store, in bytes.
struct store_limits {
  std::size_t max_space = 65'535;  // as a client identifier of MQTT
  std::size_t max_key = 65'535;    // as a topic name
  // The largest packet of MQTT, 256 MiB, and what is noted beside it.
  std::size_t max_value = 256 * 1024 * 1024 + 4096;
  // Of all records that are there: spaces' names, keys, values, and `record_overhead` for each, so
  // that a flood of empty ones is bounded as well. What a small server can spare.
  std::size_t max_bytes = 1024 * 1024 * 1024;
};

// Added to each record when max_bytes is counted: about what it takes in memory beside its bytes.
inline constexpr std::size_t record_overhead = 128;

// One record. The views die when the visitor returns.
struct stored_record {
  byte_view space;
  byte_view key;
  byte_view value;
};

// Is shown what is stored. Must not use the store.
class record_visitor {
 public:
  // False: enough, the rest is passed over.
  virtual bool visit(const stored_record& each) = 0;

 protected:
  ~record_visitor() = default;
};

// Implemented by memory_store and by files::file_store, or by you for a database. One thread uses
// it. Arguments are copied before a call returns. Memory that runs out is thrown as std::bad_alloc
// and changes nothing.
//
// Promises of every implementation:
//   order     records are loaded in the order in which their keys were first put; a put over an
//             existing key keeps its place (to move it to the end, erase it before)
//   prefix    after a crash there is what was durable, and of later changes either none or the
//             first of them: never one without those before it, never a part of one
//   sticky    after `failed` each change and each sync() fails the same way; nothing is forgotten
//             silently
class store {
 public:
  virtual ~store() = default;

  // Stages a record, in place of the one with this key if there is one. The value is the pieces of
  // the list, joined. Errors: too_large, full, failed; disk_full where staging needs the disk. An
  // error changes nothing.
  virtual result<void> put(byte_view space, byte_view key, buffer_list value) = 0;
  // Stages that a record is no more; without such a record it does nothing and succeeds.
  virtual result<void> erase(byte_view space, byte_view key) = 0;
  // The same for all records of a space.
  virtual result<void> erase_space(byte_view space) = 0;

  // Makes all that is staged durable. An error leaves it staged: after disk_full the next call
  // tries again, after `failed` none succeeds any more.
  virtual result<void> sync() = 0;

  // Shows the records of one space, in their order; what is only staged as well. Errors: corrupt,
  // failed.
  virtual result<void> load(byte_view space, record_visitor& to) = 0;
  // The same of all spaces, in the order in which they came to be.
  virtual result<void> load_all(record_visitor& to) = 0;

  // How many records there are, and their bytes as max_bytes counts them.
  virtual std::size_t size() const noexcept = 0;
  virtual std::size_t bytes() const noexcept = 0;

  // Numbers of the last staged and the last durable change; 0 before the first. Never fall.
  virtual std::uint64_t staged() const noexcept = 0;
  virtual std::uint64_t durable() const noexcept = 0;

  // --- the same for whoever has a value in one piece, and a function -----------------------------
  result<void> put(byte_view space, byte_view key, byte_view value) {
    const const_buffer whole{value.data(), value.size()};
    return put(space, key, buffer_list(&whole, 1));
  }
  // `see(const stored_record&)` returns void, or false to end.
  template <class See>
    requires std::is_invocable_v<See&, const stored_record&>
  result<void> load(byte_view space, See&& see) {
    function_visitor<std::remove_reference_t<See>> to(see);
    return load(space, static_cast<record_visitor&>(to));
  }
  template <class See>
    requires std::is_invocable_v<See&, const stored_record&>
  result<void> load_all(See&& see) {
    function_visitor<std::remove_reference_t<See>> to(see);
    return load_all(static_cast<record_visitor&>(to));
  }

 protected:
  store() = default;
  store(const store&) = delete;
  store& operator=(const store&) = delete;

 private:
  template <class See>
  class function_visitor final : public record_visitor {
   public:
    explicit function_visitor(See& see) noexcept : see_(see) {}
    bool visit(const stored_record& each) override {
      if constexpr (std::is_void_v<std::invoke_result_t<See&, const stored_record&>>) {
        see_(each);
        return true;
      } else {
        return see_(each);
      }
    }

   private:
    See& see_;
  };
};

// Whether one record may be stored at all; for implementations.
result<void> check_record(const store_limits& bounds, byte_view space, byte_view key,
                          std::size_t value_size);

}  // namespace parley
