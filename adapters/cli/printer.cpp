#include <fmt/format.h>

#include <parley/adapters/cli/ending.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/printer.hpp>
#include <parley/adapters/cli/report.hpp>

namespace parley::cli {

std::string receipt(const options& o, std::size_t bytes, std::int64_t receivers) {
  // Not every protocol knows who receives it.
  const std::string count = receivers >= 0 ? fmt::format("{}", receivers)
                            : o.json       ? "null"
                                           : "sent";
  if (o.json) return fmt::format("{{\"bytes\":{},\"receivers\":{}}}\n", bytes, count);
  return count + "\n";
}

void printer::wait_until(loop& home) {
  if (!options_.timeout) return;
  const std::chrono::duration<double> seconds(*options_.timeout);
  home.set_timer(*this, home.now() + std::chrono::duration_cast<duration>(seconds));
}

bool printer::print(const message& m) {
  // Messages that came in the same read are not printed: --count means that many.
  if (end_.is_requested()) return false;
  auto line = options_.json ? as_json_line(m) : as_line(m);
  if (!line) {
    end_.request(exit_failed, line.error());
    return false;
  }
  if (auto ok = write_output(*line); !ok) {
    stop_for_output(end_, ok.error());
    return false;
  }
  if (++printed_ == options_.count) end_.request(exit_ok);
  return true;
}

void printer::fired(time_point) {
  // Without --count the deadline is what was asked for, with it a failure.
  if (!options_.count) return end_.request(exit_ok);
  end_.request(exit_failed, error(errc::timed_out, fmt::format("{} of {} messages received",
                                                               printed_, *options_.count))
                                .with_hint("check the name of the channel, or raise --timeout"));
}

}  // namespace parley::cli
