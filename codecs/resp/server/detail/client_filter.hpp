// Which clients CLIENT LIST and CLIENT KILL mean.
#pragma once

#include <cstdint>
#include <optional>
#include <parley/codecs/resp/server/peer.hpp>
#include <parley/codecs/resp/server/users.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::resp {

// Where a client comes from, for people; those of a Unix socket show the server's path.
std::string shown_address(const peer& p, std::string_view server);

// Read first, then asked for every client. The read_* functions return the error to
// reply with, or nothing. Words are borrowed.
class client_filter {
 public:
  // `server`: the address of the server, which must outlive the filter.
  explicit client_filter(std::string_view server) noexcept : server_(server) {}

  // [TYPE normal|master|replica|pubsub] or [ID id...]
  std::string read_list_options(std::span<const std::string_view> words);
  // The old form of CLIENT KILL: an address alone.
  std::string read_address(std::string_view address);
  // ID, ADDR, LADDR, TYPE, USER, SKIPME, each with its value.
  std::string read_kill_options(std::span<const std::string_view> words, const user_list& users,
                                const peer& asking);

  bool matches(const peer& p) const;

 private:
  enum class client_type : unsigned char { normal, master, replica, pubsub };

  std::string read_type(std::string_view word);
  std::string read_option(std::string_view option, std::string_view value, const user_list& users);

  std::string_view server_;
  std::vector<std::uint64_t> ids_;
  std::optional<client_type> type_;
  std::optional<std::string_view> address_;
  std::optional<std::string_view> user_;
  const peer* skipped_ = nullptr;
  bool skips_asking_ = true;
  bool matches_nothing_ = false;
};

}  // namespace parley::resp
