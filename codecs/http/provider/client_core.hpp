// A rest_provider that is a client: pools of connections by origin, and calls over them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <parley/codecs/http/provider/client_call.hpp>
#include <parley/codecs/http/provider/client_origin.hpp>
#include <parley/codecs/http/provider/client_target.hpp>
#include <parley/codecs/http/provider/client_tokens.hpp>
#include <parley/codecs/http/provider/core.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace parley::detail {

class rest_channels;

class rest_client_core final : public rest_core, private rest_origin_owner {
 public:
  rest_client_core(loop& home, rest_config config);

  operation<void> initialize() override;
  operation<void> close() override;
  void shut() noexcept override;
  provider_status status() const override;

  operation<speaker> open_speaker(std::string_view name, message_callback on_message,
                                  speaker_options options) override;
  operation<callable> make_callable(std::string_view name) override;
  operation<http_reply> fetch(http_request request) override;
  operation<rest_download> download(http_request request, std::uint64_t max_body) override;
  void authorize_with(rest_token_source token) override;

  operation<value> call(std::string_view name, const value& request, const call_options& options);
  // What is shouted: posted to the channel's path under base_url.
  operation<delivery> publish(std::string_view channel, std::string_view type, byte_view payload);

  // --- for calls
  const rest_site_ptr& base() const noexcept { return base_; }
  rest_tokens& tokens() noexcept { return tokens_; }
  const rest_tokens& tokens() const noexcept { return tokens_; }
  rest_origin& origin_of(const rest_site& site);
  std::uint64_t random_bits();
  // Empty between two uses: the fields of a request.
  std::vector<http::header>& scratch() noexcept { return scratch_; }
  // Takes it over, and starts it; it may be gone by then.
  void begin(std::unique_ptr<rest_call> call);
  // Destroys it.
  void forget(rest_call& call) noexcept;
  rest_channels& channels() noexcept { return *channels_; }
  void note_error(const error& why) { last_error_ = why; }
  // Channels are base_url's.
  result<void> can_listen() const;
  // Where a channel or a filter is; only with a base().
  std::string target_of_channel(std::string_view name) const;

 private:
  ~rest_client_core() override;
  void connected() override { ++connects_; }
  void give_up(const error& why);
  result<rest_site_ptr> site_of(std::string_view name_site, std::string_view base_url);
  result<rest_order> order_of(http_request request);
  void drop_unused_origins() noexcept;

  rest_site_ptr base_;
  // The last one that was not base_url's: callers mostly have one.
  std::string other_url_;
  rest_site_ptr other_;
  rest_tokens tokens_{*this};
  std::map<std::string, std::unique_ptr<rest_origin>, std::less<>> origins_;
  std::vector<std::unique_ptr<rest_call>> calls_;
  std::unique_ptr<rest_channels> channels_;
  std::vector<http::header> scratch_;
  std::optional<error> last_error_;
  std::uint64_t connects_ = 0;
  bool is_closed_ = false;
};

}  // namespace parley::detail
