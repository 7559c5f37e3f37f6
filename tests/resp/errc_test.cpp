// Server errors by what to do about them (S157, S162).
#include <gtest/gtest.h>

#include <set>

#include <parley/codecs/resp/errc.hpp>

namespace parley::test {
namespace {

using resp::classify;
using resp::errc;

struct sample {
  std::string_view text;
  errc code;
  error_class kind;
};

class RespClassify : public testing::TestWithParam<sample> {};

TEST_P(RespClassify, ByItsText) {
  const error e = classify(GetParam().text);
  EXPECT_EQ(e, GetParam().code) << e.to_string();
  EXPECT_EQ(e.kind(), GetParam().kind);
  EXPECT_EQ(e.message(), GetParam().text);
}

// As redis-server words them.
constexpr sample samples[]{
    {"LOADING Redis is loading the dataset in memory", errc::loading, error_class::transient},
    {"BUSY Redis is busy running a script.", errc::busy, error_class::transient},
    {"TRYAGAIN Multiple keys request during rehashing of slot", errc::try_again,
     error_class::transient},
    {"CLUSTERDOWN Hash slot not served", errc::cluster_down, error_class::transient},
    {"MASTERDOWN Link with MASTER is down", errc::master_down, error_class::transient},
    {"READONLY You can't write against a read only replica.", errc::read_only,
     error_class::transient},
    {"NOREPLICAS Not enough good replicas to write.", errc::no_replicas, error_class::transient},
    {"ERR max number of clients reached", errc::max_clients, error_class::transient},
    {"ERR max number of clients + cluster connections reached", errc::max_clients,
     error_class::transient},
    {"NOAUTH Authentication required.", errc::no_auth, error_class::authentication},
    {"WRONGPASS invalid username-password pair or user is disabled.", errc::wrong_password,
     error_class::authentication},
    {"ERR invalid password", errc::wrong_password, error_class::authentication},
    {"NOPERM this user has no permissions to run the 'get' command", errc::no_permission,
     error_class::authentication},
    {"ERR Client sent AUTH, but no password is set", errc::password_unused,
     error_class::configuration},
    {"ERR AUTH <password> called without any password configured for the default user. Are you "
     "sure your configuration is correct?",
     errc::password_unused, error_class::configuration},
    {"DENIED Redis is running in protected mode", errc::protected_mode, error_class::configuration},
    {"ERR DB index is out of range", errc::bad_database, error_class::configuration},
    {"NOPROTO unsupported protocol version", errc::no_protocol, error_class::reply},
    {"MOVED 3999 127.0.0.1:6381", errc::moved, error_class::reply},
    {"ASK 3999 127.0.0.1:6381", errc::ask, error_class::reply},
    {"CROSSSLOT Keys in request don't hash to the same slot", errc::cross_slot, error_class::reply},
    {"WRONGTYPE Operation against a key holding the wrong kind of value", errc::wrong_type,
     error_class::reply},
    {"EXECABORT Transaction discarded because of previous errors.", errc::exec_abort,
     error_class::reply},
    {"NOSCRIPT No matching script.", errc::no_script, error_class::reply},
    {"BUSYGROUP Consumer Group name already exists", errc::busy_group, error_class::reply},
    {"NOGROUP No such key 's' or consumer group 'g'", errc::no_group, error_class::reply},
    {"OOM command not allowed when used memory > 'maxmemory'.", errc::server_memory,
     error_class::reply},
    {"MISCONF Redis is configured to save RDB snapshots", errc::misconfigured, error_class::reply},
    {"ERR unknown command 'FOO', with args beginning with: ", errc::unknown_command,
     error_class::reply},
    {"ERR syntax error", errc::server_error, error_class::reply},
    {"MYERROR from a script", errc::server_error, error_class::reply},
    {"BUSYBODY is another word", errc::server_error, error_class::reply},
    {"LOADING", errc::loading, error_class::transient},
    {"", errc::server_error, error_class::reply},
};

INSTANTIATE_TEST_SUITE_P(Resp, RespClassify, testing::ValuesIn(samples));

TEST(RespErrc, EachHasItsOwnDescription) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(errc::server_error); ++i) {
    const error_info& info = describe(static_cast<errc>(i));
    EXPECT_EQ(info.domain, "resp");
    EXPECT_FALSE(info.text.empty());
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
  }
}

// What a person has to do is said wherever there is something to do.
TEST(RespErrc, TransientAndAuthenticationErrorsHaveHints) {
  for (int i = 0; i <= static_cast<int>(errc::server_error); ++i) {
    const error_info& info = describe(static_cast<errc>(i));
    if (info.kind == error_class::reply) continue;
    EXPECT_FALSE(info.hint.empty()) << info.name;
  }
  EXPECT_NE(classify("NOPERM x").hint().find("ACL SETUSER"), std::string_view::npos);
}

// The table is in the order of the enumeration.
TEST(RespErrc, NamesFit) {
  EXPECT_EQ(describe(errc::bad_type).name, "bad_type");
  EXPECT_EQ(describe(errc::misplaced).name, "misplaced");
  EXPECT_EQ(describe(errc::reply_too_large).name, "reply_too_large");
  EXPECT_EQ(describe(errc::no_auth).name, "no_auth");
  EXPECT_EQ(describe(errc::bad_database).name, "bad_database");
  EXPECT_EQ(describe(errc::server_error).name, "server_error");
}

}  // namespace
}  // namespace parley::test
