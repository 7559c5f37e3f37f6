// A context that follows its files: what reloader and tls_maker() have in common. Not installed.
#pragma once

#include <parley/adapters/files/watched_files.hpp>
#include <parley/codecs/tls/context.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>

namespace parley::files::detail {

// A server that names no authorities asks its clients for nothing: the system's store is not read.
tls_settings for_server(tls_settings settings);

class renewal {
 public:
  // `watched` was made before the context's files were read.
  renewal(tls::context with, tls_settings settings, watched_files watched);

  const tls::context& context() const noexcept { return context_; }
  // Looks at the files. True if they are not as they were at the last look.
  bool changed();
  // They have changed since they were loaded, and were not given up.
  bool is_due() const noexcept { return due_; }
  // The context is older than its files, since these could not be loaded.
  bool has_failed() const noexcept { return failed_; }
  // Loads them into the context. A failure changes nothing, and is told once for each change;
  // what may pass by itself stays due.
  result<void> load(observer* watch);

 private:
  result<void> load_quietly(observer* watch);
  void tell(observer* watch, const result<void>& outcome);

  tls::context context_;
  tls_settings settings_;
  watched_files watched_;
  bool due_ = false;
  bool failed_ = false;
  bool told_ = false;
};

}  // namespace parley::files::detail
