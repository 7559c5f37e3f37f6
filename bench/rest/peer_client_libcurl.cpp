// libcurl with RapidJSON: its multi interface by events, which its documentation recommends for
// speed, on epoll. Easy handles are used again, and so are connections.
#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "client.hpp"
#include "rapid.hpp"
#include "served.hpp"

namespace parley::bench {
namespace {

void must(CURLMcode code) {
  if (code != CURLM_OK) wrong("libcurl", curl_multi_strerror(code));
}

// Runs a multi handle: watches its sockets, and has the one timer that it asks for.
class events {
 public:
  events() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &events::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &events::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  }
  events(const events&) = delete;
  events& operator=(const events&) = delete;
  ~events() {
    curl_multi_cleanup(multi_);
    ::close(epoll_);
  }

  CURLM* multi() const noexcept { return multi_; }

  void turn() {
    int running = 0;
    if (due_ == 0) {
      due_ = -1;
      must(curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running));
      return;
    }
    std::array<epoll_event, 64> ready;
    const int n = ::epoll_wait(epoll_, ready.data(), ready.size(), static_cast<int>(due_));
    if (n == 0) due_ = 0;
    for (int i = 0; i < n; ++i) {
      const epoll_event& e = ready[static_cast<std::size_t>(i)];
      const int what = ((e.events & (EPOLLIN | EPOLLHUP)) != 0 ? CURL_CSELECT_IN : 0) |
                       ((e.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                       ((e.events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0);
      must(curl_multi_socket_action(multi_, e.data.fd, what, &running));
    }
  }

 private:
  static int on_socket(CURL*, curl_socket_t fd, int what, void* own, void* known) {
    auto& self = *static_cast<events*>(own);
    if (what == CURL_POLL_REMOVE) {
      ::epoll_ctl(self.epoll_, EPOLL_CTL_DEL, fd, nullptr);
      curl_multi_assign(self.multi_, fd, nullptr);
      return 0;
    }
    epoll_event e{};
    e.events =
        ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    e.data.fd = fd;
    ::epoll_ctl(self.epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
    curl_multi_assign(self.multi_, fd, &self);
    return 0;
  }

  static int on_timer(CURLM*, long milliseconds, void* own) {
    static_cast<events*>(own)->due_ = milliseconds;
    return 0;
  }

  int epoll_;
  CURLM* multi_;
  long due_ = -1;  // in milliseconds; -1: never
};

// One call at a time, over and over.
class caller {
 public:
  caller(const std::string& url, curl_slist* fields) : easy_(curl_easy_init()) {
    curl_easy_setopt(easy_, CURLOPT_URL, std::string(url).append(calculate_path).c_str());
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &caller::on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  }
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;
  ~caller() { curl_easy_cleanup(easy_); }

  void call(CURLM* on) {
    const std::string_view body = json_.question(21);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, body.data());
    got_.clear();
    must(curl_multi_add_handle(on, easy_));
  }

  void end(CURLM* on, CURLcode code) {
    if (code != CURLE_OK) wrong("libcurl", curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 || json_.result(got_) != 42) wrong("libcurl", "another answer was due");
    must(curl_multi_remove_handle(on, easy_));
  }

 private:
  static std::size_t on_body(const char* bytes, std::size_t, std::size_t size, void* own) {
    static_cast<caller*>(own)->got_.append(bytes, size);
    return size;
  }

  CURL* easy_;
  rapid_answers json_;
  std::string got_;
};

class curl_client {
 public:
  curl_client(const std::string& url, std::size_t depth) : depth_(depth) {
    curl_multi_setopt(on_.multi(), CURLMOPT_MAXCONNECTS, static_cast<long>(depth));
    fields_ = curl_slist_append(nullptr, "Content-Type: application/json");
    fields_ = curl_slist_append(fields_, "Accept: application/json");
    for (std::size_t i = 0; i < depth; ++i) {
      callers_.push_back(std::make_unique<caller>(url, fields_));
      callers_.back()->call(on_.multi());
    }
    under_way_ = depth;
  }
  curl_client(const curl_client&) = delete;
  curl_client& operator=(const curl_client&) = delete;
  ~curl_client() {
    is_ending_ = true;
    while (under_way_ > 0) turn();
    callers_.clear();
    curl_slist_free_all(fields_);
  }

  void run() {
    const std::size_t until = ended_ + depth_;
    while (ended_ < until) turn();
  }

 private:
  void turn() {
    on_.turn();
    int more = 0;
    while (const CURLMsg* said = curl_multi_info_read(on_.multi(), &more)) {
      if (said->msg != CURLMSG_DONE) continue;
      const CURLcode code = said->data.result;
      caller* who = nullptr;
      curl_easy_getinfo(said->easy_handle, CURLINFO_PRIVATE, &who);
      who->end(on_.multi(), code);
      ++ended_;
      --under_way_;
      if (is_ending_) continue;
      who->call(on_.multi());
      ++under_way_;
    }
  }

  events on_;
  curl_slist* fields_ = nullptr;
  std::vector<std::unique_ptr<caller>> callers_;
  std::size_t depth_;
  std::size_t under_way_ = 0;
  std::size_t ended_ = 0;
  bool is_ending_ = false;
};

[[maybe_unused]] const bool registered = add_client<curl_client>("libcurl");

}  // namespace
}  // namespace parley::bench
