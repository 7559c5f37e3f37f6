#include <algorithm>
#include <cstring>
#include <parley/codecs/http/content_coding.hpp>
#include <parley/codecs/websocket/deflate_agreement.hpp>
#include <parley/codecs/websocket/extensions.hpp>
#include <utility>

namespace parley::websocket {
namespace {

constexpr std::string_view extension_name = "permessage-deflate";
constexpr std::string_view server_takeover = "server_no_context_takeover";
constexpr std::string_view client_takeover = "client_no_context_takeover";
constexpr std::string_view server_bits = "server_max_window_bits";
constexpr std::string_view client_bits = "client_max_window_bits";

constexpr unsigned full_bits = 15;
constexpr unsigned fewest_written = 9;  // by zlib; RFC 7692 section 7.1.2 begins at 8

std::uint8_t wanted_bits(std::uint8_t setting) noexcept {
  return static_cast<std::uint8_t>(std::clamp<unsigned>(setting, fewest_written, full_bits));
}

// 8 to 15 in decimal without leading zeros, else 0. Backslashes are those of a quoted string.
std::uint8_t parse_bits(std::string_view value) noexcept {
  unsigned number = 0;
  for (const char c : value) {
    if (c == '\\') continue;
    // A zero in front is no number, and what is too large stays so.
    if (c < '0' || c > '9' || (number == 0 && c == '0') || number > full_bits) return 0;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return static_cast<std::uint8_t>(number >= 8 && number <= full_bits ? number : 0);
}

// False if the flag has a value or is there for the second time.
bool set_flag(const extension_parameter& p, bool& flag) noexcept {
  return !p.has_value && !std::exchange(flag, true);
}

bool set_bits(const extension_parameter& p, std::uint8_t& bits) noexcept {
  if (bits != 0 || !p.has_value) return false;
  bits = parse_bits(p.value);
  return bits != 0;
}

// False: the parameter makes an offer or answer invalid.
bool set_parameter(const extension_parameter& p, role sender, deflate_parameters& to) noexcept {
  using http::equals_ignoring_case;
  if (equals_ignoring_case(p.name, server_takeover)) {
    return set_flag(p, to.server_no_context_takeover);
  }
  if (equals_ignoring_case(p.name, client_takeover)) {
    return set_flag(p, to.client_no_context_takeover);
  }
  if (equals_ignoring_case(p.name, server_bits)) return set_bits(p, to.server_max_window_bits);
  if (!equals_ignoring_case(p.name, client_bits)) return false;
  if (std::exchange(to.has_client_bits, true)) return false;
  // Only in an offer it may say no more than that the client knows it (section 7.1.2.2).
  return (!p.has_value && sender == role::client) || set_bits(p, to.client_max_window_bits);
}

// Nothing if a parameter is unknown, twice there or invalid.
std::optional<deflate_parameters> read_parameters(extension_reader& list, role sender) noexcept {
  deflate_parameters found;
  while (const auto p = list.next_parameter()) {
    if (!set_parameter(*p, sender, found)) return std::nullopt;
  }
  return found;
}

// What a server answers to an offer.
std::optional<deflate_parameters> accept(const deflate_parameters& offer,
                                         const deflate_settings& ours) noexcept {
  const std::uint8_t own = wanted_bits(ours.own_max_window_bits);
  const std::uint8_t peer = wanted_bits(ours.peer_max_window_bits);
  const std::uint8_t asked = offer.server_max_window_bits;
  if (asked != 0 && asked < fewest_written) return std::nullopt;
  // Such a client may not be told of a limit (section 7.1.2.2).
  if (!offer.has_client_bits && peer < full_bits) return std::nullopt;

  deflate_parameters answer;
  answer.server_no_context_takeover =
      offer.server_no_context_takeover || ours.own_no_context_takeover;
  answer.client_no_context_takeover =
      offer.client_no_context_takeover || ours.peer_no_context_takeover;
  // An offer that has it is accepted by naming it, even if it limits nothing (section 7.1.2.1).
  if (asked != 0 || own < full_bits) {
    answer.server_max_window_bits = asked == 0 ? own : std::min(asked, own);
  }
  const std::uint8_t hint = offer.client_max_window_bits;
  const std::uint8_t limit = hint == 0 ? peer : std::min(hint, peer);
  if (offer.has_client_bits && limit < full_bits) {
    answer.has_client_bits = true;
    answer.client_max_window_bits = limit;
  }
  return answer;
}

// Takes one field after the other.
class chooser {
 public:
  explicit chooser(const deflate_settings& ours) noexcept : ours_(ours) {}

  void add(std::string_view field_value) noexcept {
    extension_reader list(field_value);
    while (const auto name = list.next_extension()) {
      if (chosen_ || !http::equals_ignoring_case(*name, extension_name)) continue;
      const auto offer = read_parameters(list, role::client);
      if (offer && !list.is_malformed()) chosen_ = accept(*offer, ours_);
    }
    malformed_ = malformed_ || list.is_malformed();
  }
  deflate_choice result() const noexcept {
    if (malformed_) return std::unexpected(errc::bad_extension);
    if (!ours_.enabled || !deflate_is_available()) return std::nullopt;
    return chosen_;
  }

 private:
  const deflate_settings& ours_;
  std::optional<deflate_parameters> chosen_;
  bool malformed_ = false;
};

// True if the answer keeps to the offer (section 7.1).
bool fits(const deflate_parameters& answer, const deflate_parameters& offer) noexcept {
  if (offer.server_no_context_takeover && !answer.server_no_context_takeover) return false;
  const std::uint8_t asked = offer.server_max_window_bits;
  const std::uint8_t got = answer.server_max_window_bits;
  if (asked != 0 && (got == 0 || got > asked)) return false;
  return !answer.has_client_bits || offer.has_client_bits;
}

class checker {
 public:
  explicit checker(const std::optional<deflate_parameters>& offer) noexcept : offer_(offer) {}

  void add(std::string_view field_value) noexcept {
    extension_reader list(field_value);
    while (const auto name = list.next_extension()) {
      good_ = good_ && take(*name, list);
    }
    good_ = good_ && !list.is_malformed();
  }
  deflate_answer result() const noexcept {
    if (!good_) return std::unexpected(errc::bad_extension);
    if (!answered_) return std::nullopt;
    deflate_agreement agreed = agreement_of(answer_);
    // What we said of ourselves holds without the server's word.
    agreed.client_no_context_takeover |= offer_->client_no_context_takeover;
    if (const std::uint8_t own = offer_->client_max_window_bits; own != 0) {
      agreed.client_max_window_bits = std::min(agreed.client_max_window_bits, own);
    }
    return agreed;
  }

 private:
  bool take(std::string_view name, extension_reader& list) noexcept {
    if (!offer_ || answered_ || !http::equals_ignoring_case(name, extension_name)) return false;
    const auto answer = read_parameters(list, role::server);
    if (!answer || !fits(*answer, *offer_)) return false;
    answer_ = *answer;
    answered_ = true;
    return true;
  }

  const std::optional<deflate_parameters>& offer_;
  deflate_parameters answer_;
  bool answered_ = false;
  bool good_ = true;
};

template <class Taker>
auto taken_from(const http::header_list& headers, Taker taker) noexcept {
  const std::string_view name = http::to_string(http::field::sec_websocket_extensions);
  for (const http::header h : headers) {
    if (http::equals_ignoring_case(h.name, name)) taker.add(h.value);
  }
  return taker.result();
}

template <class Taker>
auto taken_from(std::string_view field_value, Taker taker) noexcept {
  taker.add(field_value);
  return taker.result();
}

}  // namespace

bool deflate_is_available() noexcept { return http::coding_is_available(http::coding::deflate); }

deflate_choice choose_deflate(std::string_view field_value, const deflate_settings& ours) noexcept {
  return taken_from(field_value, chooser(ours));
}
deflate_choice choose_deflate(const http::header_list& request,
                              const deflate_settings& ours) noexcept {
  return taken_from(request, chooser(ours));
}

deflate_agreement agreement_of(const deflate_parameters& answer) noexcept {
  const auto bits = [](std::uint8_t named) {
    return named == 0 ? static_cast<std::uint8_t>(full_bits) : named;
  };
  return {answer.server_no_context_takeover, answer.client_no_context_takeover,
          bits(answer.server_max_window_bits), bits(answer.client_max_window_bits)};
}

std::optional<deflate_parameters> offer_of(const deflate_settings& ours) noexcept {
  if (!ours.enabled || !deflate_is_available()) return std::nullopt;
  const std::uint8_t own = wanted_bits(ours.own_max_window_bits);
  const std::uint8_t peer = wanted_bits(ours.peer_max_window_bits);
  deflate_parameters offer;
  offer.server_no_context_takeover = ours.peer_no_context_takeover;
  offer.client_no_context_takeover = ours.own_no_context_takeover;
  offer.has_client_bits = true;
  if (own < full_bits) offer.client_max_window_bits = own;
  if (peer < full_bits) offer.server_max_window_bits = peer;
  return offer;
}

deflate_answer check_answer(std::string_view field_value,
                            const std::optional<deflate_parameters>& offer) noexcept {
  return taken_from(field_value, checker(offer));
}
deflate_answer check_answer(const http::header_list& response,
                            const std::optional<deflate_parameters>& offer) noexcept {
  return taken_from(response, checker(offer));
}

deflate_text::deflate_text(const deflate_parameters& p) noexcept {
  put(extension_name);
  if (p.server_no_context_takeover) put_bits(server_takeover, 0);
  if (p.client_no_context_takeover) put_bits(client_takeover, 0);
  if (p.server_max_window_bits != 0) put_bits(server_bits, p.server_max_window_bits);
  if (p.has_client_bits) put_bits(client_bits, p.client_max_window_bits);
}

void deflate_text::put(std::string_view text) noexcept {
  std::memcpy(text_.data() + size_, text.data(), text.size());
  size_ += text.size();
}

// With 0 the name alone.
void deflate_text::put_bits(std::string_view name, unsigned bits) noexcept {
  put("; ");
  put(name);
  if (bits == 0) return;
  put(bits < 10 ? "=" : "=1");
  const char digit = static_cast<char>('0' + bits % 10);
  put({&digit, 1});
}

// As zlib.h has it, with the structures beside. An inflater never has less than 9 bits.
std::size_t memory_estimate(role own, const deflate_agreement& agreed,
                            const deflate_settings& ours) noexcept {
  constexpr std::size_t deflate_fixed = 6 * 1024;
  constexpr std::size_t inflate_fixed = 7 * 1024 + 256;
  const role peer = own == role::client ? role::server : role::client;
  const unsigned memory = std::clamp<unsigned>(ours.memory_level, 1, 9);
  const unsigned written = agreed.window_bits(own);
  const unsigned read = std::max<unsigned>(agreed.window_bits(peer), fewest_written);
  const std::size_t deflating =
      written < fewest_written
          ? 0
          : (std::size_t{1} << (written + 2)) + (std::size_t{1} << (memory + 9)) + deflate_fixed;
  return deflating + (std::size_t{1} << read) + inflate_fixed;
}

}  // namespace parley::websocket
