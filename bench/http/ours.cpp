#include "ours.hpp"

#include "harness.hpp"

namespace parley::bench {
namespace {

[[maybe_unused]] const bool registered = add_parsers<our_parser>("parley");

}  // namespace
}  // namespace parley::bench
