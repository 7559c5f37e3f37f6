#include "support/http_log.hpp"

#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "support/vectors.hpp"

namespace parley::test {
namespace {

bool set_leniency(http::leniency& all, std::string_view name) {
  bool* const flag = name == "missing_host"         ? &all.missing_host
                     : name == "bare_lf"            ? &all.bare_lf
                     : name == "obs_fold"           ? &all.obs_fold
                     : name == "equal_lengths"      ? &all.equal_lengths
                     : name == "length_and_chunked" ? &all.length_and_chunked
                     : name == "chunk_whitespace"   ? &all.chunk_whitespace
                                                    : nullptr;
  if (flag != nullptr) *flag = true;
  return flag != nullptr;
}

bool set_limit(http::limits& all, std::string_view name, std::uint32_t value) {
  if (name == "body") {
    all.body = value;
    return true;
  }
  std::uint32_t* const limit = name == "start_line"         ? &all.start_line
                               : name == "header_block"     ? &all.header_block
                               : name == "headers"          ? &all.headers
                               : name == "chunk_extensions" ? &all.chunk_extensions
                               : name == "trailers"         ? &all.trailers
                                                            : nullptr;
  if (limit != nullptr) *limit = value;
  return limit != nullptr;
}

// One line of options; false if it means nothing.
bool take_option(std::istringstream& line, http_stream& stream) {
  std::string what;
  std::string word;
  std::uint32_t number = 0;
  line >> what;
  if (what == "declines") {
    stream.declines = true;
  } else if (what == "role") {
    line >> word;
    stream.sender = http::role::response;
    return word == "response";
  } else if (what == "asked") {
    while (line >> word) stream.asked.push_back(http::parse_method(word));
    return !stream.asked.empty();
  } else if (what == "lenient") {
    bool all_known = true;
    while (line >> word) all_known = set_leniency(stream.tolerance, word) && all_known;
    return all_known;
  } else if (what == "limit") {
    line >> word >> number;
    return set_limit(stream.bounds, word, number) && !line.fail();
  } else if (what == "body_limit") {
    line >> number;
    stream.body_limit = number;
    return !line.fail();
  } else {
    return false;
  }
  return true;
}

std::string describe_body(const http::body_info& body) {
  switch (body.how) {
    case http::framing::none:
      return "";
    case http::framing::length:
      return " length=" + std::to_string(body.length);
    case http::framing::chunked:
      return " chunked";
    case http::framing::until_close:
      return " until-close";
    case http::framing::tunnel:
      return " tunnel";
  }
  return "";
}

std::string describe_target(const http::request_head& head) {
  constexpr std::array<std::string_view, 4> forms = {"", "absolute", "authority", "asterisk"};
  if (head.form == http::target_form::origin) return "";
  return " to " + std::string(forms[static_cast<std::size_t>(head.form)]) + " " +
         escape(head.authority);
}

// What request and response have in common.
template <class Head>
std::string describe_rest(const Head& head) {
  return std::string(" 1.") + (head.minor == 1 ? "1" : "0") +
         (head.keep_alive ? " keep-alive" : " close") + describe_body(head.body) +
         (head.upgrades ? " upgrades" : "") + (head.transfer_coded ? " transfer-coded" : "");
}

std::string describe(const http::request_head& head) {
  return "request " + std::string(head.method_name) + " " + escape(head.target) +
         describe_rest(head) + (head.expects_continue ? " expects-continue" : "") +
         (head.other_expectation ? " expects-other" : "") + describe_target(head) + "\n";
}

std::string describe(const http::response_head& head) {
  return "response " + std::to_string(head.status) + describe_rest(head) + " \"" +
         escape(head.reason) + "\"\n";
}

std::string describe(std::string_view what, const http::header_list& list) {
  std::string all;
  for (const http::header h : list) {
    all += std::string(what) + " " + std::string(h.name) + ": " + escape(h.value) + "\n";
  }
  return all;
}

}  // namespace

http_stream parse_http_options(std::string_view block) {
  http_stream stream;
  std::istringstream lines{std::string(block)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    EXPECT_TRUE(take_option(words, stream)) << "not an option: " << line;
  }
  return stream;
}

std::string http_log(const http_stream& stream, const http_feeding& how, std::string_view input,
                     guarded* guard) {
  std::string log;
  std::string body;
  http_feeder feeder(stream, how, input, guard);
  const auto end_body = [&] {
    if (!body.empty()) {
      log += "body " + std::to_string(body.size()) + " \"" + escape(body) + "\"\n";
    }
    body.clear();
  };
  const http_ending ending = feeder.run([&](const http::part& p) {
    if (p.what == http::part_kind::body) {
      EXPECT_FALSE(p.data.empty());
      body += as_text(p.data);
      return;
    }
    end_body();
    if (p.what == http::part_kind::head && stream.sender == http::role::request) {
      const http::request_head head = feeder.decoder.request(p, feeder.fields);
      log += describe(head) + describe("header", head.headers);
    } else if (p.what == http::part_kind::head) {
      const http::response_head head = feeder.decoder.response(p, feeder.fields);
      log += describe(head) + describe("header", head.headers);
    } else if (p.what == http::part_kind::end) {
      log += describe("trailer", feeder.decoder.trailers(p, feeder.fields)) + "end\n";
    } else if (p.what == http::part_kind::failed) {
      log += "fail " + std::string(http::describe(p.fault).name) + "\n";
    } else {
      log += "tunnel\n";
    }
  });
  end_body();
  if (ending == http_ending::end) log += "END\n";
  if (ending == http_ending::more) log += "MORE\n";
  return log;
}

}  // namespace parley::test
