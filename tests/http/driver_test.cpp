// The program that foreign test suites drive, on our own vectors.
#include <gmock/gmock.h>

#include <parley/codecs/json/json.hpp>

#include "support/http_log.hpp"
#include "support/http_messages.hpp"
#include "support/temporary_folder.hpp"
#include "support/vectors.hpp"

namespace parley::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the driver answers, line by line.
std::vector<std::string> answers(const std::string& lines, const std::string& options = "") {
  const temporary_folder folder;
  const std::string program = std::string(PARLEY_BINARY_DIR) + "/conformance/http_driver";
  const std::string output = folder / "output";
  const std::string command =
      program + " " + options + " <" + folder.write("input", lines) + " >" + output;
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::vector<std::string> all;
  std::ifstream file(output);
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}

std::string question(std::size_t id, const http_stream& stream, std::string_view input,
                     std::size_t chunk) {
  const value v =
      fields("id", id, "role", stream.sender == http::role::request ? "request" : "response",
             "chunk", chunk, "input", value::from_bytes(as_bytes(input)));
  return *json::to_text(v, {.bytes = json::bytes_form::base64}) + "\n";
}

value expected_answer(std::size_t id, const http_reading& reading) {
  const auto pairs = [](const http_fields& fields) {
    value list = array();
    for (const auto& [name, content] : fields) list.push(array(name, content));
    return list;
  };
  value messages = array();
  for (const http_message& m : reading.messages) {
    value v =
        m.status != 0 ? fields("status", m.status) : fields("method", m.method, "target", m.target);
    v.set("headers", pairs(m.headers)).set("trailers", pairs(m.trailers));
    v.set("body", value::from_bytes(as_bytes(m.body))).set("complete", m.complete);
    messages.push(std::move(v));
  }
  const value all = fields("id", id, "messages", std::move(messages), "error",
                           reading.failed ? value(reading.error) : value());
  return *json::parse(*json::to_text(all, {.bytes = json::bytes_form::base64}));
}

// Vectors that ask for nothing the driver cannot be told, and whose text JSON can show.
bool is_plain(const vector_case& v) {
  const std::string_view options = v.block("options");
  return (options.empty() || options == "role response\n") &&
         v.block("log").find("\\x") == std::string_view::npos;
}

TEST(http_driver, says_what_the_decoder_says_whatever_the_pieces) {
  std::string lines;
  std::vector<value> expected;
  for (const vector_case& v : load_vectors("http")) {
    if (!is_plain(v)) continue;
    const http_stream stream = parse_http_options(v.block("options"));
    const std::string input = unescape(v.block("bytes"));
    for (const std::size_t chunk : {0U, 1U, 7U}) {
      lines += question(expected.size(), stream, input, chunk);
      expected.push_back(expected_answer(expected.size(), read_http(stream, {}, input)));
    }
  }
  const std::vector<std::string> all = answers(lines);
  ASSERT_GT(expected.size(), 1000U);
  ASSERT_EQ(all.size(), expected.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(json::parse(all[i]).value(), expected[i]) << all[i];
  }
}

TEST(http_driver, writes_lines_like_these) {
  const http_stream requests;
  const http_stream responses{.sender = http::role::response};
  EXPECT_THAT(
      answers(
          question(1, requests, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", 0) +
          "\n" + question(2, requests, "GET / HTTP/1.1\r\n\r\n", 3) +
          question(3, responses, "HTTP/1.1 200 OK\r\nX: \xc3\xa9\xe9\xff\r\n\r\n\x01", 1) +
          question(4, requests, "GET / HTTP/1.1\r\nHost", 0) +
          question(5, responses, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 0)),
      ElementsAre(
          R"({"id":1,"messages":[{"method":"POST","target":"/x","headers":[["Host","a"],)"
          R"(["Content-Length","2"]],"trailers":[],"body":"aGk=","complete":true}],"error":null})",
          R"({"id":2,"messages":[],"error":"missing_host"})",
          "{\"id\":3,\"messages\":[{\"status\":200,\"headers\":[[\"X\","
          "\"\xc3\xa9\xc3\xa9\xc3\xbf\"]],\"trailers\":[],\"body\":\"AQ==\",\"complete\":true}],"
          "\"error\":null}",
          R"({"id":4,"messages":[],"error":null})",
          R"({"id":5,"messages":[{"status":200,"headers":[["Content-Length","9"]],"trailers":[],)"
          R"("body":"","complete":false}],"error":null})"));
}

// Older vectors lack the field.
TEST(http_driver, may_be_told_that_host_is_missing) {
  const auto all = answers(question(1, {}, "GET / HTTP/1.1\r\n\r\n", 0), "--lenient-host");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_THAT(all[0], HasSubstr(R"("complete":true}],"error":null)"));
}

TEST(http_driver, answers_what_it_cannot_understand) {
  const auto all = answers("{\n{\"id\":7,\"role\":\"request\",\"chunk\":0,\"input\":\"!\"}\n" +
                           question(8, {}, "", 0));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_THAT(all[0], HasSubstr("\"id\":null"));
  EXPECT_THAT(all[1], HasSubstr("role, chunk or input"));
  EXPECT_EQ(all[2], R"({"id":8,"messages":[],"error":null})");
}

}  // namespace
}  // namespace parley::test
