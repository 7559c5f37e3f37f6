// What parley::tls_settings means: its paths as bytes, and contexts made of them.
#pragma once

#include <parley/adapters/files/authorities.hpp>
#include <parley/adapters/files/read.hpp>
#include <parley/codecs/tls/context.hpp>
#include <parley/core/api/observer.hpp>
#include <parley/core/api/tables.hpp>

namespace parley::files {

// Reads everything that the settings name: ca_certs and crlfile as read_pem() does, certfile and
// keyfile as files. Empty ca_certs mean the system's store, but nobody if verify is none. A
// certfile with its key in it needs no keyfile.
//
// Errors: those of read_pem() and system_authorities(); parley::errc::bad_configuration if
// certfile or keyfile alone is set, with the one that is missing. What is in the files is judged
// by the context. A key that others than its owner can use is a warning to `watch`.
result<tls::material> load(const tls_settings& settings, observer* watch = nullptr);

// A context for connections that verify as the settings say. `watch` is warned of each connection
// that is not verified, and must live as long as the context. Errors: those of load() and of
// tls::context::make_client().
result<tls::context> client_context(const tls_settings& settings, observer* watch = nullptr);

// The same for a server. With `clients` other than none, ca_certs says who may sign the clients'
// certificates, and must be set: tls::errc::no_authorities if it is not, since the system's store
// would let in whoever has a certificate of anybody.
result<tls::context> server_context(
    const tls_settings& settings, tls::client_certificates clients = tls::client_certificates::none,
    observer* watch = nullptr);

}  // namespace parley::files
