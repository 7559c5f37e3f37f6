// Whom this machine trusts.
#pragma once

#include <parley/codecs/tls/config.hpp>
#include <parley/core/error.hpp>

namespace parley::files {

// The certificates of the system's store. If the environment has SSL_CERT_FILE (a file) or
// SSL_CERT_DIR (folders, with colons between them), those and no others: all of them that can be
// read, together. Else the first that can be read of the files in which Debian, Fedora, Alpine,
// openSUSE, FreeBSD and macOS keep them. A program with more rights than its caller (setuid) does
// not look at the environment.
//
// Errors: tls::errc::no_authorities, with all that was looked for and what was wrong with it.
result<tls::source> system_authorities();

}  // namespace parley::files
