// An io_context of Boost.Asio, as the rows use it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <parley/adapters/asio/loop.hpp>
#include <string_view>

namespace parley::bench {

struct on_asio {
  static constexpr std::string_view name = "parley_asio";
  boost::asio::io_context context{1};
  asio::loop loop{context};
  void turn() {
    // A context that once had nothing to do runs only when it is told so.
    if (context.run_one() == 0) context.restart();
  }
};

}  // namespace parley::bench
