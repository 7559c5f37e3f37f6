// The README's programs do what the README says.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <parley/core/version.hpp>
#include <string>

#include "support/mosquitto.hpp"
#include "support/redis_server.hpp"
#include "support/temporary_folder.hpp"

namespace parley::test {
namespace {

struct run_result {
  int status = -1;
  std::string output;
};

run_result run(const std::string& program, const std::string& argument = {}) {
  const std::string command = README_PROGRAMS "/" + program + " " + argument + " 2>&1";
  run_result r;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) return r;
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    r.output.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  r.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return r;
}

TEST(readme, the_codec_program_prints_nodes) {
  const run_result r = run("codec");
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_NE(r.output.find("depth 1: hello"), std::string::npos) << r.output;
}

TEST(readme, the_machine_program_talks_to_redis) {
  redis_server server;
  const run_result r = run("machine", std::to_string(server.port()));
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "hello\n");
}

TEST(readme, the_provider_program_hears_itself) {
  redis_server server;
  const run_result r = run("provider", std::to_string(server.port()));
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "value = 42\n");
}

TEST(readme, the_programs_in_other_loops_count) {
  redis_server server;
  EXPECT_EQ(run("on_uv", server.uri()).output, "1\n");
  EXPECT_EQ(run("on_asio", server.uri()).output, "2\n");
}

TEST(readme, the_mqtt_client_program_hears_itself) {
  const mosquitto server;
  const run_result r = run("mqtt_client", server.uri());
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "sensor/7/data: 21.5\n");
}

// S84 to S89
TEST(readme, the_rest_program_calls_itself) {
  const run_result r = run("rest_server");
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "42\n");
}

// S148
TEST(readme, the_secured_program_asks_for_a_key) {
  const run_result r = run("secured");
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "401 -\n200 ann\n");
}

TEST(readme, the_http_program_calls_itself) {
  const run_result r = run("http");
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "200 hello\n");
}

TEST(readme, the_websocket_program_is_both_sides) {
  const run_result r = run("websocket");
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "1 receiver, heard 1, twice 21 is 42\n");
}

// S59 to S61
TEST(readme, the_mqtt_program_hears_its_sensor) {
  mosquitto server;
  const run_result r = run("mqtt", std::to_string(server.port()));
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "sensor/temp/data: {\"value\":23.5,\"unit\":\"\u00b0C\"}\n");
}

// S119 to S121: Redis is not there, and MQTT carries.
TEST(readme, the_fallback_program_takes_what_answers) {
  mosquitto server;
  const std::string nobody = "redis://127.0.0.1:" + std::to_string(free_port()) + "?timeout=1";
  const run_result r = run("fallback", "'" + nobody + "' " + server.uri());
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_NE(r.output.find("events: over mqtt"), std::string::npos) << r.output;
  EXPECT_NE(r.output.find("connection refused"), std::string::npos) << r.output;
}

#if PARLEY_HAS_GRPC
// S40 to S47
TEST(readme, the_grpc_program_calls_itself) {
  const temporary_folder folder;
  const run_result r = run("grpc", folder / "my_service.sock");
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "42: 1 2 3\n");
}
#endif

TEST(readme, the_simulated_program_needs_no_server) {
  const run_result r = run("simulated");
  EXPECT_EQ(r.status, 0) << r.output;
  EXPECT_EQ(r.output, "timed_out, after seconds that took no time\n");
}

// S157: the error that a reader of the README sees first.
TEST(readme, without_a_server_the_error_helps) {
  const run_result r = run("provider", std::to_string(free_port()));
  EXPECT_NE(r.status, 0);
  EXPECT_NE(r.output.find("connection refused"), std::string::npos) << r.output;
  EXPECT_NE(r.output.find("hint"), std::string::npos) << r.output;
}

}  // namespace
}  // namespace parley::test
