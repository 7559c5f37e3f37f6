#include "ours.hpp"

#include "harness.hpp"

namespace parley::bench {
namespace {

[[maybe_unused]] const bool registered = add_codec<our_reader, our_writer>("parley");

}  // namespace
}  // namespace parley::bench
