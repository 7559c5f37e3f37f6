// The engine with clients in memory: logins, channels, blocking commands, settings.
#include <gmock/gmock.h>

#include "resp_server/clients.hpp"

namespace parley::test {
namespace {

using resp::engine_config;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(resp_engine, says_what_it_does_not_know) {
  engine_world w;
  auto c = w.client();
  EXPECT_EQ(c->say("foo a b"),
            "-ERR unknown command 'foo', with args beginning with: 'a' 'b' \r\n");
  EXPECT_EQ(c->say("get"), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(c->say("config x"), "-ERR unknown subcommand 'x'. Try CONFIG HELP.\r\n");
  EXPECT_EQ(c->say("\"a\\r\\nb\""), "-ERR unknown command 'a  b', with args beginning with: \r\n")
      << "no forged lines";
  EXPECT_EQ(w.engine.stats().errors, 4u);
}

TEST(resp_engine, helps_where_it_says_so) {
  engine_world w;
  auto c = w.client();
  EXPECT_EQ(c->say("config help"),
            "*9\r\n+CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"
            "+GET\r\n+    See https://redis.io/commands/config-get\r\n"
            "+SET\r\n+    See https://redis.io/commands/config-set\r\n"
            "+RESETSTAT\r\n+    See https://redis.io/commands/config-resetstat\r\n"
            "+HELP\r\n+    Prints this help.\r\n");
  for (const char* command : {"client", "command", "pubsub"}) {
    EXPECT_THAT(c->say(std::string(command) + " Help"), HasSubstr("+    Prints this help.\r\n"));
  }
  EXPECT_EQ(c->say("config help x"),
            "-ERR wrong number of arguments for 'config|help' command\r\n");
}

// S126: a page that makes its browser send HTTP to this port reaches no command.
TEST(resp_engine, browsers_are_cut_off) {
  for (const std::string_view head : {"POST / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nhost: a\r\n"}) {
    engine_world w;
    auto page = w.client();
    EXPECT_THAT(page->say(std::string(head) + "\r\nSET k v"), ::testing::Not(HasSubstr("+OK")));
    EXPECT_EQ(w.client()->say("GET k"), "$-1\r\n");
  }
}

TEST(resp_engine, a_password_is_asked_for_and_remembered) {
  engine_world w({.password = "secret"});
  auto c = w.client();
  EXPECT_EQ(c->say("GET k"), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(c->say("PING"), "-NOAUTH Authentication required.\r\n");
  EXPECT_THAT(c->say("HELLO 3"), StartsWith("-NOAUTH HELLO must be called"));
  const std::string wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
  EXPECT_EQ(c->say("AUTH wrong"), wrong);
  EXPECT_EQ(c->say("AUTH nobody secret"), wrong);
  EXPECT_EQ(c->say("AUTH secret"), "+OK\r\n");
  EXPECT_EQ(c->say("GET k"), "$-1\r\n");
  EXPECT_EQ(c->say("RESET"), "+RESET\r\n");
  EXPECT_EQ(c->say("GET k"), "-NOAUTH Authentication required.\r\n");
  EXPECT_THAT(c->say("HELLO 3 AUTH default secret SETNAME me"), StartsWith("%7\r\n"));
  EXPECT_EQ(c->say("CLIENT GETNAME"), "$2\r\nme\r\n");
  EXPECT_EQ(w.client()->say("*11\r\n"),
            "-ERR Protocol error: unauthenticated multibulk length\r\n");
}

engine_config with_users() {
  engine_config config;
  config.users = {{.name = "ann", .password = secret("a"), .keys = {"ann:*"}, .channels = {"news"}},
                  {.name = "reader", .needs_password = false, .commands = {"get"}},
                  {.name = "gone", .password = secret("g"), .is_enabled = false}};
  return config;
}

TEST(resp_engine, users_may_do_what_they_may) {
  engine_world w(with_users());
  auto c = w.client();
  EXPECT_EQ(c->say("AUTH ann a"), "+OK\r\n");
  EXPECT_EQ(c->say("SET ann:1 x"), "+OK\r\n");
  const std::string no_key =
      "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
  EXPECT_EQ(c->say("SET bob:1 x"), no_key);
  EXPECT_EQ(c->say("MSET ann:1 x bob:1 y"), no_key);
  EXPECT_EQ(c->say("BLPOP ann:1 bob:1 0"), no_key);
  EXPECT_EQ(c->say("PUBLISH news x"), ":0\r\n");
  const std::string no_channel =
      "-NOPERM this user has no permissions to access one of the channels used as arguments\r\n";
  EXPECT_EQ(c->say("PUBLISH other x"), no_channel);
  EXPECT_EQ(c->say("SUBSCRIBE other"), no_channel);
  EXPECT_EQ(c->say("PSUBSCRIBE n*"), no_channel);
  EXPECT_EQ(c->say("AUTH reader whatever"), "+OK\r\n");
  EXPECT_EQ(c->say("GET k"), "$-1\r\n");
  EXPECT_EQ(c->say("SET k v"), "-NOPERM this user has no permissions to run the 'set' command\r\n");
  EXPECT_THAT(c->say("AUTH gone g"), StartsWith("-WRONGPASS"));
  EXPECT_EQ(c->say("GET k"), "$-1\r\n") << "a failed AUTH changes nothing";
}

TEST(resp_engine, too_many_clients) {
  engine_world w({.max_clients = 1});
  auto first = w.client();
  auto second = w.client();
  EXPECT_EQ(second->heard(), "-ERR max number of clients reached\r\n");
  EXPECT_TRUE(second->is_closed());
  EXPECT_EQ(first->say("PING"), "+PONG\r\n");
  first.reset();
  EXPECT_EQ(w.client()->say("PING"), "+PONG\r\n");
  EXPECT_EQ(w.engine.stats().rejected_connections, 1u);
}

TEST(resp_engine, messages_go_to_channels_and_patterns) {
  engine_world w;
  auto old = w.client();
  auto young = w.client();
  auto speaker = w.client();
  EXPECT_EQ(old->say("SUBSCRIBE news"), "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
  EXPECT_THAT(young->say("HELLO 3"), StartsWith("%7"));
  EXPECT_EQ(young->say("PSUBSCRIBE n?ws"), ">3\r\n$10\r\npsubscribe\r\n$4\r\nn?ws\r\n:1\r\n");
  EXPECT_EQ(speaker->say("PUBLISH news hi"), ":2\r\n");
  EXPECT_EQ(old->stirs, 1);
  EXPECT_EQ(old->heard(), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
  EXPECT_EQ(young->heard(), ">4\r\n$8\r\npmessage\r\n$4\r\nn?ws\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
  EXPECT_EQ(speaker->say("PUBSUB CHANNELS"), "*1\r\n$4\r\nnews\r\n");
  EXPECT_EQ(speaker->say("PUBSUB CHANNELS x*"), "*0\r\n");
  EXPECT_EQ(speaker->say("PUBSUB NUMSUB news x"), "*4\r\n$4\r\nnews\r\n:1\r\n$1\r\nx\r\n:0\r\n");
  EXPECT_EQ(speaker->say("PUBSUB NUMPAT"), ":1\r\n");
  old.reset();
  young.reset();
  EXPECT_EQ(speaker->say("PUBLISH news hi"), ":0\r\n");
  EXPECT_EQ(speaker->say("PUBSUB NUMPAT"), ":0\r\n");
}

TEST(resp_engine, resp2_subscribers_may_do_little_else) {
  engine_world w;
  auto c = w.client();
  (void)c->say("SUBSCRIBE a b");
  EXPECT_THAT(c->say("GET k"), StartsWith("-ERR Can't execute 'get': only (P|S)SUBSCRIBE / "));
  EXPECT_THAT(c->say("CONFIG GET x"), StartsWith("-ERR Can't execute 'config|get'"));
  EXPECT_EQ(c->say("PING"), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  EXPECT_EQ(c->say("UNSUBSCRIBE"),
            "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n"
            "*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n");
  EXPECT_EQ(c->say("UNSUBSCRIBE"), "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
  EXPECT_EQ(c->say("GET k"), "$-1\r\n");
}

TEST(resp_engine, a_broadcast_is_encoded_once_and_shared) {
  engine_world w;
  std::vector<std::unique_ptr<engine_client>> listeners;
  for (int i = 0; i < 100; ++i) {
    listeners.push_back(w.client());
    (void)listeners.back()->say("SUBSCRIBE news");
  }
  auto speaker = w.client();
  EXPECT_EQ(speaker->say("PUBLISH news " + std::string(1000, 'x')), ":100\r\n");
  const void* const shared = listeners[0]->machine.output()[0].data;
  for (const auto& one : listeners) EXPECT_EQ(one->machine.output()[0].data, shared);
}

TEST(resp_engine, the_first_to_wait_is_the_first_to_be_served) {
  engine_world w;
  auto a = w.client();
  auto b = w.client();
  auto c = w.client();
  EXPECT_EQ(a->say("BLPOP x q 0"), "");
  EXPECT_EQ(b->say("BRPOP q 0"), "");
  EXPECT_EQ(c->say("RPUSH q 1 2 3"), ":3\r\n") << "the length before others took theirs";
  EXPECT_EQ(a->heard(), "*2\r\n$1\r\nq\r\n$1\r\n1\r\n");
  EXPECT_EQ(b->heard(), "*2\r\n$1\r\nq\r\n$1\r\n3\r\n");
  EXPECT_EQ(c->say("LRANGE q 0 -1"), "*1\r\n$1\r\n2\r\n");
  EXPECT_EQ(a->stirs, 1);
  EXPECT_EQ(w.engine.waiting().size(), 0u);
}

TEST(resp_engine, waiting_ends_by_time_by_rename_by_swap_and_by_leaving) {
  engine_world w;
  auto a = w.client();
  auto c = w.client();
  EXPECT_EQ(a->say("BLPOP q 0.5\r\nPING"), "");
  w.advance(499ms);
  EXPECT_EQ(a->heard(), "");
  w.advance(1ms);
  EXPECT_EQ(a->heard(), "*-1\r\n+PONG\r\n") << "and what was sent behind it";
  EXPECT_EQ(w.engine.next_deadline(), std::nullopt);

  (void)a->say("BLPOP q 0");
  (void)c->say("RPUSH other 1");
  EXPECT_EQ(c->say("RENAME other q"), "+OK\r\n");
  EXPECT_EQ(a->heard(), "*2\r\n$1\r\nq\r\n$1\r\n1\r\n");

  (void)a->say("BLPOP q 0");
  (void)c->say("SELECT 1\r\nRPUSH q 2");
  EXPECT_EQ(a->heard(), "") << "another database";
  EXPECT_EQ(c->say("SWAPDB 0 1"), "+OK\r\n");
  EXPECT_EQ(a->heard(), "*2\r\n$1\r\nq\r\n$1\r\n2\r\n");

  (void)a->say("BLPOP q q 10");
  a.reset();
  EXPECT_EQ(w.engine.waiting().size(), 0u);
  EXPECT_EQ(w.engine.next_deadline(), std::nullopt);
}

TEST(resp_engine, blocking_commands_check_what_they_are_given) {
  engine_world w;
  auto c = w.client();
  EXPECT_EQ(c->say("BLPOP q x"), "-ERR timeout is not a float or out of range\r\n");
  EXPECT_EQ(c->say("BLPOP q -1"), "-ERR timeout is negative\r\n");
  (void)c->say("SET s v");
  EXPECT_EQ(c->say("BLPOP s 0"),
            "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
}

TEST(resp_engine, keys_end_by_the_deadline_without_being_asked_for) {
  engine_world w;
  auto c = w.client();
  (void)c->say("SET a 1 PX 10\r\nSELECT 3\r\nSET b 1 PX 20\r\nSET c 1");
  w.advance(15ms);
  EXPECT_EQ(w.engine.databases()[0].size(), 0u);
  EXPECT_EQ(w.engine.databases()[3].size(), 2u);
  w.advance(15ms);
  EXPECT_EQ(w.engine.databases()[3].size(), 1u);
  EXPECT_EQ(w.engine.next_deadline(), std::nullopt);
  EXPECT_EQ(w.engine.stats().expired_keys, 2u);
}

TEST(resp_engine, expiring_many_keys_is_done_in_pieces) {
  engine_world w;
  auto c = w.client();
  for (int i = 0; i < 1000; ++i) (void)c->say("SET k" + std::to_string(i) + " v PX 5");
  w.now += 10ms;
  w.engine.handle_timeout(w.now);
  EXPECT_GT(w.engine.databases()[0].size(), 0u);
  EXPECT_LE(*w.engine.next_deadline(), w.now) << "it says that it is not done";
  w.advance(0ms);
  EXPECT_EQ(w.engine.databases()[0].size(), 0u);
}

TEST(resp_engine, clients_are_listed_and_killed) {
  engine_world w;
  auto a = w.client();
  auto b = w.client();
  (void)b->say("CLIENT SETNAME bob\r\nSUBSCRIBE x");
  EXPECT_EQ(a->say("CLIENT ID"), ":1\r\n");
  const std::string list = a->say("CLIENT LIST");
  EXPECT_THAT(list, HasSubstr("id=2 addr=127.0.0.1:50002"));
  EXPECT_THAT(list, HasSubstr("name=bob"));
  EXPECT_THAT(list, HasSubstr("flags=P db=0 sub=1"));
  EXPECT_EQ(a->say("CLIENT KILL TYPE pubsub"), ":1\r\n");
  EXPECT_EQ(b->heard(), "");
  EXPECT_TRUE(b->is_closed());
  EXPECT_EQ(a->say("CLIENT KILL ID 1"), ":0\r\n") << "not itself, unless it says so";
  EXPECT_EQ(a->say("CLIENT KILL 127.0.0.1:1"), "-ERR No such client\r\n");
  EXPECT_EQ(a->say("CLIENT KILL ID 1 SKIPME no"), ":1\r\n");
  EXPECT_TRUE(a->is_closed());
  EXPECT_EQ(w.engine.clients(), 0u);
}

TEST(resp_engine, client_reply_off_and_skip) {
  engine_world w;
  auto c = w.client();
  EXPECT_EQ(c->say("PING\r\nCLIENT REPLY SKIP\r\nPING\r\nECHO a"), "+PONG\r\n$1\r\na\r\n");
  EXPECT_EQ(c->say("CLIENT REPLY OFF\r\nPING\r\nSET k v\r\nfoo\r\nCLIENT REPLY SKIP\r\nPING"), "");
  EXPECT_EQ(c->say("CLIENT REPLY ON\r\nGET k"), "+OK\r\n$1\r\nv\r\n");
}

TEST(resp_engine, client_unblock) {
  engine_world w;
  auto a = w.client();
  auto b = w.client();
  (void)a->say("BLPOP q 0");
  EXPECT_EQ(b->say("CLIENT UNBLOCK 1"), ":1\r\n");
  EXPECT_EQ(a->heard(), "*-1\r\n");
  (void)a->say("BLPOP q 0");
  EXPECT_EQ(b->say("CLIENT UNBLOCK 1 ERROR"), ":1\r\n");
  EXPECT_EQ(a->heard(), "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
  EXPECT_EQ(b->say("CLIENT UNBLOCK 1"), ":0\r\n");
  EXPECT_EQ(b->say("CLIENT UNBLOCK 77"), ":0\r\n");
}

TEST(resp_engine, settings_are_shown_and_changed) {
  engine_world w;
  auto c = w.client();
  EXPECT_EQ(c->say("CONFIG GET SAVE append?nly"),
            "*4\r\n$10\r\nappendonly\r\n$2\r\nno\r\n$4\r\nsave\r\n$0\r\n\r\n");
  EXPECT_EQ(c->say("CONFIG SET timeout 7 maxclients 5"), "+OK\r\n");
  EXPECT_EQ(w.engine.limits().idle_timeout, 7s);
  EXPECT_EQ(
      c->say("CONFIG SET timeout 9 maxclients x"),
      "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - argument couldn't "
      "be parsed into an integer\r\n");
  EXPECT_EQ(w.engine.limits().idle_timeout, 7s) << "all or nothing";
  EXPECT_THAT(c->say("CONFIG SET databases 4"), HasSubstr("can't set immutable config"));
  EXPECT_EQ(c->say("CONFIG SET databases 16 appendonly no"), "+OK\r\n");
  EXPECT_EQ(c->say("CONFIG SET requirepass new"), "+OK\r\n");
  auto d = w.client();
  EXPECT_EQ(d->say("PING"), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(d->say("AUTH new"), "+OK\r\n");
}

TEST(resp_engine, quit_answers_and_ends) {
  engine_world w;
  auto c = w.client();
  EXPECT_EQ(c->say("QUIT\r\nPING"), "+OK\r\n");
  EXPECT_TRUE(c->is_closed());
}

TEST(resp_engine, commands_are_found_in_any_case_and_nothing_else_is) {
  engine_world w;
  const auto& index = w.engine.commands();
  for (const auto& one : index.all()) {
    const std::string name(one.about->name);
    EXPECT_EQ(index.find(name), &one) << name << " is there twice";
    std::string other = name;
    for (char& letter : other) letter = static_cast<char>(letter ^ 0x20);
    EXPECT_EQ(index.find(other), &one);
    EXPECT_EQ(index.find(name + " "), nullptr);
    EXPECT_EQ(index.find(name + std::string(1, '\0')), nullptr);
    EXPECT_EQ(index.find(name.substr(1)) == &one, false);
  }
  EXPECT_EQ(index.find(""), nullptr);
  EXPECT_EQ(index.find("averyveryverylongname"), nullptr);
}

}  // namespace
}  // namespace parley::test
