#include <algorithm>
#include <array>
#include <bit>
#include <parley/codecs/http/provider/client_answers.hpp>
#include <parley/codecs/http/provider/client_channels.hpp>
#include <parley/codecs/http/provider/client_core.hpp>
#include <parley/codecs/http/provider/client_download.hpp>
#include <parley/codecs/http/provider/client_speaker.hpp>
#include <parley/core/api/named_callable.hpp>
#include <parley/core/api/topics.hpp>
#include <parley/core/async/guard.hpp>
#include <utility>

namespace parley::detail {
namespace {

// Origins that are remembered although nothing goes on there: what is looked through is short.
constexpr std::size_t few_origins = 64;

constexpr std::string_view no_base =
    "there is no base_url: set it in the configuration or in call_options, or pass a whole URL";

}  // namespace

rest_client_core::rest_client_core(loop& home, rest_config config)
    : rest_core(home, std::move(config)), channels_(std::make_unique<rest_channels>(*this)) {}

rest_client_core::~rest_client_core() = default;

// --- its life ---------------------------------------------------------------------------------

operation<void> rest_client_core::initialize() {
  if (auto ok = config_.validate(); !ok) return ended<void>(*this, std::move(ok));
  if (!config_.base_url.empty()) {
    auto site = rest_site::parse(config_.base_url);
    if (!site) return ended<void>(*this, std::unexpected(std::move(site).error()));
    base_ = std::make_shared<const rest_site>(*std::move(site));
  }
  is_closed_ = false;
  if (!std::exchange(initialized_, true) && config_.watch) {
    config_.watch->state_changed("rest", provider_state::up, nullptr);
  }
  return ended<void>(*this, {});
}

// Ends all that is under way, and every connection.
void rest_client_core::give_up(const error& why) {
  initialized_ = false;
  channels_->shut();
  while (!calls_.empty()) calls_.back()->abort(why);
  tokens_.stop();
  origins_.clear();
}

void rest_client_core::shut() noexcept {
  // What waits for a callback's end must find nothing of the user's.
  (void)guarded([&] { give_up(error(errc::cancelled)); });
  tokens_.shut();
  rest_core::shut();
}

operation<void> rest_client_core::close() {
  const bool was_there = initialized_;
  give_up(error(errc::cancelled));
  is_closed_ = true;
  if (was_there && config_.watch) {
    config_.watch->state_changed("rest", provider_state::closed, nullptr);
  }
  return ended<void>(*this, {});
}

provider_status rest_client_core::status() const {
  provider_status s;
  s.state = initialized_ ? provider_state::up
                         : (is_closed_ ? provider_state::closed : provider_state::idle);
  s.last_error = last_error_;
  s.connects = connects_;
  s.pending = calls_.size() - channels_->calls() + channels_->waiting();
  for (const auto& [key, origin] : origins_) s.queued_bytes += origin->buffered();
  return s;
}

std::uint64_t rest_client_core::random_bits() {
  std::array<std::byte, 8> bytes{};
  loop_.random(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

// --- calls ------------------------------------------------------------------------------------

void rest_client_core::begin(std::unique_ptr<rest_call> call) {
  call->index = calls_.size();
  calls_.push_back(std::move(call));
  // The vector may grow or shrink inside.
  rest_call& begun = *calls_.back();
  const auto fits = guarded([&] { begun.start(); });
  // It is there still: whoever has ended it would have thrown nothing.
  if (!fits && !guarded([&] { begun.abort(fits.error()); })) forget(begun);
}

void rest_client_core::forget(rest_call& call) noexcept {
  const std::size_t at = call.index;
  // Destroyed when the list is in order again.
  const std::unique_ptr<rest_call> gone = std::move(calls_[at]);
  if (at + 1 < calls_.size()) {
    calls_[at] = std::move(calls_.back());
    calls_[at]->index = at;
  }
  calls_.pop_back();
}

rest_origin& rest_client_core::origin_of(const rest_site& site) {
  const std::string_view key = site.pool_key;
  if (const auto found = origins_.find(key); found != origins_.end()) return *found->second;
  if (origins_.size() >= few_origins) drop_unused_origins();
  auto made = std::make_unique<rest_origin>(loop_, static_cast<rest_origin_owner&>(*this),
                                            site.connection_config(config_),
                                            config_.max_connections, config_.max_queue);
  return *origins_.emplace(std::string(key), std::move(made)).first->second;
}

void rest_client_core::drop_unused_origins() noexcept {
  std::erase_if(origins_, [](const auto& each) { return each.second->is_empty(); });
}

result<rest_site_ptr> rest_client_core::site_of(std::string_view name_site,
                                                std::string_view base_url) {
  const std::string_view url = name_site.empty() ? base_url : name_site;
  if (url.empty() && base_) return base_;
  if (url.empty()) return fail(errc::invalid_argument, std::string(no_base));
  if (base_ && url == config_.base_url) return base_;
  if (other_ && url == other_url_) return other_;
  auto site = rest_site::parse(url);
  if (!site) {
    return fail(errc::invalid_argument, "the URL: " + std::string(site.error().message()));
  }
  other_url_ = url;
  other_ = std::make_shared<const rest_site>(*std::move(site));
  return other_;
}

namespace {

// Registers it, and returns its operation.
template <class T, class Call>
operation<T> begun(rest_client_core& core, std::unique_ptr<Call> call) {
  operation<T> op = call->op();
  core.begin(std::move(call));
  return op;
}

}  // namespace

operation<value> rest_client_core::call(std::string_view name, const value& request,
                                        const call_options& options) {
  if (!initialized_) return ended<value>(*this, std::unexpected(not_ready()));
  const rest_name parts = rest_name::split(name);
  auto site = site_of(parts.site, options.base_url);
  if (!site) return ended<value>(*this, std::unexpected(std::move(site).error()));
  auto wish = make_wish((*site)->base_path, parts.path, request, options.method);
  if (!wish) return ended<value>(*this, std::unexpected(std::move(wish).error()));
  rest_order order{.site = *std::move(site),
                   .method = std::move(wish->method),
                   .target = std::move(wish->target),
                   .content_type = wish->content_type,
                   .body = std::move(wish->body),
                   .timeout = options.timeout};
  return begun<value>(*this, std::make_unique<rest_answer_call<value>>(*this, std::move(order)));
}

operation<delivery> rest_client_core::publish(std::string_view channel, std::string_view type,
                                              byte_view payload) {
  if (auto ok = can_listen(); !ok) return ended<delivery>(*this, std::unexpected(ok.error()));
  rest_order order{.site = base_,
                   .method = "POST",
                   .target = target_of_channel(channel),
                   .content_type = type,
                   .body = shared_bytes::copy(payload)};
  return begun<delivery>(*this,
                         std::make_unique<rest_answer_call<delivery>>(*this, std::move(order)));
}

result<rest_order> rest_client_core::order_of(http_request request) {
  if (!initialized_) return std::unexpected(not_ready());
  if (request.method == "CONNECT")
    return parley::fail(errc::invalid_argument, "CONNECT is no call");
  const rest_name parts = rest_name::split(request.target);
  auto site = site_of(parts.site, {});
  if (!site) return std::unexpected(std::move(site).error());
  rest_order order;
  order.site = *std::move(site);
  // "*" of OPTIONS has no place under a path.
  order.target = parts.path == "*" ? "*" : join_path(order.site->base_path, parts.path);
  order.method = std::move(request.method);
  order.headers = std::move(request.headers);
  order.body = std::move(request.body);
  order.timeout = request.timeout;
  return order;
}

operation<http_reply> rest_client_core::fetch(http_request request) {
  auto order = order_of(std::move(request));
  if (!order) return ended<http_reply>(*this, std::unexpected(std::move(order).error()));
  return begun<http_reply>(
      *this, std::make_unique<rest_answer_call<http_reply>>(*this, *std::move(order)));
}

operation<rest_download> rest_client_core::download(http_request request, std::uint64_t max_body) {
  auto order = order_of(std::move(request));
  if (!order) return ended<rest_download>(*this, std::unexpected(std::move(order).error()));
  return begun<rest_download>(
      *this, std::make_unique<rest_download_call>(*this, *std::move(order), max_body));
}

void rest_client_core::authorize_with(rest_token_source token) { tokens_.set(std::move(token)); }

// --- handles ----------------------------------------------------------------------------------

operation<callable> rest_client_core::make_callable(std::string_view name) {
  if (!initialized_) return ended<callable>(*this, std::unexpected(not_ready()));
  if (name.empty()) {
    return ended<callable>(*this, fail(errc::invalid_argument, "the name is neither path nor URL"));
  }
  return ended<callable>(*this, make_named_callable(*this, name,
                                                    [](rest_client_core& core, std::string_view of,
                                                       const value& request, call_options options) {
                                                      return core.call(of, request, options);
                                                    }));
}

result<void> rest_client_core::can_listen() const {
  if (!initialized_) return std::unexpected(not_ready());
  if (!base_) return fail(errc::bad_configuration, "channels need a base_url");
  if (config_.events_path.empty()) {
    return fail(errc::bad_configuration, "events_path is empty: there are no channels");
  }
  return {};
}

std::string rest_client_core::target_of_channel(std::string_view name) const {
  return join_path(base_->base_path, path_of_channel(config_.events_path, name));
}

// Without a callback it only speaks, until it is told to listen.
operation<speaker> rest_client_core::open_speaker(std::string_view name,
                                                  message_callback on_message,
                                                  speaker_options options) {
  if (auto ok = can_listen(); !ok) return ended<speaker>(*this, std::unexpected(ok.error()));
  if (!is_topic_filter(name)) {
    return ended<speaker>(
        *this, fail(errc::invalid_argument, "this is neither a name nor a sound filter"));
  }
  auto* const made = new rest_client_speaker(*this, name, options);
  // Held until the operation has a handle of its own.
  speaker held(made);
  if (!on_message) return ended<speaker>(*this, std::move(held));
  return made->listen_first(std::move(on_message));
}

}  // namespace parley::detail
