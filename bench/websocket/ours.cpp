#include "ours.hpp"

#include "harness.hpp"

namespace parley::bench {
namespace {

[[maybe_unused]] const bool registered = add_readers<our_reader>("parley");

}  // namespace
}  // namespace parley::bench
