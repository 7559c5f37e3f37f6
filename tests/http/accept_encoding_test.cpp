// Names of codings, and which one a client wants (RFC 9110 sections 8.4.1 and 12.5.3).
#include <gtest/gtest.h>

#include <parley/codecs/http/content_coding.hpp>

namespace parley::test {
namespace {

using http::coding;

TEST(accept_encoding, names_are_read_in_any_case) {
  EXPECT_EQ(http::parse_coding("gzip"), coding::gzip);
  EXPECT_EQ(http::parse_coding("GZip"), coding::gzip);
  EXPECT_EQ(http::parse_coding("x-gzip"), coding::gzip);
  EXPECT_EQ(http::parse_coding("Deflate"), coding::deflate);
  EXPECT_EQ(http::parse_coding("IDENTITY"), coding::identity);
  for (const char* other : {"", "gzi", "gzip ", "gzipp", "br", "compress", "*", "gzip, deflate"}) {
    EXPECT_FALSE(http::parse_coding(other)) << other;
  }
  for (const coding c : {coding::identity, coding::gzip, coding::deflate}) {
    EXPECT_EQ(http::parse_coding(http::to_string(c)), c);
  }
}

TEST(accept_encoding, the_highest_weight_is_chosen) {
  const std::pair<std::string_view, coding> cases[] = {
      {"", coding::identity},
      {"gzip", coding::gzip},
      {"deflate", coding::deflate},
      {"deflate, gzip", coding::gzip},
      {"gzip, deflate, br, zstd", coding::gzip},
      {"br", coding::identity},
      {"*", coding::gzip},
      {"gzip;q=0, *", coding::deflate},
      {"gzip;q=0.5, deflate", coding::deflate},
      {"gzip;q=0.5, deflate;q=0.501", coding::deflate},
      {"gzip;q=0.5, deflate;q=0.5", coding::gzip},
      {"gzip;q=0", coding::identity},
      {"gzip;q=0.000, deflate;q=0.001", coding::deflate},
      {"identity, gzip;q=0.5", coding::identity},
      {"identity;q=0.5, gzip;q=1.0", coding::gzip},
      {"identity;q=0, gzip;q=0.1", coding::gzip},
      {"identity;q=0, *;q=0.1", coding::gzip},
      {"*;q=0, deflate", coding::deflate},
      {"*;q=0", coding::identity},
      {"identity;q=0", coding::identity},
      {"GZIP ;\tQ=1.000 ,", coding::gzip},
      {"X-Gzip", coding::gzip},
      {" , ,, gzip,", coding::gzip},
      {"gzip, x-gzip;q=0", coding::identity},
      {"compress;q=0.5, gzip;q=1.0", coding::gzip},
      {"gzip;q=1., deflate;q=0.", coding::gzip},
  };
  for (const auto& [field, wanted] : cases) EXPECT_EQ(http::choose_coding(field), wanted) << field;
}

TEST(accept_encoding, what_is_malformed_gets_the_body_as_it_is) {
  for (const char* field :
       {"gzip;q=1.1", "gzip;q=2", "gzip;q=-1", "gzip;q=0.1234", "gzip;q=.5", "gzip;q=", "gzip;",
        "gzip;x=1", "gzip;q=1;q=1", "gzip deflate", "gzip;q = 1", "gzip;q=1.001", "gzip;q=00.1",
        ";q=1", "gzip, \"", "gzip;q=0,1, a b", "gzip\xc3\xa4", "gzip;q=a", "gzip;q=1a"}) {
    EXPECT_EQ(http::choose_coding(field), coding::identity) << field;
  }
}

}  // namespace
}  // namespace parley::test
