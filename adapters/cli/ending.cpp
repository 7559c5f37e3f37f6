#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/report.hpp>

namespace parley::cli {

int ended_by(const stop& end, std::string_view what, const error& why) {
  const error* cause = end.is_requested() ? end.why() : &why;
  if (cause) report(what, *cause);
  return end.is_requested() ? end.exit_code() : exit_code_of(why);
}

void stop_for_output(stop& end, const error& why) {
  // `parley sub ... | head -1` is a normal use.
  if (why == errc::closed) return end.request(exit_pipe);
  end.request(exit_failed, why);
}

}  // namespace parley::cli
