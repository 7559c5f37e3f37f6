#include <algorithm>
#include <parley/codecs/resp/server/detail/client_filter.hpp>
#include <parley/codecs/resp/server/detail/words.hpp>

namespace parley::resp {

std::string shown_address(const peer& p, std::string_view server) {
  return p.from.is_local() ? std::string(server) : p.from.to_string();
}

std::string client_filter::read_type(std::string_view word) {
  if (is_word(word, "normal")) {
    type_ = client_type::normal;
  } else if (is_word(word, "pubsub")) {
    type_ = client_type::pubsub;
  } else if (is_word(word, "master")) {
    type_ = client_type::master;
  } else if (is_word(word, "replica") || is_word(word, "slave")) {
    type_ = client_type::replica;
  } else {
    return "ERR Unknown client type '" + for_error(word) + "'";
  }
  return {};
}

std::string client_filter::read_list_options(std::span<const std::string_view> words) {
  if (words.empty()) return {};
  if (words.size() == 2 && is_word(words[0], "type")) return read_type(words[1]);
  if (words.size() < 2 || !is_word(words[0], "id")) return "ERR syntax error";
  for (const std::string_view word : words.subspan(1)) {
    const auto id = to_integer(word);
    if (!id || *id < 1) return "ERR Invalid client ID";
    ids_.push_back(static_cast<std::uint64_t>(*id));
  }
  return {};
}

std::string client_filter::read_address(std::string_view address) {
  address_ = address;
  return {};
}

std::string client_filter::read_kill_options(std::span<const std::string_view> words,
                                             const user_list& users, const peer& asking) {
  if (words.size() % 2 != 0) return "ERR syntax error";
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (auto fault = read_option(words[i], words[i + 1], users); !fault.empty()) return fault;
  }
  if (skips_asking_) skipped_ = &asking;
  return {};
}

std::string client_filter::read_option(std::string_view option, std::string_view value,
                                       const user_list& users) {
  if (is_word(option, "id")) {
    const auto id = to_integer(value);
    if (!id || *id < 1) return "ERR client-id should be greater than 0";
    ids_.assign(1, static_cast<std::uint64_t>(*id));
  } else if (is_word(option, "type")) {
    return read_type(value);
  } else if (is_word(option, "addr")) {
    address_ = value;
  } else if (is_word(option, "laddr")) {
    // One address serves all clients here, and a client cannot know another one.
    matches_nothing_ = true;
  } else if (is_word(option, "user")) {
    if (!users.contains(value)) return "ERR No such user '" + for_error(value) + "'";
    user_ = value;
  } else if (is_word(option, "skipme")) {
    skips_asking_ = is_word(value, "yes");
    if (!skips_asking_ && !is_word(value, "no")) return "ERR syntax error";
  } else {
    return "ERR syntax error";
  }
  return {};
}

bool client_filter::matches(const peer& p) const {
  if (matches_nothing_ || &p == skipped_) return false;
  if (!ids_.empty() && std::ranges::find(ids_, p.id) == ids_.end()) return false;
  if (address_ && *address_ != shown_address(p, server_)) return false;
  if (user_ && *user_ != p.user->name) return false;
  if (!type_) return true;
  // Nobody is a master or a replica here.
  return *type_ == (p.subscriptions() > 0 ? client_type::pubsub : client_type::normal);
}

}  // namespace parley::resp
