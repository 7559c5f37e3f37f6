// The program `parley`: reads the command line, picks the loop, runs.
#include <exception>
#include <parley/adapters/cli/grpc.hpp>
#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/output.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/run.hpp>
#include <parley/adapters/cli/signals.hpp>

namespace parley::cli {
namespace {

// What --data names.
result<void> read_data(options& o) {
  if (!o.data || !o.data->starts_with('@')) return {};
  auto content = *o.data == "@-" ? read_input() : read_file(o.data->substr(1));
  if (!content) return std::unexpected(std::move(content).error());
  o.data = *std::move(content);
  return {};
}

int run_program(int argc, const char* const* argv) {
  // First of all: with a closed descriptor the next socket would become standard
  // output.
  secure_standard_descriptors();
  auto parsed = parse_options(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  auto& o = std::get<options>(parsed);
  if (o.from_stdin) {
    auto input = read_input();
    if (!input) {
      report("cannot read", input.error());
      return exit_code_of(input.error());
    }
    o.messages.push_back(*std::move(input));
  }
  if (auto ok = read_data(o); !ok) {
    report("cannot read", ok.error());
    return exit_failed;
  }
  quiet_grpc();
  // After reading the input, which Ctrl-C may still end in the usual way.
  hold_signals();
  stop end;
  auto code = run_on(o.loop, [&](loop& home) { return run(home, o, end); });
  if (code) return *code;
  report("cannot run", code.error());
  return exit_code_of(code.error());
}

}  // namespace
}  // namespace parley::cli

int main(int argc, char** argv) {
  try {
    return parley::cli::run_program(argc, argv);
  } catch (const std::exception& fault) {
    parley::cli::note(fault.what());  // no memory
    return parley::cli::exit_failed;
  }
}
