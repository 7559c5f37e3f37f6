#include <algorithm>
#include <parley/codecs/websocket/detail/websocket_config.hpp>

namespace parley::websocket::detail {
namespace {

bool is_token_character(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_letter || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

}  // namespace

void check_limits(const connection_limits& l, fault_list& found) {
  found.check(l.max_size > 0, "limits.max_size is 0");
  found.check(l.high_water > 0 && l.high_water <= l.max_output,
              "limits.high_water is 0 or above max_output");
  found.check(l.ping_interval >= duration::zero(), "limits.ping_interval is negative");
  found.check(l.ping_interval == duration::zero() || l.ping_timeout > duration::zero(),
              "limits.ping_timeout is not positive");
  found.check(l.close_timeout > duration::zero(), "limits.close_timeout is not positive");
  found.check(l.linger >= duration::zero(), "limits.linger is negative");
}

void check_subprotocols(const std::vector<std::string>& names, bool needs_one, fault_list& found) {
  for (auto at = names.begin(); at != names.end(); ++at) {
    found.check(!at->empty() && std::ranges::all_of(*at, is_token_character),
                "subprotocol \"" + *at + "\" is no token");
    found.check(std::find(names.begin(), at, *at) == at,
                "subprotocol \"" + *at + "\" is twice there");
  }
  found.check(!needs_one || !names.empty(), "needs_subprotocol is set, and subprotocols is empty");
}

bool read_parameter(connection_limits& limits, deflate_settings& deflate, const uri_parameter& p,
                    bool& good) {
  if (p.name == "max_size") {
    good = read_number(p.value, limits.max_size);
  } else if (p.name == "ping_interval") {
    good = read_seconds(p.value, limits.ping_interval);
  } else if (p.name == "ping_timeout") {
    good = read_seconds(p.value, limits.ping_timeout);
  } else if (p.name == "compression") {
    deflate.enabled = p.value == "deflate";
    good = deflate.enabled || p.value == "none";
  } else {
    return false;
  }
  return true;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace parley::websocket::detail
