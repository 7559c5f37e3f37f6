#include <parley/build_config.hpp>
#if PARLEY_HAS_ASIO

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "support/asio_world.hpp"

namespace parley::test {

struct asio_world::parts {
  boost::asio::io_context context;
  // So that a wait lasts although only another thread can end it.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stay{
      context.get_executor()};
  std::optional<asio::loop> loop{std::in_place, context};
};

asio_world::asio_world() : parts_(std::make_unique<parts>()) {}
asio_world::~asio_world() = default;

parley::loop& asio_world::port() { return *parts_->loop; }

bool asio_world::run_until(const std::function<bool()>& done, duration limit) {
  for (const patience left(limit); !done();) {
    if (left.is_over()) return false;
    parts_->context.run_one_for(left.left());
  }
  return true;
}

void asio_world::idle() { parts_->context.run_for(std::chrono::milliseconds(5)); }
void asio_world::destroy() { parts_->loop.reset(); }
bool asio_world::exists() const { return parts_->loop.has_value(); }

}  // namespace parley::test

#endif
