// Calls by name, without a schema of one's own (S32, S33, S37, S40 to S48, S127).
#include <limits>
#include <thread>

#include "grpc_on.hpp"

namespace parley::test {
namespace {

template <class L>
class grpc_unary : public grpc_on<L> {};
TYPED_TEST_SUITE(grpc_unary, real_loops);

TYPED_TEST(grpc_unary, a_callable_is_called_over_a_unix_socket) {  // S4, S32, S40 to S47
  const auto server = this->up(this->served_on_socket());
  this->answer(*server, "calculate", add);  // a synchronous callback: S42
  EXPECT_EQ(server->local_address()->path(), this->folder / "grpc.sock");
  const auto client = this->up(this->called_on_socket());
  EXPECT_EQ(this->ask(*client, "calculate", fields("x", 10, "y", 32)), fields("result", 42));
}

TYPED_TEST(grpc_unary, values_arrive_exactly_as_they_were) {  // S33, S37, S45
  const auto server = this->serve();
  this->answer(*server, "echo", echo);
  const auto client = this->call();
  const value all =
      fields("least", std::numeric_limits<std::int64_t>::min(), "most",
             std::numeric_limits<std::uint64_t>::max(), "real", 0.1, "whole", 3.0, "none", nullptr,
             "yes", true, "bytes", value::from_bytes(as_bytes(std::string_view("\0\xff\x80", 3))),
             "text", "\xc3\xa4\n", "list", array(1, array(), value::object()), "empty", "");
  const auto back = this->ask(*client, "echo", all);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, all);
  EXPECT_TRUE((*back)["whole"].is_double());
  EXPECT_EQ(this->ask(*client, "echo", value()), value());
}

TYPED_TEST(grpc_unary, what_no_message_can_hold_is_an_error_at_the_caller) {
  const auto server = this->serve();
  this->answer(*server, "echo", echo);
  const auto client = this->call();
  EXPECT_EQ(this->ask(*client, "echo", value("\xff")).error(), errc::bad_value);
  value deep;
  for (int i = 0; i < 46; ++i) deep = array(std::move(deep));
  EXPECT_EQ(this->ask(*client, "echo", deep), deep);
  deep = array(std::move(deep));
  EXPECT_EQ(this->ask(*client, "echo", deep).error(), errc::bad_value);
  // An object is one message more than a list.
  value wrapped;
  for (int i = 0; i < 31; ++i) wrapped = fields("in", std::move(wrapped));
  EXPECT_EQ(this->ask(*client, "echo", wrapped), wrapped);
  wrapped = fields("in", std::move(wrapped));
  EXPECT_EQ(this->ask(*client, "echo", wrapped).error(), errc::bad_value);
  // The same the other way: the caller is told, and the server goes on.
  this->answer(*server, "bad", [](const value&) -> result<value> { return value("\xff"); });
  EXPECT_EQ(this->ask(*client, "bad", value()).error(), errc::bad_value);
  EXPECT_EQ(this->ask(*client, "echo", value(1)), value(1));
}

TYPED_TEST(grpc_unary, raw_bytes_and_metadata_travel_both_ways) {
  const auto server = this->serve();
  ASSERT_TRUE(server->serve("raw", [](grpc_answer a) {
    EXPECT_TRUE(a.request().is_raw());
    EXPECT_EQ(find(a.metadata(), "who"), "ann");
    EXPECT_THAT(std::string(a.peer()), ::testing::StartsWith("ipv4:127.0.0.1:"));
    EXPECT_TRUE(a.deadline());
    a.set_header("greeting", "hello");
    a.set_trailer("sum-bin", std::string_view("\0\1", 2));
    a.reply(grpc_message::from_bytes(a.request().bytes()));
  }));
  const auto client = this->call();
  const std::string bytes("\0\xff\n", 3);
  const grpc_metadata who{{"who", "ann"}};
  grpc_call_options how;
  how.metadata = &who;
  const auto back = this->at.wait(client->call("raw", grpc_message::from_bytes(bytes), how));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_TRUE(back->message.is_raw());
  EXPECT_EQ(as_text(back->message.bytes()), bytes);
  EXPECT_EQ(find(back->headers, "greeting"), "hello");
  EXPECT_EQ(find(back->trailers, "sum-bin"), std::string_view("\0\1", 2));
}

// gRPC itself ends the program over such metadata.
TYPED_TEST(grpc_unary, what_is_no_metadata_is_an_error_and_not_sent) {
  const auto server = this->serve();
  std::vector<bool> taken;
  ASSERT_TRUE(server->serve("answer", [&](grpc_answer a) {
    taken = {
        a.set_header("X-Trace", "1").has_value(),      a.set_header("x", "a\nb").has_value(),
        a.set_trailer("grpc-status", "0").has_value(), a.set_trailer("", "1").has_value(),
        a.set_trailer("x", "\xc3\xa4").has_value(),    a.set_trailer("x-bin", "\n").has_value()};
    a.reply(a.request());
  }));
  const auto client = this->call();
  const auto back = this->at.wait(client->call("answer", value(1)));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(taken, std::vector({false, false, false, false, false, true}));
  EXPECT_EQ(find(back->trailers, "x-bin"), "\n");
  grpc_metadata bad{{"good", "1"}, {"Bad Name", "1"}};
  grpc_call_options how;
  how.metadata = &bad;
  const auto named = this->at.wait(client->call("answer", value(1), how));
  EXPECT_EQ(named.error(), errc::invalid_argument);
  EXPECT_EQ(named.error().message(), "metadata \"Bad Name\" has no such name");
  bad[1] = {"text", "\xff"};
  EXPECT_EQ(this->at.wait(client->call("answer", value(1), how)).error(), errc::invalid_argument);
  EXPECT_EQ(client->open("answer", grpc_kind::both, {}, how).error(), errc::invalid_argument);
  bad[1] = {"bytes-bin", "\xff"};
  EXPECT_TRUE(this->at.wait(client->call("answer", value(1), how)));
}

TYPED_TEST(grpc_unary, the_longest_timeouts_are_no_short_ones) {
  grpc_config config = this->served();
  config.stop_timeout = duration::max();
  const auto server = this->up(config);
  config = this->called();
  config.connect_timeout = config.call_timeout = duration::max();
  std::vector<grpc_answer> waiting;
  ASSERT_TRUE(server->serve("later", [&](grpc_answer a) { waiting.push_back(std::move(a)); }));
  const auto client = this->up(config);
  strings heard;
  const auto s = this->listen(*client, "a", heard);  // confirmed
  grpc_call_options how;
  how.timeout = duration::max();
  how.repeatable = true;
  auto first = client->call("later", value(1));
  auto second = client->call("later", value(2), how);
  ASSERT_TRUE(this->at.run_until([&] { return waiting.size() == 2; }));
  auto closing = server->close();  // waits for them
  for (grpc_answer& a : waiting) a.reply(a.request());
  EXPECT_TRUE(this->at.wait(std::move(first)));
  EXPECT_TRUE(this->at.wait(std::move(second)));
  EXPECT_TRUE(this->at.wait(std::move(closing)));
}

TYPED_TEST(grpc_unary, a_name_is_text) {
  const auto server = this->serve();
  const auto client = this->call();
  for (const char* const name : {"", "\xff"}) {
    EXPECT_EQ(this->at.wait(client->call(name, value(1))).error(), errc::invalid_argument);
    EXPECT_EQ(this->at.wait(client->create_callable(name)).error(), errc::invalid_argument);
    EXPECT_EQ(client->open(name, grpc_kind::both).error(), errc::invalid_argument);
    EXPECT_EQ(this->at.wait(server->create_callable(name, echo)).error(), errc::invalid_argument);
    EXPECT_EQ(server->serve_stream(name, [](grpc_stream) {}).error(), errc::invalid_argument);
  }
}

TYPED_TEST(grpc_unary, an_answer_may_come_later) {
  const auto server = this->serve();
  std::vector<grpc_answer> waiting;
  ASSERT_TRUE(server->serve("later", [&](grpc_answer a) { waiting.push_back(std::move(a)); }));
  const auto client = this->call();
  auto first = client->call("later", value(1));
  auto second = client->call("later", value(2));
  ASSERT_TRUE(this->at.run_until([&] { return waiting.size() == 2; }));
  // In the other order, each to its own caller.
  for (auto a = waiting.rbegin(); a != waiting.rend(); ++a) a->reply(a->request());
  EXPECT_EQ(this->at.wait(std::move(first))->message.content(), value(1));
  EXPECT_EQ(this->at.wait(std::move(second))->message.content(), value(2));
}

TYPED_TEST(grpc_unary, errors_of_a_handler_keep_their_code_and_hint) {
  const auto server = this->serve();
  this->answer(*server, "own", [](const value&) -> result<value> {
    return std::unexpected(error(grpc_errc::not_found, "no such row").with_hint("look elsewhere"));
  });
  this->answer(*server, "busy", [](const value&) -> result<value> {
    return std::unexpected(error(errc::queue_full, "so many").with_retry_after(1500ms));
  });
  this->answer(*server, "throws",
               [](const value&) -> result<value> { throw std::runtime_error("broken"); });
  const auto client = this->call();
  const auto own = this->ask(*client, "own", value()).error();
  EXPECT_EQ(own, grpc_errc::not_found);
  EXPECT_EQ(own.message(), "no such row");
  EXPECT_EQ(own.hint(), "look elsewhere");
  const auto busy = this->ask(*client, "busy", value()).error();
  EXPECT_EQ(busy, errc::queue_full);
  EXPECT_EQ(busy.retry_after(), 1500ms);
  const auto thrown = this->ask(*client, "throws", value()).error();
  EXPECT_EQ(thrown, errc::callback_threw);
  EXPECT_EQ(thrown.message(), "broken");
  // The server goes on.
  EXPECT_EQ(this->ask(*client, "own", value()).error(), grpc_errc::not_found);
}

TYPED_TEST(grpc_unary, an_error_of_any_text_keeps_its_code) {
  const auto server = this->serve();
  std::string text, hint;
  this->answer(*server, "fail", [&](const value&) -> result<value> {
    return std::unexpected(error(errc::queue_full, text).with_hint(hint).with_retry_after(7ms));
  });
  const auto client = this->call();
  const auto fails = [&](std::string t, std::string h) {
    text = std::move(t);
    hint = std::move(h);
    auto why = this->ask(*client, "fail", value()).error();
    EXPECT_EQ(why, errc::queue_full) << why.to_string();
    EXPECT_EQ(why.retry_after(), 7ms);
    return why;
  };
  EXPECT_EQ(fails("", "").message(), "");
  // What is not UTF-8 could not be read.
  const error bytes = fails(std::string("\xff\xc3 a\n\0b", 7), "\xe4 hint");
  EXPECT_EQ(bytes.message(), std::string_view(".. a\n\0b", 7));
  EXPECT_EQ(bytes.hint(), ". hint");
  // More than a header may have is cut, and no character is.
  std::string umlauts = "x";
  for (int i = 0; i < 10'000; ++i) umlauts += "\xc3\xa4";
  const error cut = fails(umlauts, umlauts);
  EXPECT_TRUE(cut.message() == umlauts.substr(0, 1023)) << cut.message().size();
  EXPECT_TRUE(cut.hint() == umlauts.substr(0, 511)) << cut.hint().size();
}

TYPED_TEST(grpc_unary, an_unknown_callable_is_named_in_the_error) {
  const auto server = this->serve();
  ASSERT_TRUE(server->serve_stream("stream", [](grpc_stream) {}));
  const auto client = this->call();
  const auto why = this->ask(*client, "nobody", value()).error();
  EXPECT_EQ(why, errc::not_supported);
  EXPECT_THAT(std::string(why.message()), ::testing::HasSubstr("\"nobody\""));
  EXPECT_EQ(this->ask(*client, "stream", value()).error(), errc::not_supported);
}

TYPED_TEST(grpc_unary, one_that_is_never_answered_ends_at_its_deadline) {
  const auto server = this->serve();
  std::vector<grpc_answer> kept;
  bool told = false;
  ASSERT_TRUE(server->serve("never", [&](grpc_answer a) {
    a.on_cancel([&] { told = true; });
    kept.push_back(std::move(a));
  }));
  const auto client = this->call();
  call_options soon;
  soon.timeout = 50ms;
  EXPECT_EQ(this->ask(*client, "never", value(), soon).error(), errc::timed_out);
  ASSERT_TRUE(this->at.run_until([&] { return told; }));
  EXPECT_TRUE(kept.front().is_cancelled());
  kept.front().reply(value("late"));  // leads nowhere
  // One that is dropped is told at once.
  ASSERT_TRUE(server->serve("drops", [](grpc_answer) {}));
  EXPECT_EQ(this->ask(*client, "drops", value()).error(), errc::cancelled);
}

TYPED_TEST(grpc_unary, cancelling_ends_the_call_at_both_ends) {
  const auto server = this->serve();
  std::vector<grpc_answer> kept;
  ASSERT_TRUE(server->serve("never", [&](grpc_answer a) { kept.push_back(std::move(a)); }));
  const auto client = this->call();
  auto op = client->call("never", value());
  ASSERT_TRUE(this->at.run_until([&] { return !kept.empty(); }));
  op.cancel();
  EXPECT_EQ(this->at.wait(std::move(op)).error(), errc::cancelled);
  EXPECT_TRUE(this->at.run_until([&] { return kept.front().is_cancelled(); }));
}

TYPED_TEST(grpc_unary, handlers_may_run_in_threads_of_workers) {  // S48
  auto config = this->served();
  config.handlers = grpc_threads::workers;
  config.max_workers = 3;
  const auto server = this->up(config);
  // Three calls meet in three threads, none of them the loop's: no two would with fewer.
  std::atomic<int> inside = 0;
  const auto here = std::this_thread::get_id();
  this->answer(*server, "meet", [&](const value& request) -> result<value> {
    EXPECT_NE(std::this_thread::get_id(), here);
    ++inside;
    for (int n = inside; n < 3; n = inside) inside.wait(n);
    inside.notify_all();
    return request;
  });
  const auto client = this->call();
  std::vector<operation<grpc_reply>> all;
  all.reserve(3);
  for (int i = 0; i < 3; ++i) all.push_back(client->call("meet", value(i)));
  for (int i = 0; i < 3; ++i) {
    const auto r = this->at.wait(std::move(all[static_cast<std::size_t>(i)]));
    ASSERT_TRUE(r) << r.error().to_string();
    EXPECT_EQ(r->message.content(), value(i));
  }
  this->answer(*server, "throws",
               [](const value&) -> result<value> { throw std::runtime_error("broken"); });
  EXPECT_EQ(this->ask(*client, "throws", value()).error(), errc::callback_threw);
}

TYPED_TEST(grpc_unary, many_calls_at_once_all_come_back) {  // S127
  const auto server = this->up(this->served_on_socket());
  this->answer(*server, "echo", echo);
  const auto client = this->up(this->called_on_socket());
  int right = 0, done = 0;
  for (int i = 0; i < 500; ++i) {
    client->call("echo", value(i)).then([&, i](result<grpc_reply> r) {
      ++done;
      if (r && r->message.content() == value(i)) ++right;
    });
  }
  ASSERT_TRUE(this->at.run_until([&] { return done == 500; }));
  EXPECT_EQ(right, 500);
  EXPECT_EQ(client->status().pending, 1U);  // the stream of channels
}

TYPED_TEST(grpc_unary, a_server_calls_nobody_and_a_client_answers_nobody) {
  const auto server = this->serve();
  const auto client = this->call();
  EXPECT_EQ(this->at.wait(server->create_callable("x")).error(), errc::not_supported);
  EXPECT_EQ(this->at.wait(server->call("x", value())).error(), errc::not_supported);
  EXPECT_EQ(this->at.wait(client->create_callable("x", echo)).error(), errc::not_supported);
  EXPECT_EQ(client->serve("x", [](grpc_answer) {}).error(), errc::not_supported);
  EXPECT_FALSE(client->local_address());
}

TYPED_TEST(grpc_unary, a_handler_may_destroy_its_provider_and_a_completion_too) {
  auto server = this->serve();
  this->answer(*server, "end", [&](const value&) -> result<value> {
    server.reset();
    return value(1);
  });
  auto client = this->call();
  bool done = false;
  client->call("end", value()).then([&](result<grpc_reply> r) {
    EXPECT_FALSE(r);
    client.reset();
    done = true;
  });
  EXPECT_TRUE(this->at.run_until([&] { return done; }));
}

}  // namespace
}  // namespace parley::test
