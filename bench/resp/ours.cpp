#include "ours.hpp"

#include "harness.hpp"

namespace parley::bench {
namespace {

our_decoder make_decoder() { return {}; }
our_encoder make_encoder() { return {}; }

[[maybe_unused]] const bool registered = add_resp2_decoders("parley", make_decoder) &&
                                         add_resp3_decoders("parley", make_decoder) &&
                                         add_encoders("parley", make_encoder);

}  // namespace
}  // namespace parley::bench
