#include <fmt/format.h>

#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/printer.hpp>
#include <parley/adapters/cli/pub_sub.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/core/text/utf8.hpp>

namespace parley::cli {
namespace {

// On WebSocket text is another kind of message than bytes, and pages often take it alone.
operation<delivery> shout(speaker& to, const options& o, std::string_view message) {
  const byte_view bytes = as_bytes(message);
  if (!is_websocket(o.url) || !text::valid_utf8(bytes)) return to.shout_bytes(bytes);
  return to.shout(value(message));
}

}  // namespace

task<int> publish(provider& p, const options& o, stop& end) {
  auto speaker = co_await end.unless_stopped(p.create_speaker(o.topic, speaker_options()));
  if (!speaker) co_return ended_by(end, "cannot publish", speaker.error());
  for (const std::string& message : o.messages) {
    auto sent = co_await end.unless_stopped(shout(*speaker, o, message));
    if (!sent) co_return ended_by(end, "cannot publish", sent.error());
    if (o.quiet) continue;
    auto printed = write_output(receipt(o, message.size(), sent->receivers));
    if (!printed) stop_for_output(end, printed.error());
    if (!printed) co_return ended_by(end, "cannot print", printed.error());
  }
  co_return exit_ok;
}

task<int> subscribe(loop& home, provider& p, const options& o, stop& end) {
  printer out(o, end);
  speaker_options how;
  how.pattern = o.pattern;
  how.decode = decode_policy::text;
  how.decode_set = true;
  const auto on_message = [&out](const message& m) { out.print(m); };
  auto speaker = co_await end.unless_stopped(p.create_speaker(o.topic, on_message, how));
  if (!speaker) co_return ended_by(end, "cannot subscribe", speaker.error());
  if (o.verbose) note(fmt::format("subscribed to {}", o.topic));
  out.wait_until(home);
  (void)co_await end.requested();
  // Only if the server is there to be told; otherwise closing says it all.
  if (p.status().state == provider_state::up) (void)co_await speaker->stop_listening();
  if (const error* why = end.why()) report("cannot go on", *why);
  co_return end.exit_code();
}

}  // namespace parley::cli
