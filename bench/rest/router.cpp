// What finding a route costs, among 10 and among 1,000: each pass looks up one path for every
// route, in an order that no branch predictor has learned. A path has up to four segments and two
// parameters; an item is a lookup.
#include <algorithm>
#include <parley/codecs/http/rest/router.hpp>
#include <random>
#include <string>
#include <vector>

#include "common/measure.hpp"
#include "common/wrong.hpp"

namespace parley::bench {
namespace {

// Of 1,000 lookups, whatever the number of routes: the same work for the loop around them.
constexpr std::size_t lookups = 1000;

class workload {
 public:
  explicit workload(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add(i);
    std::mt19937 shuffle(1);
    while (asked_.size() < lookups) asked_.push_back(asked_[asked_.size() % count]);
    std::shuffle(asked_.begin(), asked_.end(), shuffle);
  }

  void run() {
    for (const question& q : asked_) {
      const auto m = routes_.lookup(http::method::get, "GET", q.path, parameters_);
      if (m.how != http::route_outcome::found || m.route != q.route) wrong("parley", "no route");
    }
  }

 private:
  struct question {
    std::string path;
    http::route_id route;
  };

  // As of an API with many resources: /v1/r7, /v1/r7/{id:uint}, /v1/r7/{id:uint}/parts,
  // /v1/r7/{id:uint}/parts/{name}.
  void add(std::size_t i) {
    const std::string resource = "/v1/r" + std::to_string(i / 4);
    std::string pattern = resource;
    std::string path = resource;
    if (i % 4 > 0) {
      pattern += "/{id:uint}";
      path += "/" + std::to_string(i * 7919);
    }
    if (i % 4 > 1) {
      pattern += "/parts";
      path += "/parts";
    }
    if (i % 4 > 2) {
      pattern += "/{name}";
      path += "/left-front";
    }
    const auto route = routes_.add("GET", pattern);
    if (!route) wrong("parley", "a pattern was refused");
    asked_.push_back({path, *route});
  }

  http::router routes_;
  http::path_parameters parameters_;
  std::vector<question> asked_;
};

void route(benchmark::State& state, std::size_t count) {
  workload w(count);
  measure(state, lookups, [&] { w.run(); });
}

BENCHMARK_CAPTURE(route, 10, 10)->Name("rest/route_10/parley");
BENCHMARK_CAPTURE(route, 1000, 1000)->Name("rest/route_1000/parley");

}  // namespace
}  // namespace parley::bench
