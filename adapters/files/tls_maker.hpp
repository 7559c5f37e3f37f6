// The entry "tls" of a table of transports: TLS as a layer, with certificates from files.
//
//   transports lower;
//   lower.add("tls", files::tls_maker());   // add_built_in() does the same
#pragma once

#include <parley/core/api/tables.hpp>

namespace parley::files {

// Makes a tls::client for each request: for `host`, with the files and the verification of `tls`
// (null: the system's store and full verification), and the time of day of `home`, which must be
// given.
//
// Files are read once for each distinct tls_settings, loop and observer, whose connections share a
// context and so resume each other's sessions. Every request looks whether they have changed, but
// at most once a second, and then loads them anew; if that fails, the old ones stay and `watch` is
// told. At most 64 contexts are remembered; the one that was not used for the longest goes first.
//
// `watch` is warned of connections that are not verified, and must outlive them. One thread uses
// the maker. Errors: parley::errc::misuse without a loop; those of client_context().
transports::maker tls_maker();

// The same for the entry "tls_server": makes a tls::server for each connection that a server
// accepts. `host` is not looked at; `tls` must name a certificate and its key, and may ask clients
// for theirs. So a server has renewed certificates a second after they were written. Errors: those
// of server_context().
transports::maker tls_server_maker();

}  // namespace parley::files
