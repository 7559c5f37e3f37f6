#include "resp_data/random_commands.hpp"

#include <array>
#include <vector>

namespace parley::test {
namespace {

// {x} is filled in, [..] is left out half of the time, [a|b|..] chooses one. Keys: {ks} strings,
// {kh} hashes, {kl} lists, {kt} sets, {kz} sorted sets, and {kx} those whose scores are all the
// same: ranges by bytes mean nothing on others.
constexpr auto patterns = std::to_array<std::string_view>({
    "SET {ks} {v} [NX|XX] [GET] [EX_{sec}|PX_{ms}|EXAT_{date}|PXAT_{date}123|KEEPTTL]",
    "SET {ks} {v} [EX_{sec}|PX_{ms}|KEEPTTL] [GET] [NX|XX]",
    "SET {ks} {v}",
    "SETNX {ks} {v}",
    "SETEX {ks} {sec} {v}",
    "PSETEX {ks} {ms} {v}",
    "GET {ks}",
    "GETDEL {ks}",
    "GETSET {ks} {v}",
    "GETEX {ks} [EX_{sec}|PX_{ms}|EXAT_{date}|PERSIST]",
    "MGET {ks} {ks} {k}",
    "MSET {ks} {v} {ks} {v}",
    "MSETNX {ks} {v} {ks} {v}",
    "APPEND {ks} {v}",
    "STRLEN {ks}",
    "GETRANGE {ks} {i} {i}",
    "SETRANGE {ks} {small} {v}",
    "INCR {kn}",
    "DECR {kn}",
    "INCRBY {kn} {n}",
    "DECRBY {kn} {n}",
    "INCRBYFLOAT {kn} {f}",
    "DEL {k} {k}",
    "UNLINK {k}",
    "EXISTS {k} {k} {k}",
    "TOUCH {k} {k}",
    "TYPE {k}",
    "EXPIRE {k} {sec} [NX|XX]",
    "PEXPIRE {k} {ms} [NX|XX]",
    "EXPIREAT {k} {date} [NX|XX|GT|LT]",
    "PEXPIREAT {k} {date}456 [NX|XX|GT|LT]",
    "EXPIRE {k} {n}",
    "TTL {k}",
    "PTTL {k}",
    "EXPIRETIME {k}",
    "PERSIST {k}",
    "RENAME {k} {k}",
    "RENAMENX {k} {k}",
    "COPY {k} {k} [REPLACE]",
    "MOVE {k} 1",
    "KEYS [*|k*|s?|[a-z]1]",
    "SCAN 0 COUNT 1000 [MATCH_s*] [TYPE_hash|TYPE_zset|TYPE_string]",
    "DBSIZE",
    "RANDOMKEY",
    "HSET {kh} {m} {v} {m} {v}",
    "HSET {kh} {m} {v}",
    "HMSET {kh} {m} {v}",
    "HSETNX {kh} {m} {v}",
    "HGET {kh} {m}",
    "HMGET {kh} {m} {m} {m}",
    "HGETALL {kh}",
    "HDEL {kh} {m} {m}",
    "HLEN {kh}",
    "HEXISTS {kh} {m}",
    "HKEYS {kh}",
    "HVALS {kh}",
    "HINCRBY {kh} {num} {n}",
    "HINCRBYFLOAT {kh} {num} {f}",
    "HSTRLEN {kh} {m}",
    "HSCAN {kh} 0 [MATCH_m*] [COUNT_5]",
    "HRANDFIELD {kh} [{cnt}|{cnt}_WITHVALUES]",
    "LPUSH {kl} {v} {v} {v}",
    "RPUSH {kl} {v} {v}",
    "LPUSHX {kl} {v}",
    "RPUSHX {kl} {v}",
    "LPOP {kl} [{cnt}]",
    "RPOP {kl} [{cnt}]",
    "LRANGE {kl} {i} {i}",
    "LLEN {kl}",
    "LTRIM {kl} {i} {i}",
    "LINDEX {kl} {i}",
    "LSET {kl} {i} {v}",
    "LREM {kl} {i} {v}",
    "LINSERT {kl} [BEFORE|AFTER|before] {v} {v}",
    "LPOS {kl} {v} [RANK_{i}] [COUNT_{small}] [MAXLEN_{small}]",
    "RPOPLPUSH {kl} {kl}",
    "LMOVE {kl} {kl} [LEFT|RIGHT] [LEFT|RIGHT]",
    "SADD {kt} {m} {m} {m}",
    "SADD {kt} {n} {n}",
    "SREM {kt} {m} {m}",
    "SMEMBERS {kt}",
    "SCARD {kt}",
    "SISMEMBER {kt} {m}",
    "SMISMEMBER {kt} {m} {m}",
    "SPOP {kt} [{cnt}]",
    "SRANDMEMBER {kt} [{cnt}]",
    "SMOVE {kt} {kt} {m}",
    "SUNION {kt} {kt}",
    "SINTER {kt} {kt}",
    "SDIFF {kt} {kt} {kt}",
    "SUNIONSTORE {kt} {kt} {kt}",
    "SINTERSTORE {kt} {kt} {kt}",
    "SDIFFSTORE {kt} {kt} {kt}",
    "SINTERCARD 2 {kt} {kt} [LIMIT_{small}]",
    "SSCAN {kt} 0 COUNT 1000 [MATCH_m*]",
    "ZADD {kz} [NX|XX] [GT|LT] [CH] {f} {m} {f} {m}",
    "ZADD {kz} {n} {m} {n} {m} {n} {m}",
    "ZADD {kz} [NX|XX|GT|LT] [CH] INCR {f} {m}",
    "ZREM {kz} {m} {m}",
    "ZCARD {kz}",
    "ZSCORE {kz} {m}",
    "ZMSCORE {kz} {m} {m}",
    "ZINCRBY {kz} {f} {m}",
    "ZRANGE {kz} {i} {i} [REV] [WITHSCORES]",
    "ZRANGE {kz} {b} {b} BYSCORE [REV] [LIMIT_{i}_{i}] [WITHSCORES]",
    "ZADD {kx} 0 {m} 0 {m}",
    "ZREM {kx} {m} {m}",
    "ZRANGE {kx} {x} {x} BYLEX [REV] [LIMIT_{small}_{i}]",
    "ZLEXCOUNT {kx} {x} {x}",
    "ZREMRANGEBYLEX {kx} {x} {x}",
    "ZRANGEBYSCORE {kz} {b} {b} [WITHSCORES] [LIMIT_{small}_{i}]",
    "ZREVRANGEBYSCORE {kz} {b} {b} [WITHSCORES] [LIMIT_{small}_{i}]",
    "ZREVRANGE {kz} {i} {i} [WITHSCORES]",
    "ZRANK {kz} {m}",
    "ZREVRANK {kz} {m}",
    "ZCOUNT {kz} {b} {b}",
    "ZPOPMIN {kz} [{cnt}]",
    "ZPOPMAX {kz} [{cnt}]",
    "ZREMRANGEBYRANK {kz} {i} {i}",
    "ZREMRANGEBYSCORE {kz} {b} {b}",
    "ZSCAN {kz} 0 [MATCH_m*]",
    "ZRANDMEMBER {kz} [{cnt}|{cnt}_WITHSCORES]",
});

using choices = std::vector<std::string_view>;

// The alternatives of "a|b|c".
choices alternatives(std::string_view text) {
  choices all;
  while (true) {
    const std::size_t bar = text.find('|');
    all.push_back(text.substr(0, bar));
    if (bar == text.npos) return all;
    text.remove_prefix(bar + 1);
  }
}

const choices& values_of(std::string_view name) {
  static const choices values{"a", "b", "hello", "12", "", "3.5", "a longer value than fifteen"};
  static const choices floats{"1", "-2", "0.5", "3.1", "-1.25", "1e3", "100000", "7", "inf", "x"};
  static const choices bounds{"-inf", "+inf", "(1", "1", "3.1", "(-2", "100", "(0.5", "x"};
  static const choices lex{"-", "+", "[m2", "(m3", "[m1", "(m5", "["};
  static const choices counts{"0", "1", "2", "3", "-2", "-1", "100", "x"};
  static const choices indices{"0", "1", "2", "-1", "-2", "5", "-5", "100", "-100"};
  static const choices small{"0", "1", "2", "3", "20"};
  static const choices seconds{"100", "1000", "5000", "77777"};
  static const choices milliseconds{"100000", "5000000", "77777777"};
  static const choices dates{"33177117420", "33177117421", "33177117422"};
  static const choices integers{"1", "-1", "5", "100", "0", "-50", "9223372036854775807", "1.5"};
  static const choices numbers{"n1", "n2", "m1"};
  static const choices all_keys{"s1", "s2", "n1", "h1", "h2", "l1", "l2", "t1", "t2", "z1", "z2"};
  if (name == "v") return values;
  if (name == "f") return floats;
  if (name == "b") return bounds;
  if (name == "x") return lex;
  if (name == "cnt") return counts;
  if (name == "i") return indices;
  if (name == "small") return small;
  if (name == "sec") return seconds;
  if (name == "ms") return milliseconds;
  if (name == "date") return dates;
  if (name == "n") return integers;
  if (name == "num") return numbers;
  return all_keys;
}

}  // namespace

std::string random_commands::fill(std::string_view name) {
  if (name == "m") return "m" + std::to_string(random_.below(12));
  if (name.size() == 2 && name[0] == 'k' && (name == "kx" || !chance(12))) {
    return name[1] + std::to_string(1 + random_.below(3));
  }
  const choices& from = values_of(name);
  return std::string(from[random_.below(from.size())]);
}

// One word without brackets: its places are filled, and '_' separates words.
void random_commands::expand_word(std::string_view word, words& into) {
  into.emplace_back();
  while (!word.empty()) {
    if (word[0] == '_') {
      into.emplace_back();
      word.remove_prefix(1);
    } else if (word[0] == '{') {
      const std::size_t end = word.find('}');
      into.back() += fill(word.substr(1, end - 1));
      word.remove_prefix(end + 1);
    } else {
      into.back() += word[0];
      word.remove_prefix(1);
    }
  }
}

void random_commands::expand(std::string_view pattern, words& into) {
  while (!pattern.empty()) {
    const std::size_t end = std::min(pattern.find(' '), pattern.size());
    std::string_view word = pattern.substr(0, end);
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
    if (word[0] != '[') {
      expand_word(word, into);
      continue;
    }
    const choices all = alternatives(word.substr(1, word.size() - 2));
    // Some of what stands in brackets is no option; without it the arity is wrong, which
    // is to agree as well.
    if (chance(2)) expand_word(all[random_.below(all.size())], into);
  }
}

words random_commands::next() {
  words request;
  expand(patterns[random_.below(patterns.size())], request);
  return request;
}

}  // namespace parley::test
