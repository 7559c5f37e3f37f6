#include "resp_data/twin.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <stdexcept>

namespace parley::test {
namespace {

std::string name_of(const words& request) {
  const auto* const command = find_command(request[0]);
  return command == nullptr ? "" : std::string(command->name);
}

bool is_unordered(std::string_view name) {
  static const std::set<std::string_view> names{"keys",     "hkeys",  "hvals",  "hgetall",
                                                "smembers", "sinter", "sunion", "sdiff"};
  return names.contains(name);
}
bool is_random(std::string_view name) {
  static const std::set<std::string_view> names{"spop", "srandmember", "hrandfield", "zrandmember",
                                                "randomkey"};
  return names.contains(name);
}
// How far two clocks may be apart in what the command says.
long long tolerance(std::string_view name) {
  if (name == "ttl" || name == "expiretime") return 1;
  if (name == "pttl" || name == "pexpiretime") return 2000;
  return 0;
}

std::string encode(const words& request) {
  std::string bytes = "*" + std::to_string(request.size()) + "\r\n";
  for (const std::string& word : request) {
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return bytes;
}

std::string report(const words& request, const std::string& ours, const std::string& real) {
  std::string line;
  for (const std::string& word : request) line += (line.empty() ? "" : " ") + word;
  return "[" + line + "]\nours: " + ours.substr(0, 800) + "\nreal: " + real.substr(0, 800);
}

}  // namespace

// ---- the connection

raw_client::raw_client(const std::string& socket_path)
    : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error("connect: " + socket_path);
  }
}

raw_client::~raw_client() { ::close(fd_); }

std::string raw_client::ask(const words& request) {
  const std::string bytes = encode(request);
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) throw std::runtime_error("the server does not read");
    sent += static_cast<std::size_t>(n);
  }
  while (true) {
    reply_tree tree;
    std::size_t end = 0;
    if (read_reply(buffer_, end, tree)) {
      const std::string reply = buffer_.substr(0, end);
      buffer_.erase(0, end);
      return reply;
    }
    char room[65536];
    const ssize_t n = ::recv(fd_, room, sizeof room, 0);
    if (n <= 0) throw std::runtime_error("the server has hung up");
    buffer_.append(room, static_cast<std::size_t>(n));
  }
}

// ---- both

twin::twin() : server_({"--databases", "4"}), real_(server_.socket_path()) {}

void twin::begin(resp::version version) {
  real_.ask({"HELLO", version == resp::version::resp3 ? "3" : "2"});
  real_.ask({"FLUSHALL"});
  ours_ = std::make_unique<data_server>();
  ours_->protocol = version;
}

std::string twin::check(const words& request) {
  ours_->use_real_clocks();
  const std::string real = real_.ask(request);
  const std::string ours = ours_->run(request);
  if (is_random(name_of(request))) return compare_random(request, ours, real);
  return compare(request, ours, real);
}

std::string twin::compare(const words& request, const std::string& ours, const std::string& real) {
  if (ours == real) return {};
  const std::string name = name_of(request);
  if (ours.empty()) return report(request, ours, real);
  reply_tree a = parse_reply(ours);
  reply_tree b = parse_reply(real);
  if (const long long most = tolerance(name); most != 0 && a.type == ':' && b.type == ':') {
    const long long first = std::stoll(a.text);
    const long long second = std::stoll(b.text);
    if (first >= 0 && second >= 0 && std::llabs(first - second) <= most) return {};
  }
  if (is_unordered(name) && sorted(a, name == "hgetall") == sorted(b, name == "hgetall")) return {};
  // The cursor says nothing; small collections come at once on both sides.
  if (name.ends_with("scan") && a.children.size() == 2 && b.children.size() == 2) {
    const bool pairs = name == "hscan" || name == "zscan";
    if (sorted(a.children[1], pairs) == sorted(b.children[1], pairs)) return {};
  }
  return report(request, ours, real);
}

// ---- commands with random answers

std::string twin::compare_random(const words& request, const std::string& ours,
                                 const std::string& real) {
  const reply_tree a = parse_reply(ours);
  const reply_tree b = parse_reply(real);
  if (a.type == '-' || b.type == '-') return compare(request, ours, real);
  if (a.type != b.type || a.null != b.null || a.children.size() != b.children.size()) {
    return report(request, ours, real);
  }
  if (name_of(request) == "spop") {
    // What was drawn is no member any more, but is one of the real set or was drawn there.
    replay_pop(request, ours, real);
    return check({"SMEMBERS", request[1]});
  }
  const bool flat_pairs = request.size() == 4 && ours_->protocol == resp::version::resp2;
  std::vector<reply_tree> elements = a.children.empty() ? std::vector{a} : a.children;
  if (elements[0].null || (a.children.empty() && a.type == '*')) return {};
  for (std::size_t i = 0; i < elements.size(); i += flat_pairs ? 2 : 1) {
    if (!holds(request, elements[i])) return report(request, ours, real);
  }
  return {};
}

bool twin::holds(const words& request, const reply_tree& element) {
  const std::string name = name_of(request);
  const std::string& member = element.children.empty() ? element.text : element.children[0].text;
  if (name == "randomkey") return ours_->run({"EXISTS", member}) == ":1\r\n";
  if (name == "srandmember") return ours_->run({"SISMEMBER", request[1], member}) == ":1\r\n";
  if (name == "hrandfield") return ours_->run({"HEXISTS", request[1], member}) == ":1\r\n";
  return ours_->run({"ZRANK", request[1], member})[0] == ':';
}

// The real one drew other members: they go back, and ours come out.
void twin::replay_pop(const words& request, const std::string& ours, const std::string& real) {
  const auto members = [&](const std::string& reply, std::string_view command) {
    const reply_tree tree = parse_reply(reply);
    words made{std::string(command), request[1]};
    for (const reply_tree& one : tree.children) made.push_back(one.text);
    if (tree.type == '$' && !tree.null) made.push_back(tree.text);
    return made;
  };
  const words back = members(real, "SADD");
  const words out = members(ours, "SREM");
  if (back.size() > 2) real_.ask(back);
  if (out.size() > 2) real_.ask(out);
}

// ---- contents

std::string twin::check_contents() {
  if (const std::string wrong = check("KEYS *"); !wrong.empty()) return wrong;
  for (const reply_tree& key : parse_reply(real_.ask({"KEYS", "*"})).children) {
    const std::string type = parse_reply(real_.ask({"TYPE", key.text})).text;
    words dump{"GET", key.text};
    if (type == "hash") dump[0] = "HGETALL";
    if (type == "set") dump[0] = "SMEMBERS";
    if (type == "list") dump = {"LRANGE", key.text, "0", "-1"};
    if (type == "zset") dump = {"ZRANGE", key.text, "0", "-1", "WITHSCORES"};
    for (const words& one : {words{"TYPE", key.text}, words{"PTTL", key.text}, dump}) {
      if (const std::string wrong = check(one); !wrong.empty()) return wrong;
    }
  }
  return {};
}

}  // namespace parley::test
