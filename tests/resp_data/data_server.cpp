#include "resp_data/data_server.hpp"

#include <algorithm>
#include <cctype>

namespace parley::test {
namespace {

std::string small_letters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return small;
}

int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

}  // namespace

words split(std::string_view line) {
  words result;
  bool open = false;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ' && !quoted) {
      open = false;
      continue;
    }
    if (!open) result.emplace_back();
    open = true;
    if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == '\\' && i + 3 < line.size() && line[i + 1] == 'x') {
      result.back() += static_cast<char>(hex_digit(line[i + 2]) * 16 + hex_digit(line[i + 3]));
      i += 3;
    } else {
      result.back() += line[i];
    }
  }
  return result;
}

std::vector<resp::data_command> all_commands() {
  std::vector<resp::data_command> all;
  for (const auto family : {resp::string_commands(), resp::counter_commands(), resp::key_commands(),
                            resp::hash_commands(), resp::list_commands(), resp::set_commands(),
                            resp::sorted_set_commands()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

const resp::data_command* find_command(std::string_view name) {
  static const std::vector<resp::data_command> all = all_commands();
  const auto found = std::ranges::find(all, small_letters(name), &resp::data_command::name);
  return found == all.end() ? nullptr : &*found;
}

data_server::data_server(const resp::keyspace_limits& limits, resp::hash_seed seed)
    : shared_(seed, limits) {
  for (int i = 0; i < 4; ++i) databases_.emplace_back(shared_);
  shared_.databases = databases_;
  shared_.observer = this;
}

void data_server::list_grew(resp::keyspace&, std::string_view key) { grown.emplace_back(key); }

std::string data_server::run(const words& request) {
  send_buffer out;
  resp::reply_writer reply(out, protocol);
  const resp::data_command* const command = find_command(request.at(0));
  const auto count = static_cast<int>(request.size());
  if (command == nullptr) {
    reply.error("ERR unknown command");
  } else if (command->arity > 0 ? count != command->arity : count < -command->arity) {
    reply.error("ERR wrong number of arguments for '" + std::string(command->name) + "' command");
  } else {
    const std::vector<std::string_view> views(request.begin(), request.end());
    resp::command_context context{views, reply, databases_[selected_], now, wall};
    command->run(context);
  }
  std::string bytes;
  while (!out.empty()) {
    const auto piece = out.output()[0];
    bytes.append(static_cast<const char*>(piece.data), piece.size);
    out.consume(piece.size);
  }
  return bytes;
}

}  // namespace parley::test
