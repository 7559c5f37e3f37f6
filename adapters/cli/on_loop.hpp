// The one place of the program that knows which loops there are: everything else
// is the same code on all of them.
#pragma once

#include <array>
#include <cstdint>
#include <parley/core/async/callback.hpp>
#include <parley/core/async/task.hpp>
#include <parley/core/error.hpp>
#include <string_view>

namespace parley::cli {

enum class loop_kind : std::uint8_t { blocking, uv, asio };

inline constexpr std::array<loop_kind, 3> loop_kinds{loop_kind::blocking, loop_kind::uv,
                                                     loop_kind::asio};
std::string_view to_string(loop_kind) noexcept;

// Makes a loop of that kind, runs the task of `body` on it until it has ended and
// nothing of it is left, and gives its result. errc::unavailable if this build
// lacks the loop.
result<int> run_on(loop_kind kind, callback<task<int>(loop&)> body);

}  // namespace parley::cli
