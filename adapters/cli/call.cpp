#include <chrono>
#include <parley/adapters/cli/call.hpp>
#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/build_config.hpp>
#include <parley/core/api/tables.hpp>
#if PARLEY_HAS_JSON
#include <parley/codecs/json/json.hpp>
#endif
#if PARLEY_HAS_REDIS
#include <parley/codecs/resp/detail/redis_value.hpp>
#include <parley/codecs/resp/redis_provider.hpp>
#endif

namespace parley::cli {

#if PARLEY_HAS_REDIS
namespace {

// As a script reads it: text as it is, null as an empty line, elements line by line.
void add_lines(const value& v, std::string& out) {
  if (v.is_array()) {
    for (const value& item : v.items()) add_lines(item, out);
    return;
  }
  if (v.is_object()) {
    for (const member& m : v.members()) {
      out.append(m.name.view()).push_back('\n');
      add_lines(m.val, out);
    }
    return;
  }
  if (v.is_text()) {
    out.append(v.text());
  } else if (v.is_bytes()) {
    out.append(as_text(v.bytes()));
  } else if (!v.is_null()) {
    (void)json::write(v, out);  // a number or a boolean
  }
  out.push_back('\n');
}

result<std::string> printed(const resp::reply& reply, bool as_json) {
  const value v = detail::to_value(reply.root(), true);
  std::string out;
  if (!as_json) {
    add_lines(v, out);
    return out;
  }
  json::write_options how;
  how.bytes = json::bytes_form::base64;
  if (auto ok = json::write(v, out, how); !ok) return std::unexpected(std::move(ok.error()));
  out.push_back('\n');
  return out;
}

}  // namespace

task<int> call(provider& p, const options& o, stop& end) {
  auto* redis = dynamic_cast<redis_provider*>(&p);
  if (!redis) {
    const error why(errc::not_supported, "calls over this protocol");
    co_return ended_by(end, "cannot call", why);
  }
  const std::vector<std::string_view> words(o.messages.begin(), o.messages.end());
  auto asked = redis->command(std::span<const std::string_view>(words));
  auto reply = co_await end.unless_stopped(std::move(asked));
  if (!reply) co_return ended_by(end, "the call failed", reply.error());
  auto text = printed(*reply, o.json);
  if (!text) co_return ended_by(end, "cannot print", text.error());
  if (auto ok = write_output(*text); !ok) {
    stop_for_output(end, ok.error());
    co_return ended_by(end, "cannot print", ok.error());
  }
  co_return exit_ok;
}
#else
task<int> call(provider&, const options&, stop& end) {
  co_return ended_by(end, "cannot call", unavailable_part("redis"));
}
#endif

#if PARLEY_HAS_JSON
namespace {

result<value> argument_of(const options& o) {
  if (o.messages.size() < 2) return value();
  if (o.messages.size() > 2) {
    return std::unexpected(
        error(errc::invalid_argument, "a call has one argument")
            .with_hint("options go before the callable, behind it all is its own"));
  }
  return json::parse(o.messages[1]);
}

}  // namespace

task<int> call_by_name(provider& p, const options& o, stop& end) {
  auto argument = argument_of(o);
  if (!argument) {
    report("the argument", argument.error());
    co_return exit_usage;
  }
  auto callable = co_await end.unless_stopped(p.create_callable(o.messages.front()));
  if (!callable) co_return ended_by(end, "cannot call", callable.error());
  call_options how_long;
  const std::chrono::duration<double> seconds(o.timeout.value_or(5));
  how_long.timeout = std::chrono::duration_cast<duration>(seconds);
  auto asked = callable->call(*argument, how_long);
  auto answer = co_await end.unless_stopped(std::move(asked));
  if (!answer) co_return ended_by(end, "the call failed", answer.error());
  json::write_options how;
  how.bytes = json::bytes_form::base64;
  std::string text;
  if (answer->is_text() && !o.json) {
    text = answer->text();
  } else if (auto ok = json::write(*answer, text, how); !ok) {
    co_return ended_by(end, "cannot print", ok.error());
  }
  if (auto ok = write_output(text + "\n"); !ok) {
    stop_for_output(end, ok.error());
    co_return ended_by(end, "cannot print", ok.error());
  }
  co_return exit_ok;
}
#else
task<int> call_by_name(provider&, const options&, stop& end) {
  co_return ended_by(end, "cannot call", unavailable_part("json"));
}
#endif

}  // namespace parley::cli
