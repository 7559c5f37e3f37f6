#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <parley/adapters/cli/fallback.hpp>
#include <parley/adapters/cli/mqtt_options.hpp>
#include <parley/adapters/cli/options.hpp>
#include <parley/adapters/cli/report.hpp>
#include <parley/adapters/cli/url.hpp>
#include <parley/core/api/settings.hpp>
#include <parley/core/version.hpp>
#include <utility>

namespace parley::cli {
namespace {

constexpr const char* overview =
    R"(Publishes to, receives from, calls and serves message servers.

examples:
  parley pub redis://localhost events '{"type": "update"}'
  parley sub redis://localhost events
  parley sub redis://ann:secret@cache:6379/2 'news.*' --pattern --json --count 10
  parley pub redis+unix:///run/redis.sock images --stdin < picture.png
  parley call redis://localhost SET greeting hello
  parley call rediss://cache --ca-certs ca.pem PING
  parley call 'http://localhost:8080/items?page=2' --include
  parley call https://example.org/items --data '{"id": 7}' --header 'Content-Type: application/json'
  parley serve redis://localhost:6379
  parley serve ws://localhost:8765
  parley serve mqtt://localhost:1883 --store broker.db
  parley serve mqtt://localhost:1883 mqtt+ws://localhost:8083
  parley serve redis://localhost:6379 mqtt://localhost:1883 http://localhost:8080
  parley sub ws://localhost:8765 'updates/#'
  parley pub ws://localhost:8765 updates/status online
  parley call ws://localhost:8765 echo '{"id": 7}'
  parley serve http://localhost:8080
  parley serve http://localhost:8080 ws://localhost:8080/feed
  parley sub http://localhost:8080/events 'updates/#'
  parley pub http://localhost:8080/events updates/status online
  parley sub mqtt://localhost 'sensor/+/data' --qos 1
  parley pub mqtt://localhost sensor/7/data 21.5 --qos 1 --retain
  parley sub events --fallback redis://cache,mqtt://hub,ws://gateway:8765
  parley serve 'grpc://localhost:50051?reflection=true'
  parley call grpc+unix:/run/service.sock calculate '{"x": 10, "y": 32}'
  parley serve rediss://localhost:6380 --cert chain.pem --key key.pem

exit codes:
  0 done   1 the operation failed   2 wrong command line   3 no connection
  4 authentication or configuration   130 interrupted (SIGINT), after a clean end)";

constexpr const char* url_help =
    "redis://[user:password@]host[:port][/db], rediss:// for TLS, redis+unix:///path; "
    "ws://[user:password@]host[:port][/path], wss://, ws+unix:///path; "
    "http://[user:password@]host[:port][/events], https://, http+unix:///path; "
    "mqtt://[user:password@]host[:port], mqtts://, mqtt+unix:///path; by WebSocket "
    "mqtt+ws://host[:port][/path], mqtt+wss://, mqtt+ws+unix:///path; "
    "grpc://host:port, grpcs://, grpc+unix:/path";
constexpr const char* call_url_help =
    "redis://, ws://, mqtt:// and grpc:// as with pub; http://host[:port]/path?query, https:// for "
    "TLS";
constexpr const char* served_url_help =
    "redis://[user:password@]address[:port], rediss:// for TLS, redis+unix:///path; "
    "ws://address[:port][/path], wss://, ws+unix:///path; "
    "http://address[:port], https://, http+unix:///path; "
    "mqtt://[user:password@]address[:port], mqtts://, mqtt+unix:///path; by WebSocket "
    "mqtt+ws://address[:port], mqtt+wss://, mqtt+ws+unix:///path; "
    "grpc://address:port, grpcs://, grpc+unix:/path";

// CLI11 reads a word such as [1,2] or {} as a list, and would publish its parts.
// A mark in front keeps it whole; taken off below.
constexpr char mark = '\x01';

bool takes_value(std::string_view option) {
  constexpr std::string_view names[] = {"--loop",   "--timeout",    "--ca-certs", "--cert",
                                        "--key",    "--verify",     "--method",   "--data",
                                        "--header", "--unix-socket"};
  return std::ranges::find(names, option) != std::end(names);
}

// `parley call` hands words on that may look like options (LRANGE list 0 -1): where the
// command begins, behind the URL.
int command_begins(int argc, const char* const* argv) {
  if (argc < 2 || std::string_view(argv[1]) != "call") return argc;
  int positionals = 0;
  for (int i = 2; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (takes_value(word)) {
      ++i;  // and its value
    } else if (!word.starts_with('-') && ++positionals == 2) {
      return i;
    }
  }
  return argc;
}

std::vector<std::string> marked(int argc, const char* const* argv) {
  const int command = command_begins(argc, argv);
  std::vector<std::string> words;
  for (int i = argc - 1; i > 0; --i) {  // CLI11 wants them last first
    std::string word(argv[i]);
    const bool touchy =
        i >= command || word.empty() || std::string_view("[{%\x01").contains(word.front());
    words.push_back(touchy ? mark + word : std::move(word));
  }
  return words;
}

void unmark(std::string& word) {
  if (word.starts_with(mark)) word.erase(0, 1);
}

// Every text of the command line: what is forgotten here is sent with its mark.
void unmark_all(options& o) {
  for (std::string* text :
       {&o.url, &o.topic, &o.ca_certs, &o.certfile, &o.keyfile, &o.method, &o.unix_socket,
        &o.store_file, &o.acl_file, &o.will_topic, &o.will_payload, &o.client_id}) {
    unmark(*text);
  }
  for (auto* texts : {&o.beside, &o.fallback, &o.messages, &o.headers}) {
    for (std::string& each : *texts) unmark(each);
  }
  if (o.data) unmark(*o.data);
}

void add_common(CLI::App& app, options& o, const char* about_url = url_help) {
  app.add_option("URL", o.url, about_url);  // required: see check_places()
  std::vector<std::string> names;
  names.reserve(loop_kinds.size());
  for (const loop_kind kind : loop_kinds) names.emplace_back(to_string(kind));
  app.add_option_function<std::string>(
         "--loop",
         [&](const std::string& name) {
           o.loop = *std::ranges::find(loop_kinds, name, [](loop_kind k) { return to_string(k); });
         },
         "the event loop: blocking (the default), uv or asio")
      ->check(CLI::IsMember(names))
      ->type_name("LOOP");
  app.add_option("--ca-certs", o.ca_certs, "TLS: whom to trust (the system's store)")
      ->type_name("FILE");
  app.add_option("--cert", o.certfile, "TLS: our own certificate, with its intermediates")
      ->type_name("FILE");
  app.add_option("--key", o.keyfile, "TLS: its private key")->type_name("FILE");
  app.add_flag("-v,--verbose", o.verbose, "tell of connections and breaks on standard error");
}

void add_topic(CLI::App& app, options& o) {
  app.add_option("TOPIC", o.topic, "the channel");
  app.add_option_function<std::string>(
         "--fallback",
         [&](std::string list) {
           unmark(list);
           if (list.empty()) throw CLI::ValidationError("--fallback", "names no URL");
           o.fallback = split_urls(list);
         },
         "instead of URL: the first of these that works, and the next when it is lost")
      ->type_name("URL,URL,...");
  app.add_flag("--dedupe", o.dedupe,
               "with --fallback, on both sides: each message is heard once, by an identifier");
  app.add_flag("--json", o.json, "print JSON, an object per line");
}

void add_timeout(CLI::App& app, options& o, const char* help) {
  app.add_option("--timeout", o.timeout, help)->check(CLI::Range(0.001, 1e6))->type_name("SECONDS");
}

void add_verify(CLI::App& app, options& o) {
  app.add_option("--verify", o.verify, "TLS: full (the default), ca_only, or none: for tests only")
      ->check(CLI::IsMember({"full", "ca_only", "none"}))
      ->type_name("MODE");
}

void add_pub(CLI::App& app, options& o) {
  CLI::App* pub = app.add_subcommand("pub", "publish messages; prints how many received each");
  add_common(*pub, o);
  add_verify(*pub, o);
  add_topic(*pub, o);
  add_timeout(*pub, o, "how long to try to connect, and to wait for an answer (5)");
  pub->add_option("MESSAGE", o.messages, "what to publish; after -- also words that start with -");
  pub->add_flag("--stdin", o.from_stdin, "publish all of standard input, bytes as they are");
  pub->add_flag("-q,--quiet", o.quiet, "print no receivers");
  pub->add_flag("--retain", o.retain, "mqtt: the server keeps the last message of the topic");
  add_mqtt(*pub, o);
  pub->callback([&] { o.what = options::verb::pub; });
}

void add_sub(CLI::App& app, options& o) {
  CLI::App* sub = app.add_subcommand("sub", "print the messages of a channel, one per line");
  add_common(*sub, o);
  add_verify(*sub, o);
  add_topic(*sub, o);
  add_timeout(*sub, o, "how long to try to connect (5), and to wait for messages (for ever)");
  sub->add_flag("--pattern", o.pattern, "TOPIC is a pattern: * ? [a-z]");
  sub->add_option("--count", o.count, "end after so many messages")
      ->check(CLI::Validator(
          [](const std::string& text) {
            // Not CLI::PositiveNumber, which tells of all numbers that a double has.
            std::uint64_t number = 0;
            const bool good = read_number(text, number) && number > 0;
            return good ? std::string() : text + " is no number from 1 on";
          },
          {}))
      ->type_name("N");
  add_mqtt(*sub, o);
  sub->callback([&] { o.what = options::verb::sub; });
  sub->footer(
      "Text is printed as it is; what is no text as hexadecimal digits, with --json as\n"
      "\"payload_base64\". --timeout ends with 0, or with 1 if --count was not reached.");
}

void add_call(CLI::App& app, options& o) {
  CLI::App* call = app.add_subcommand("call", "send one command or request, and print its reply");
  add_common(*call, o, call_url_help);
  add_verify(*call, o);
  add_timeout(*call, o, "how long to try to connect (5), and to wait for the reply (5; http: 30)");
  call->add_option(
      "COMMAND", o.messages,
      "redis: the command and its arguments; ws, mqtt and grpc: the callable and one argument, as "
      "JSON");
  call->add_option("--method", o.method, "http: GET (the default), POST (with --data), ...");
  call->add_option("--data", o.data, "http: the body; @FILE reads a file, @- standard input")
      ->type_name("TEXT");
  call->add_option("--header", o.headers, "http: a field, 'Name: value'; may be repeated")
      ->allow_extra_args(false)
      ->type_name("FIELD");
  call->add_option("--unix-socket", o.unix_socket, "http: connect to this socket instead")
      ->type_name("FILE");
  CLI::Option* json =
      call->add_flag("--json", o.json, "print the reply as JSON; bytes that are no text as base64");
  call->add_flag("--include", o.include, "http: print status and headers before the body")
      ->excludes(json);
  call->callback([&] { o.what = options::verb::call; });
  call->footer(
      "Redis: text is printed as it is, null as an empty line, each element of a list on a\n"
      "line. What follows COMMAND belongs to it, also words that begin with -. Commands that\n"
      "wait at the server (BLPOP) have no timeout but their own.\n"
      "HTTP: the body is printed as it is. A status of 400 or more ends with 1, and is told\n"
      "on standard error; redirections are not followed.");
}

void add_serve(CLI::App& app, options& o) {
  CLI::App* serve = app.add_subcommand("serve", "be the server: data lives in memory");
  add_common(*serve, o, served_url_help);
  serve
      ->add_option("--clients", o.clients, "TLS: certificates of clients: none, optional, required")
      ->check(CLI::IsMember({"none", "optional", "required"}))
      ->type_name("MODE");
  serve->add_option("MORE", o.beside, "further URLs, of any protocol: served by the same process");
  serve->add_option("--store", o.store_file, "MQTT: keep sessions and retained messages here")
      ->type_name("FILE");
  serve->add_option("--acl", o.acl_file, "MQTT: who may use which topics, as mosquitto writes it")
      ->type_name("FILE");
  serve->callback([&] { o.what = options::verb::serve; });
  serve->footer(
      "Prints each URL that it serves once all are open, then runs until SIGINT or SIGTERM. Port "
      "0\n"
      "takes a free one. Options of TLS are for those URLs that speak it.\n"
      "Redis: the URL's password is asked of clients; addresses that other machines reach need "
      "one.\n"
      "WebSocket: carries messages between clients, and answers the call echo.\n"
      "HTTP: the same by server-sent events at /events, and answers POST /echo. A ws:// URL with "
      "the\n"
      "same host and port shares it (https:// with wss://): at its path, or, without one, at all.\n"
      "gRPC: as WebSocket, by the service of proto/parley.proto.\n"
      "MQTT: all its URLs are places of one broker, with the users and limits of the first;\n"
      "mqtt+ws:// is MQTT over WebSocket, at all paths; pages of other origins come in by\n"
      "?origin=https://app.example. Where MQTT comes first and all others are mqtt or ws:// URLs,\n"
      "ws:// means mqtt+ws://; on every other line it is WebSocket.");
}

// With --fallback there is no URL: the words are the topic, and what follows it.
void shift_words(options& o) {
  if (o.fallback.empty()) return;
  if (!o.topic.empty()) o.messages.insert(o.messages.begin(), std::move(o.topic));
  o.topic = std::exchange(o.url, {});
}

void check_pattern(const options& o) {
  const bool is_other = is_mqtt(o.url) || is_websocket(o.url) || is_http(o.url) || is_grpc(o.url);
  if (!o.pattern || !is_other) return;
  // Not ignored: news.* would be a topic of that name, on which nothing ever comes.
  throw CLI::ValidationError("--pattern",
                             "is for redis URLs; elsewhere '+' is one level of a topic, and '#' "
                             "the rest");
}

// What is required depends on --fallback.
void check_places(const options& o) {
  const bool has_topic = o.what == options::verb::pub || o.what == options::verb::sub;
  if (o.fallback.empty()) {
    if (o.url.empty()) throw CLI::RequiredError("URL");
    if (has_topic && o.topic.empty()) throw CLI::RequiredError("TOPIC");
    if (o.dedupe) throw CLI::ValidationError("--dedupe", "goes with --fallback");
    return check_pattern(o);
  }
  if (o.topic.empty()) throw CLI::RequiredError("TOPIC");
  if (o.topic.find("://") != std::string::npos) {
    throw CLI::ValidationError("--fallback", "names all URLs; the first word is TOPIC");
  }
  if (o.what == options::verb::sub && !o.messages.empty()) {
    throw CLI::ExtrasError("sub", std::vector<std::string>{o.messages.front()});
  }
  if (o.pattern) {
    throw CLI::ValidationError("--pattern",
                               "is of one protocol alone; with --fallback '+' is one "
                               "level of a topic, and '#' the rest");
  }
}

// What CLI11 cannot say.
void check_call(const options& o) {
  if (!is_http(o.url)) {
    const bool asks =
        !o.method.empty() || o.data || !o.headers.empty() || o.include || !o.unix_socket.empty();
    if (asks) {
      throw CLI::ValidationError(
          "call", "--method, --data, --header, --include and --unix-socket are for http URLs");
    }
    if (o.messages.empty()) throw CLI::ValidationError("call", "COMMAND is required");
    const bool by_name = is_websocket(o.url) || is_mqtt(o.url) || is_grpc(o.url);
    if (by_name && o.messages.size() > 2) {
      throw CLI::ValidationError(
          "call", "a callable takes one argument, as JSON; options come before its name");
    }
    return;
  }
  if (!o.messages.empty()) {
    throw CLI::ValidationError("call", "an http URL takes no COMMAND: see --method and --data");
  }
  for (const std::string& h : o.headers) {
    if (h.find(':') == std::string::npos || h.starts_with(':')) {
      throw CLI::ValidationError("call", "--header wants 'Name: value'");
    }
  }
}

// Which URLs go together is serve_plan.hpp.
void check_serve(const options& o) {
  std::vector<std::string> urls{o.url};
  urls.insert(urls.end(), o.beside.begin(), o.beside.end());
  for (const std::string& each : o.beside) {
    if (!each.contains(':'))
      throw CLI::ValidationError("serve", "each word is a URL, as the first");
  }
  const bool is_mqtts = !o.store_file.empty() || !o.acl_file.empty();
  if (is_mqtts && std::ranges::none_of(urls, is_mqtt)) {
    throw CLI::ValidationError("serve", "--store and --acl are for mqtt URLs");
  }
  // Of one alone its protocol says so.
  const bool is_tls =
      !o.certfile.empty() || !o.keyfile.empty() || !o.ca_certs.empty() || !o.clients.empty();
  if (is_tls && urls.size() > 1 && std::ranges::none_of(urls, speaks_tls)) {
    throw CLI::ValidationError("serve",
                               "--cert, --key, --ca-certs and --clients are for URLs with TLS");
  }
}

std::string describe_failure(const CLI::App& app, const CLI::ParseError& fault) {
  std::string text = fault.what();
  std::erase(text, mark);
  for (char& c : text) c = c == '\n' ? ' ' : c;
  std::string verb;
  for (const CLI::App* sub : app.get_subcommands()) verb = " " + sub->get_name();
  return without_passwords(fmt::format("{}\nhint: parley{} --help", text, verb));
}

}  // namespace

std::string version_text() {
  std::string text = fmt::format("parley {}\n", version);
  for (const build_part& part : build_parts) {
    text += part.built ? fmt::format("  {:<10} built in\n", part.name)
                       : fmt::format("  {:<10} left out (configure with {}, package {})\n",
                                     part.name, part.option, part.package);
  }
  return text;
}

std::variant<options, int> parse_options(int argc, const char* const* argv) {
  options o;
  CLI::App app(overview, "parley");
  app.set_version_flag(
      "--version", [] { return version_text(); }, "what this is, and what is built in");
  app.require_subcommand(1);
  add_pub(app, o);
  add_sub(app, o);
  add_call(app, o);
  add_serve(app, o);
  try {
    app.parse(marked(argc, argv));
    shift_words(o);
    check_places(o);
    if (o.what == options::verb::pub && o.messages.empty() == !o.from_stdin) {
      throw CLI::ValidationError("pub", "wants either messages or --stdin");
    }
    unmark_all(o);
    if (o.what == options::verb::call) check_call(o);
    check_mqtt(o);
    if (o.what == options::verb::serve) check_serve(o);
  } catch (const CLI::ParseError& fault) {
    if (fault.get_exit_code() == 0) return app.exit(fault);
    note(describe_failure(app, fault));
    return int{exit_usage};
  }
  return o;
}

}  // namespace parley::cli
